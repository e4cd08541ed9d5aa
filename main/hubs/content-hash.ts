import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileError } from '../../shared/errors.ts';
import type { Checksum, ChecksumAlgorithm } from './remote-file.ts';

/** A checksum that grows with the file. */
export class ContentHash {
  readonly #hash: Hash;

  /** @param bytes size of the whole content, which git's hash begins with */
  constructor(algorithm: ChecksumAlgorithm, bytes: number | null) {
    if (algorithm === 'git-sha1') {
      // Git's name of a blob: SHA-1 over "blob SIZE\0" and the content.
      this.#hash = createHash('sha1').update(`blob ${bytes ?? 0}\0`);
    } else this.#hash = createHash(algorithm);
  }

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
  }

  /** Takes in what a file holds already. @throws AppError where it cannot be read, the signal's reason */
  async addFile(path: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
        if (signal?.aborted) throw signal.reason;
        this.add(piece as Buffer);
      }
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** To be asked once. */
  matches({ hex }: Checksum): boolean {
    return this.#hash.digest('hex') === hex;
  }
}
