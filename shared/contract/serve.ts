import * as v from 'valibot';
import { AppError, type ErrorJson } from '../errors.ts';
import type { Contract, Operation, OperationName, OutputOf, ParsedInputOf } from './define.ts';
import {
  clientFrame,
  decodeFrame,
  encodeFrame,
  type ClientFrame,
  type ServerFrame,
  type Transport,
} from './frames.ts';
import { Subscription } from './subscription.ts';
import type { Topics } from './topics.ts';

/** What a handler is told beside its input. */
export interface CallContext {
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
}

export type Handlers<C extends Contract> = {
  readonly [K in OperationName<C>]: (
    input: ParsedInputOf<C, K>,
    context: CallContext,
  ) => Promise<OutputOf<C, K>>;
};

export interface Service<C extends Contract> {
  readonly handlers: Handlers<C>;
  readonly topics: Topics<C>;
}

/** Where bugs are written down; the user is shown the id. */
export type LogBug = (id: string, operation: string, error: unknown) => void;

type AnyHandler = (input: unknown, context: CallContext) => Promise<unknown>;

const maxCalls = 20_000;
const maxSubscriptions = 1_000;

/**
 * Joins handlers written in several files into one set.
 * @throws Error for an operation that is handled twice, not at all, or not in the contract.
 */
export function joinHandlers<C extends Contract>(
  contract: C,
  groups: readonly Partial<Handlers<C>>[],
): Handlers<C> {
  const joined = new Map<string, unknown>();
  for (const group of groups)
    for (const [name, handler] of Object.entries(group)) {
      if (joined.has(name)) throw new Error(`The operation '${name}' is registered twice.`);
      joined.set(name, handler);
    }
  const handlers = Object.fromEntries(joined) as Handlers<C>;
  checkComplete(contract, handlers);
  return handlers;
}

function checkComplete<C extends Contract>(contract: C, handlers: Handlers<C>): void {
  for (const [name, entry] of Object.entries(contract))
    if (
      entry.kind === 'operation' &&
      (!Object.hasOwn(handlers, name) ||
        typeof handlers[name as keyof typeof handlers] !== 'function')
    )
      throw new Error(`The operation '${name}' has no handler.`);
  for (const name of Object.keys(handlers))
    if (!Object.hasOwn(contract, name) || contract[name]?.kind !== 'operation')
      throw new Error(`A handler is registered for '${name}', which is not in the contract.`);
}

/**
 * Answers one client until its transport closes. Every call is settled once, by its result or a
 * typed error; what is not an AppError is logged under an id and shown as `internal`.
 */
export function serve<C extends Contract>(
  contract: C,
  service: Service<C>,
  transport: Transport,
  logBug: LogBug,
): void {
  checkComplete(contract, service.handlers);
  new Connection(contract, service, transport, logBug);
}

class Connection<C extends Contract> {
  readonly #contract: C;
  readonly #service: Service<C>;
  readonly #transport: Transport;
  readonly #logBug: LogBug;
  readonly #calls = new Map<number, AbortController>();
  readonly #subscriptions = new Map<number, Subscription>();

  constructor(contract: C, service: Service<C>, transport: Transport, logBug: LogBug) {
    this.#contract = contract;
    this.#service = service;
    this.#transport = transport;
    this.#logBug = logBug;
    transport.onClose(() => this.#closed());
    transport.onFrame((frame) => this.#receive(frame));
  }

  #receive(raw: unknown): void {
    try {
      this.#act(decodeFrame(clientFrame, raw));
    } catch (error) {
      this.#send({ type: 'refused', error: this.#toJson('frame', error) }, 'the refusal');
    }
  }

  #act(frame: ClientFrame): void {
    switch (frame.type) {
      case 'call':
        this.#refuseReusedId(frame.id);
        if (this.#calls.size >= maxCalls)
          return this.#fail(
            frame.id,
            frame.operation,
            new AppError(
              'not-allowed-now',
              `${maxCalls} calls are waiting already. Try again later.`,
            ),
          );
        void this.#call(frame.id, frame.operation, frame.input);
        return;
      case 'cancel':
        this.#calls.get(frame.id)?.abort(cancelled());
        return;
      case 'subscribe':
        this.#refuseReusedId(frame.id);
        return this.#subscribe(frame);
      case 'unsubscribe':
        this.#subscriptions.get(frame.id)?.close();
        this.#subscriptions.delete(frame.id);
    }
  }

