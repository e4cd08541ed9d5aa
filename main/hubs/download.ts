import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, fileError, hasCode } from '../../shared/errors.ts';
import { identityOf, type HubCache } from './cache.ts';
import { ContentHash } from './content-hash.ts';
import { mayPass, type HubAnswer, type HubHttp } from './http.ts';
import { pause } from './patience.ts';
import type { RemoteFile } from './remote-file.ts';

export interface DownloadOptions {
  readonly http: HubHttp;
  readonly cache: HubCache;
  /** What the file belongs to, such as a run. */
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes that are here, also of those from before; fewer after starting over. */
  readonly progress?: (bytes: number) => void;
}

/** A file of a hub is never larger than this. */
const mostBytes = 2 ** 40;
/** Left free on the disk beside a download. */
const spareBytes = 64 << 20;

/**
 * Brings the content of a file into the cache: goes on with what is there, repeats after lost
 * connections as long as each try brings something, checks size and checksum, and only then gives
 * the content its name.
 * @throws AppError what the hub answers; `truncated`, `hash-mismatch`, `too-large`, `disk-full`, …
 */
export async function download(file: RemoteFile, options: DownloadOptions): Promise<void> {
  if (options.cache.has(file, options.source)) {
    options.progress?.(file.bytes ?? 0);
    return;
  }
  if ((file.bytes ?? 0) > mostBytes) throw tooLarge(file, mostBytes);
  const part = new Part(file, options);
  await part.openFile();
  try {
    await fetchAll(part, options);
    let isWhole = part.isWhole();
    if (!isWhole && part.isPatched) {
      // One of its pieces may be damaged, or of another version: once more from nothing.
      await part.startOver();
      await fetchAll(part, options);
      isWhole = part.isWhole();
    }
    if (!isWhole) {
      await part.startOver();
      throw mismatch(file, options.http);
    }
    await part.finish();
  } finally {
    await part.close();
  }
}

/** Fetches until all bytes are here. */
async function fetchAll(part: Part, { http, signal }: DownloadOptions): Promise<void> {
  const { tries, pause: first } = http.patience;
  for (let fruitless = 0; ;) {
    const before = part.have;
    try {
      if (await part.fetch()) return;
      if (part.have <= before && fruitless >= tries) throw truncated(part.file, part.have, http);
    } catch (error) {
      if (!mayPass(error) || (part.have <= before && fruitless >= tries)) throw error;
    }
    fruitless = part.have > before ? 0 : fruitless + 1;
    await pause(first * 2 ** fruitless, signal);
  }
}

/** A download under way: its unfinished file, and the checksum over what that holds. */
class Part {
  readonly file: RemoteFile;
  readonly #options: DownloadOptions;
  readonly #path: string;
  readonly #note: string;
  #handle: FileHandle | undefined;
  #hash: ContentHash | undefined;
  #etag: string | null = null;
  have = 0;
  /** It consists of more than one answer. */
  isPatched = false;

  constructor(file: RemoteFile, options: DownloadOptions) {
    this.file = file;
    this.#options = options;
    const { part, note } = options.cache.partPaths(file, options.source);
    this.#path = part;
    this.#note = note;
  }

