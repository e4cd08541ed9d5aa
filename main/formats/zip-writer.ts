import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { AppError, fileError } from '../../shared/errors.ts';
import type { Pace } from './pace.ts';

interface Written {
  readonly name: Buffer;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

const localBytes = 30;
const centralBytes = 46;
const endBytes = 22;
const version = 20;
/** Beyond it a ZIP file needs longer fields. */
const largestOffset = 0xfffffffe;

/** A ZIP file of stored entries in the making; each is written in pieces, one after the other. */
export class ZipWriter {
  readonly #path: string;
  readonly #fd: number;
  readonly #written: Written[] = [];
  #at = 0;

  /** Makes a new file. @throws AppError what the file system says. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'wx');
    } catch (error) {
      throw fileError(error, path, 'write');
    }
  }

  /** @throws AppError `too-large` beyond 4 GiB, what the file system says, and what `pace` throws. */
  async add(entryName: string, pieces: Iterable<Buffer>, pace?: Pace): Promise<void> {
    const name = Buffer.from(entryName);
    const offset = this.#at;
    const start = offset + localBytes + name.length;
    let [size, crc] = [0, 0];
    for (const piece of pieces) {
      if (start + size + piece.length > largestOffset)
        throw new AppError(
          'too-large',
          `${this.#path} would be larger than the 4 GiB of such a file. Export as safetensors.`,
          { file: this.#path },
        );
      this.#put(piece, start + size);
      size += piece.length;
      crc = crc32(piece, crc);
      await pace?.(piece.length);
    }
    const entry = { name, offset, size, crc };
    this.#put(Buffer.concat([localHeader(entry), name]), offset);
    this.#written.push(entry);
    this.#at = start + size;
  }

  /** Writes the directory and flushes the file to the disk. */
  finish(): void {
    const directory = Buffer.concat(
      this.#written.flatMap((entry) => [centralHeader(entry), entry.name]),
    );
    const end = Buffer.alloc(endBytes);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(this.#written.length, 8);
    end.writeUInt16LE(this.#written.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(this.#at, 16);
    this.#put(Buffer.concat([directory, end]), this.#at);
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #put(bytes: Buffer, position: number): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    } catch (error) {
      throw fileError(error, this.#path, 'write');
    }
  }
}

function localHeader({ name, size, crc }: Written): Buffer {
  const header = Buffer.alloc(localBytes);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(size, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(name.length, 26);
  return header;
}

function centralHeader({ name, size, crc, offset }: Written): Buffer {
  const header = Buffer.alloc(centralBytes);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(size, 20);
  header.writeUInt32LE(size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(offset, 42);
  return header;
}