  /** An error under a reused id would end the call that has it: such a frame is refused instead. */
  #refuseReusedId(id: number): void {
    if (this.#calls.has(id) || this.#subscriptions.has(id))
      throw new AppError('bad-input', `The id ${id} is in use.`, { id });
  }

  async #call(id: number, name: string, input: unknown): Promise<void> {
    const abort = new AbortController();
    this.#calls.set(id, abort);
    try {
      const operation = this.#operation(name);
      const parsed = parseInput(operation, name, input);
      const handler = this.#service.handlers[name as OperationName<C>] as unknown as AnyHandler;
      const value = await settled(handler(parsed, { signal: abort.signal }), abort.signal);
      const output = parseOutput(operation, name, value);
      this.#transport.send(
        encodeFrame({ type: 'result', id, value: output }, `The answer of ${name}`),
      );
    } catch (error) {
      this.#fail(id, name, error);
    } finally {
      this.#calls.delete(id);
    }
  }

  #operation(name: string): Operation {
    const entry = Object.hasOwn(this.#contract, name) ? this.#contract[name] : undefined;
    if (entry?.kind !== 'operation')
      throw new AppError('unknown-operation', `There is no operation '${name.slice(0, 80)}'.`);
    return entry;
  }

  #subscribe(frame: ClientFrame & { type: 'subscribe' }): void {
    try {
      if (this.#subscriptions.size >= maxSubscriptions)
        throw new AppError('not-allowed-now', `${maxSubscriptions} topics are followed already.`);
      const channel = this.#service.topics.channel(frame.topic, frame.params);
      const subscription = new Subscription(
        { id: frame.id, channel, after: frame.after, transport: this.#transport },
        (outgoing) => this.#send(outgoing, `An event of ${frame.topic}`),
      );
      this.#subscriptions.set(frame.id, subscription);
      subscription.open();
    } catch (error) {
      this.#fail(frame.id, frame.topic, error);
    }
  }

  #fail(id: number, name: string, error: unknown): void {
    this.#send({ type: 'error', id, error: this.#toJson(name, error) }, 'the error');
  }

  /** Sends what must not fail: an error whose details are too large goes without them. */
  #send(frame: ServerFrame, what: string): void {
    try {
      this.#transport.send(encodeFrame(frame, what));
    } catch (error) {
      if (!('error' in frame)) throw error;
      const { code, message } = frame.error;
      const short = { code, message: message.slice(0, 2000), details: {} };
      this.#transport.send(encodeFrame({ ...frame, error: short }, what));
    }
  }

  #toJson(operation: string, error: unknown): ErrorJson {
    if (error instanceof AppError) return error.toJSON();
    const id = globalThis.crypto.randomUUID().slice(0, 8);
    this.#logBug(id, operation, error);
    return new AppError(
      'internal',
      `Something went wrong inside Assay. The log tells more under ${id}.`,
      { id },
    ).toJSON();
  }

  #closed(): void {
    for (const abort of this.#calls.values()) abort.abort(cancelled());
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
  }
}

function cancelled(): AppError {
  return new AppError('cancelled', 'The call was cancelled.');
}

/** The handler's result, or the reason of the cancel as soon as that comes, heeded or not. */
function settled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function parseInput(operation: Operation, name: string, input: unknown): unknown {
  const result = v.safeParse(operation.input, input);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = v.getDotPath(issue) ?? 'input';
  throw new AppError('bad-input', `${name}: ${place}: ${issue.message.slice(0, 500)}.`, { place });
}

function parseOutput(operation: Operation, name: string, value: unknown): unknown {
  const result = v.safeParse(operation.output, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = v.getDotPath(issue) ?? 'output';
  throw new AppError(
    'bad-output',
    `${name} gave an answer that is not as promised: ${place}: ${issue.message.slice(0, 500)}. This is a fault of Assay.`,
    { place },
  );
}
