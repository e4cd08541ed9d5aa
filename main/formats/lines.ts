import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { AppError, fileError } from '../../shared/errors.ts';

/** Bytes of a file in order, unpacked where its name ends in `.gz`. @throws AppError `corrupt` and the like */
export async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const source = path.endsWith('.gz') ? file.pipe(createGunzip({ chunkSize: 1 << 18 })) : file;
  const failed = new Promise<never>((_, reject) => file.once('error', reject));
  failed.catch(() => source.destroy());
  try {
    const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      const next = await (source === file ? chunks.next() : Promise.race([chunks.next(), failed]));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR')
      throw new AppError(
        'truncated',
        `${path} ends in the middle of its compressed data. Copy the file again.`,
        { file: path },
      );
    if (code?.startsWith('Z_'))
      throw new AppError('corrupt', `${path} is not valid gzip data. Copy the file again.`, {
        file: path,
      });
    throw fileError(error, path);
  } finally {
    file.destroy();
    source.destroy();
  }
}

export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

const lineBytes = 64 << 20;

/**
 * Lines of a UTF-8 file, without their ends and without empty ones.
 * @throws AppError `too-large` for a line of over 64 MB, and what the file says.
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const finish = (): Line | undefined => {
    number++;
    const text = (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString('utf8').trimEnd();
    parts = [];
    bytes = 0;
    return text === '' ? undefined : { text, number };
  };
  for await (const chunk of readChunks(path)) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      parts.push(part);
      bytes += part.length;
      if (bytes > lineBytes)
        throw new AppError(
          'too-large',
          `${path}: line ${number + 1} is longer than ${lineBytes >> 20} MB.`,
          {
            file: path,
            place: `line ${number + 1}`,
          },
        );
      if (end < 0) break;
      start = end + 1;
      const line = finish();
      if (line) yield line;
    }
  }
  const line = bytes > 0 ? finish() : undefined;
  if (line) yield line;
}
