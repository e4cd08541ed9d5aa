import type { Transport } from './frames.ts';

/** Two connected transports in one process. Frames arrive in later microtasks, in order. */
export function createPair(): [Transport, Transport] {
  const left = new PairEnd();
  const right = new PairEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class PairEnd implements Transport {
  peer: PairEnd | undefined;
  #frame: ((frame: unknown) => void) | undefined;
  #close: (() => void) | undefined;
  #waiting: unknown[] = [];
  #closed = false;

  send(frame: string): void {
    const { peer } = this;
    if (this.#closed || !peer) return;
    queueMicrotask(() => peer.#deliver(frame));
  }

  onFrame(listener: (frame: unknown) => void): void {
    this.#frame = listener;
    for (const frame of this.#waiting.splice(0)) listener(frame);
  }

  onClose(listener: () => void): void {
    this.#close = listener;
    if (this.#closed) listener();
  }

  close(): void {
    this.#end();
    const { peer } = this;
    if (peer) queueMicrotask(() => peer.#end());
  }

  #deliver(frame: unknown): void {
    if (this.#closed) return;
    if (this.#frame) this.#frame(frame);
    else this.#waiting.push(frame);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#close?.();
  }
}
