import * as v from 'valibot';
import { AppError } from '../errors.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Contract, EventOf, ParamsOf, Topic, TopicName } from './define.ts';
import type { Position } from './frames.ts';

/**
 * The host's side of topics. A channel is one topic with one value of its parameters; its events are
 * numbered, and the newest are kept so that a client that was away can be given what it missed.
 */
export class Topics<C extends Contract> {
  readonly #contract: C;
  readonly #keep: number;
  readonly #channels = new Map<string, Channel>();
  readonly #maxChannels: number;

  constructor(contract: C, options: { keep?: number; maxChannels?: number } = {}) {
    this.#contract = contract;
    this.#keep = options.keep ?? 256;
    this.#maxChannels = options.maxChannels ?? 1024;
  }

  /** @throws AppError `bad-output` for an event that the contract does not allow: a bug here. */
  publish<K extends TopicName<C>>(name: K, params: ParamsOf<C, K>, event: EventOf<C, K>): void {
    const topic = this.#topic(name);
    const result = v.safeParse(topic.event, event);
    if (!result.success)
      throw new AppError('bad-output', `${name}: an event is not as the contract says.`, {
        place: v.getDotPath(result.issues[0]) ?? name,
        problem: result.issues[0].message,
      });
    this.#channel(name, params).publish(result.output, this.#keep);
  }

  /** @throws AppError `unknown-operation` or `bad-input`. */
  channel(name: string, params: unknown): Channel {
    const topic = this.#topic(name);
    const result = v.safeParse(topic.params, params);
    if (!result.success)
      throw new AppError('bad-input', `${name}: ${result.issues[0].message}.`, {
        place: v.getDotPath(result.issues[0]) ?? 'params',
      });
    return this.#channel(name, result.output);
  }

  #topic(name: string): Topic {
    const entry = Object.hasOwn(this.#contract, name) ? this.#contract[name] : undefined;
    if (entry?.kind !== 'topic')
      throw new AppError('unknown-operation', `There is no topic '${name.slice(0, 80)}'.`);
    return entry;
  }

  #channel(name: string, params: unknown): Channel {
    const key = `${name} ${canonicalJson(params)}`;
    let channel = this.#channels.get(key);
    if (channel) this.#channels.delete(key);
    else channel = new Channel();
    this.#channels.set(key, channel);
    if (this.#channels.size > this.#maxChannels) this.#forgetOldest();
    return channel;
  }

  #forgetOldest(): void {
    for (const [key, channel] of this.#channels) {
      if (channel.isFollowed) continue;
      this.#channels.delete(key);
      return;
    }
  }
}

interface NumberedEvent {
  readonly sequence: number;
  readonly event: unknown;
}

export class Channel {
  /** Differs for every channel ever made, so that numbers from before a restart are not believed. */
  readonly epoch: string = globalThis.crypto.randomUUID();
  #events: NumberedEvent[] = [];
  #sequence = 0;
  readonly #followers = new Set<() => void>();

  get at(): Position {
    return { epoch: this.epoch, sequence: this.#sequence };
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  publish(event: unknown, keep: number): void {
    this.#sequence++;
    this.#events.push({ sequence: this.#sequence, event });
    if (this.#events.length >= 2 * keep) this.#events = this.#events.slice(-keep);
    for (const follower of this.#followers) follower();
  }

  /** Events after a position, or undefined where some of them are gone. */
  after(sequence: number): readonly NumberedEvent[] | undefined {
    if (sequence > this.#sequence) return undefined;
    const missing = this.#sequence - sequence;
    if (missing > this.#events.length) return undefined;
    return missing === 0 ? [] : this.#events.slice(-missing);
  }

  /** Calls `follower` after each event until the answer is called. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}