  async openFile(): Promise<void> {
    const { cache, source, signal } = this.#options;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      const note = cache.readNote(this.file, source);
      this.#handle = await open(this.#path, existsSync(this.#path) ? 'r+' : 'w+');
      this.have = (await this.#handle.stat()).size;
      this.#etag = note?.etag ?? null;
      // Without a checksum, only a strong etag says that more of the same follows.
      const canGoOn = note !== null && (this.file.checksum !== null || this.#etag !== null);
      if (!canGoOn || this.have > (this.file.bytes ?? mostBytes)) return await this.startOver();
      this.isPatched = this.have > 0;
      this.#hash = this.#newHash();
      if (this.have > 0) await this.#hash?.addFile(this.#path, signal);
      this.#options.progress?.(this.have);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
  }

  /** Forgets what is there. */
  async startOver(): Promise<void> {
    await this.#handle!.truncate(0);
    this.have = 0;
    this.isPatched = false;
    this.#etag = null;
    this.#hash = this.#newHash();
    this.#options.progress?.(0);
  }

  /** One request for what is missing; answers whether all is here. */
  async fetch(): Promise<boolean> {
    if (this.file.bytes !== null && this.have === this.file.bytes) return true;
    const answer = await this.#ask();
    if (answer.status === 416) {
      answer.discard();
      // There is nothing after what we have: all of it where nobody told the size.
      if (this.file.bytes === null && this.have > 0) return true;
      await this.startOver();
      return false;
    }
    if (answer.status === 206 && this.#isOther(answer)) {
      answer.discard();
      await this.startOver();
      return false;
    }
    const total = await this.#agree(answer);
    this.#checkRoom(total);
    this.#writeNote(answer);
    for await (const piece of answer.body) await this.#write(piece, total);
    return total === null || this.have === total;
  }

  /** Whether size and checksum are right. To be asked once after all bytes are here. */
  isWhole(): boolean {
    const { bytes, checksum } = this.file;
    if (bytes !== null && this.have !== bytes) return false;
    if (checksum === null || !this.#hash) return true;
    const isRight = this.#hash.matches(checksum);
    this.#hash = undefined;
    return isRight;
  }

  async finish(): Promise<void> {
    const { cache, source } = this.#options;
    const blob = cache.blobPath(this.file, source);
    try {
      await this.#handle!.sync();
      await this.close();
      mkdirSync(dirname(blob), { recursive: true });
      renameSync(this.#path, blob);
      rmSync(this.#note, { force: true });
    } catch (error) {
      throw fileError(error, blob, 'write');
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #ask(): Promise<HubAnswer> {
    const { http, signal } = this.#options;
    const range = this.have > 0 ? { range: `bytes=${this.have}-` } : {};
    const same = this.have > 0 && this.#etag !== null ? { 'if-range': this.#etag } : {};
    const request = {
      what: this.file.path,
      signal,
      accept: [416],
      headers: { 'accept-encoding': 'identity', ...range, ...same },
    };
    const { urls } = this.file;
    for (const url of urls.slice(0, -1))
      try {
        return await http.send({ ...request, url });
      } catch (error) {
        if (!hasCode(error, 'needs-key') || http.server.authorization !== undefined) throw error;
      }
    return http.send({ ...request, url: urls.at(-1)! });
  }

  /** The rest of another version, from a server that does not heed `If-Range`. */
  #isOther(answer: HubAnswer): boolean {
    const etag = answer.headers.get('etag');
    return this.#etag !== null && etag !== null && etag !== this.#etag;
  }

  /** Makes the file end where the answer begins; answers the size of the whole, null if unknown. */
  async #agree(answer: HubAnswer): Promise<number | null> {
    const { bytes } = this.file;
    const [, start, whole] =
      /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('content-range') ?? '') ?? [];
    const isRest = answer.status === 206 && Number(start) === this.have;
    this.isPatched ||= isRest && this.have > 0;
    if (!isRest && answer.status === 206) {
      answer.discard();
      throw mismatch(this.file, this.#options.http);
    }
    // The whole again: the hub cannot give parts, or the content has changed.
    if (!isRest && this.have > 0) await this.startOver();
    const isPacked = answer.headers.has('content-encoding');
    const told = isRest ? whole : isPacked ? null : answer.headers.get('content-length');
    const total = told === undefined || told === null || !/^\d+$/.test(told) ? null : Number(told);
    if (bytes !== null && total !== null && total !== bytes) {
      answer.discard();
      throw mismatch(this.file, this.#options.http);
    }
    return bytes ?? total;
  }

  async #write(piece: Uint8Array, total: number | null): Promise<void> {
    if (this.have + piece.length > (total ?? mostBytes)) {
      await this.startOver();
      throw tooLarge(this.file, total);
    }
    try {
      for (let done = 0; done < piece.length;) {
        const { bytesWritten } = await this.#handle!.write(
          piece,
          done,
          piece.length - done,
          this.have + done,
        );
        done += bytesWritten;
      }
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
    this.#hash?.add(piece);
    this.have += piece.length;
    this.#options.progress?.(this.have);
  }

  #writeNote(answer: HubAnswer): void {
    const etag = answer.headers.get('etag');
    this.#etag = etag !== null && etag.startsWith('"') ? etag : null;
    const identity = identityOf(this.file, this.#options.source);
    try {
      writeFileSync(this.#note, JSON.stringify({ identity, etag: this.#etag }));
    } catch (error) {
      throw fileError(error, this.#note, 'write');
    }
  }

  #checkRoom(total: number | null): void {
    if (total === null) return;
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    const missing = total - this.have;
    if (bavail * bsize >= missing + spareBytes || statSync(this.#path).size >= total) return;
    throw new AppError(
      'disk-full',
      `${this.file.path} needs ${missing} more bytes and the disk has ${bavail * bsize}. Free some space and go on.`,
      { file: this.#path, needed: missing, free: bavail * bsize },
    );
  }

  #newHash(): ContentHash | undefined {
    const { checksum, bytes } = this.file;
    return checksum ? new ContentHash(checksum.algorithm, bytes) : undefined;
  }
}

function mismatch(file: RemoteFile, { server }: HubHttp): AppError {
  const { checksum, bytes, path } = file;
  const promised = checksum
    ? `its ${checksum.algorithm} is not ${checksum.hex}`
    : `it is not ${bytes} bytes`;
  return new AppError(
    'hash-mismatch',
    `${path} did not come as ${server.title} promised: ${promised}. Nothing of it was kept; try again, and tell its owner if that fails too.`,
    { file: path, ...(checksum ? { expected: checksum.hex } : {}) },
  );
}

function truncated(file: RemoteFile, have: number, { server }: HubHttp): AppError {
  return new AppError(
    'truncated',
    `${server.title} ended ${file.path} after ${have} of ${file.bytes ?? 'its'} bytes again and again. What came is kept: go on later.`,
    { file: file.path, have, bytes: file.bytes },
  );
}

function tooLarge(file: RemoteFile, most: number | null): AppError {
  return new AppError(
    'too-large',
    `${file.path} is longer than the ${most ?? mostBytes} bytes it should have. It was not taken.`,
    { file: file.path },
  );
}
