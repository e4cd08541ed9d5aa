import { randomBytes } from 'node:crypto';

export interface Blob {
  /** Absolute path of a file that stays as it is while the handle lives. */
  readonly path: string;
  readonly contentType: string;
  /** Name under which a browser would save it. */
  readonly name: string;
}

const lifetimeMilliseconds = 60 * 60 * 1000;
const maxHandles = 10_000;

/**
 * Files that a page may fetch, each under a handle that cannot be guessed and that expires. Large
 * results travel this way, never as answers to calls.
 */
export class Blobs {
  readonly #now: () => number;
  readonly #blobs = new Map<string, Blob & { expires: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  add(blob: Blob): string {
    this.#forgetExpired();
    const handle = randomBytes(24).toString('hex');
    this.#blobs.set(handle, { ...blob, expires: this.#now() + lifetimeMilliseconds });
    return handle;
  }

  find(handle: string): Blob | undefined {
    const blob = this.#blobs.get(handle);
    return blob && blob.expires > this.#now() ? blob : undefined;
  }

  #forgetExpired(): void {
    for (const [handle, blob] of this.#blobs)
      if (blob.expires <= this.#now() || this.#blobs.size >= maxHandles) this.#blobs.delete(handle);
      else break;
  }
}
