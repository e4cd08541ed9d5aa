import type { FromWorker } from './protocol.ts';

/** Messages of one kind that a well-behaved worker sends at most in a second; it stays far below. */
const perSecond: Readonly<Partial<Record<FromWorker['type'], number>>> = {
  progress: 20,
  points: 200,
  log: 100,
  checkpointed: 20,
};
const otherPerSecond = 50;

/**
 * Lets through what a worker may reasonably send and drops the rest, so that one that floods its
 * host costs neither memory nor responsiveness. What is dropped is shown late, never lost: points
 * and log lie in files that are read at the end.
 */
export class Throttle {
  #second = -1;
  readonly #counts = new Map<unknown, number>();
  #dropped = 0;

  /** May this message be looked at? It is not parsed yet. */
  admits(message: unknown, now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts.clear();
    }
    const type = (message as { type?: unknown } | null)?.type;
    const key = typeof type === 'string' && Object.hasOwn(perSecond, type) ? type : 'other';
    const seen = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, seen);
    const limit = perSecond[key as FromWorker['type']] ?? otherPerSecond;
    if (seen <= limit) return true;
    this.#dropped++;
    return false;
  }

  /** How many were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
