import type { Position, ServerFrame, Transport } from './frames.ts';
import type { Channel } from './topics.ts';

/** A slow client is not sent more than this ahead of what it takes. */
const maxBufferedBytes = 4 << 20;
const retryMilliseconds = 50;

interface Options {
  readonly id: number;
  readonly channel: Channel;
  readonly after: Position | null;
  readonly transport: Transport;
}

/**
 * One client's place in one channel. It is a cursor: when the client takes events too slowly, they
 * wait in the channel, and when they have left it the client is told to read again.
 */
export class Subscription {
  readonly #options: Options;
  readonly #send: (frame: ServerFrame) => void;
  #cursor = 0;
  #unfollow: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options, send: (frame: ServerFrame) => void) {
    this.#options = options;
    this.#send = send;
  }

  open(): void {
    const { id, channel, after } = this.#options;
    const known = after !== null && after.epoch === channel.epoch;
    const missed = after !== null && (!known || channel.after(after.sequence) === undefined);
    this.#cursor = known && !missed ? after.sequence : channel.at.sequence;
    const at = { epoch: channel.epoch, sequence: this.#cursor };
    this.#send({ type: 'subscribed', id, at, missed });
    this.#unfollow = channel.follow(() => this.#flush());
    this.#flush();
  }

  close(): void {
    this.#unfollow?.();
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #flush(): void {
    const { id, channel, transport } = this.#options;
    if (this.#retry !== undefined) return;
    const events = channel.after(this.#cursor);
    if (events === undefined) {
      this.#cursor = channel.at.sequence;
      this.#send({ type: 'missed', id, at: channel.at });
      return;
    }
    for (const { sequence, event } of events) {
      if ((transport.buffered?.() ?? 0) > maxBufferedBytes) return this.#waitForClient();
      this.#cursor = sequence;
      this.#sendEvent(sequence, event);
    }
  }

  /** An event too large for a frame must not fail its publisher: the client reads again instead. */
  #sendEvent(sequence: number, event: unknown): void {
    const { id, channel } = this.#options;
    try {
      this.#send({ type: 'event', id, sequence, event });
    } catch {
      this.#send({ type: 'missed', id, at: { epoch: channel.epoch, sequence } });
    }
  }

  #waitForClient(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#flush();
    }, retryMilliseconds);
  }
}
