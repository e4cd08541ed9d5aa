import { AppError, errorFromJson } from '../errors.ts';
import type {
  Contract,
  EventOf,
  InputOf,
  OperationName,
  OutputOf,
  ParamsOf,
  TopicName,
} from './define.ts';
import {
  decodeFrame,
  encodeFrame,
  serverFrame,
  type ClientFrame,
  type Position,
  type ServerFrame,
  type Transport,
} from './frames.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which the call is given up; null waits as long as the transport is open. */
  readonly timeout?: number | null;
}

export interface Follower<E> {
  event(event: E): void;
  /** Events are lost: read again what the topic is about. */
  missed(): void;
  /** The host refused the subscription. */
  failed?(error: AppError): void;
}

export interface ConnectOptions {
  /** For calls that do not say otherwise. */
  readonly timeout?: number | null;
}

interface PendingCall {
  readonly operation: string;
  resolve(value: unknown): void;
  reject(error: AppError): void;
}

interface Followed {
  readonly topic: string;
  readonly params: unknown;
  readonly follower: Follower<unknown>;
  position: Position | null;
}

/** A client of the host over a transport. See {@link Client}. */
export function connect<C extends Contract>(
  contract: C,
  transport: Transport,
  options: ConnectOptions = {},
): Client<C> {
  return new Client(contract, transport, options);
}

/**
 * Calls operations and follows topics. Every call settles: with its result, the host's typed error,
 * `cancelled`, `timeout`, or `closed`. Frames keep their order, so a page that subscribes first and
 * reads afterwards misses nothing in between.
 */
export class Client<C extends Contract> {
  readonly #contract: C;
  readonly #timeout: number | null;
  #transport: Transport;
  #open = false;
  #nextId = 1;
  readonly #calls = new Map<number, PendingCall>();
  readonly #followed = new Map<number, Followed>();
  readonly #closeListeners = new Set<() => void>();

  constructor(contract: C, transport: Transport, options: ConnectOptions) {
    this.#contract = contract;
    this.#timeout = options.timeout === undefined ? 60_000 : options.timeout;
    this.#transport = transport;
    this.#attach(transport);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  call<K extends OperationName<C>>(
    operation: K,
    input: InputOf<C, K>,
    options: CallOptions = {},
  ): Promise<OutputOf<C, K>> {
    return this.#call(operation, input, options) as Promise<OutputOf<C, K>>;
  }

  /** Follows a topic, across reconnections, until the answer is called. */
  subscribe<K extends TopicName<C>>(
    topic: K,
    params: ParamsOf<C, K>,
    follower: Follower<EventOf<C, K>>,
  ): () => void {
    if (this.#contract[topic]?.kind !== 'topic') throw new Error(`'${topic}' is not a topic.`);
    const id = this.#nextId++;
    const followed: Followed = {
      topic,
      params,
      follower: follower,
      position: null,
    };
    this.#followed.set(id, followed);
    if (this.#open) this.#sendSubscribe(id, followed);
    return () => {
      if (this.#followed.delete(id)) this.#post({ type: 'unsubscribe', id });
    };
  }

  /** Goes on over a new transport after the old one closed: topics resume where they were. */
  reconnect(transport: Transport): void {
    if (this.#open) this.#transport.close();
    this.#transport = transport;
    this.#attach(transport);
    if (this.#open) for (const [id, followed] of this.#followed) this.#sendSubscribe(id, followed);
  }

  onClose(listener: () => void): () => void {
    this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  close(): void {
    this.#transport.close();
  }

  #attach(transport: Transport): void {
    this.#open = true;
    transport.onFrame((frame) => {
      if (transport === this.#transport) this.#receive(frame);
    });
    transport.onClose(() => {
      if (transport === this.#transport) this.#closed();
    });
  }

  #call(operation: string, input: unknown, options: CallOptions): Promise<unknown> {
    const { signal, timeout = this.#timeout } = options;
    if (signal?.aborted) return Promise.reject(cancelled(operation));
    if (!this.#open) return Promise.reject(closed(operation));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const giveUp = (error: AppError) => {
        this.#calls.get(id)?.reject(error);
        this.#post({ type: 'cancel', id });
      };
      const abort = () => giveUp(cancelled(operation));
      const timer =
        timeout === null
          ? undefined
          : setTimeout(() => giveUp(timedOut(operation, timeout)), timeout);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#calls.delete(id);
      };
      this.#calls.set(id, {
        operation,
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
      });
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const frame: ClientFrame = { type: 'call', id, operation, input: input ?? null };
        this.#transport.send(encodeFrame(frame, `The question to ${operation}`));
      } catch (error) {
        this.#calls.get(id)?.reject(error as AppError);
      }
    });
  }

  #sendSubscribe(id: number, followed: Followed): void {
    const { topic, params, position } = followed;
    this.#post({ type: 'subscribe', id, topic, params, after: position });
  }

  #post(frame: ClientFrame): void {
    if (this.#open) this.#transport.send(encodeFrame(frame, frame.type));
  }

  #receive(raw: unknown): void {
    let frame: ServerFrame;
    try {
      frame = decodeFrame(serverFrame, raw);
    } catch {
      // A frame that cannot be read settles nothing; the call it meant will time out.
      return;
    }
    if (frame.type === 'refused') return;
    if (frame.type === 'result') return this.#calls.get(frame.id)?.resolve(frame.value);
    if (frame.type === 'error') {
      const error = errorFromJson(frame.error);
      const followed = this.#followed.get(frame.id);
      this.#followed.delete(frame.id);
      followed?.follower.failed?.(error);
      return this.#calls.get(frame.id)?.reject(error);
    }
    this.#follow(frame);
  }

  #follow(frame: ServerFrame & { type: 'subscribed' | 'event' | 'missed' }): void {
    const followed = this.#followed.get(frame.id);
    if (!followed) return;
    if (frame.type === 'event') {
      if (!followed.position || frame.sequence <= followed.position.sequence) return;
      followed.position = { ...followed.position, sequence: frame.sequence };
      followed.follower.event(frame.event);
      return;
    }
    followed.position = frame.at;
    if (frame.type === 'missed' || frame.missed) followed.follower.missed();
  }

  #closed(): void {
    this.#open = false;
    for (const call of [...this.#calls.values()]) call.reject(closed(call.operation));
    for (const listener of this.#closeListeners) listener();
  }
}

function cancelled(operation: string): AppError {
  return new AppError('cancelled', 'The call was cancelled.', { operation });
}

function closed(operation: string): AppError {
  return new AppError('closed', 'The connection to the host is closed. Reload to connect again.', {
    operation,
  });
}

function timedOut(operation: string, milliseconds: number): AppError {
  return new AppError(
    'timeout',
    `${operation} did not answer within ${Math.round(milliseconds / 100) / 10} seconds. Try again.`,
    { operation, milliseconds },
  );
}
