import type * as v from 'valibot';

export type Schema = v.GenericSchema;

/** One thing the host can be asked to do. */
export interface Operation<I extends Schema = Schema, O extends Schema = Schema> {
  readonly kind: 'operation';
  readonly input: I;
  readonly output: O;
}

/** One stream of events that a client can subscribe to, for one value of its parameters. */
export interface Topic<P extends Schema = Schema, E extends Schema = Schema> {
  readonly kind: 'topic';
  readonly params: P;
  readonly event: E;
}

export function operation<I extends Schema, O extends Schema>(
  input: I,
  output: O,
): Operation<I, O> {
  return { kind: 'operation', input, output };
}

export function topic<P extends Schema, E extends Schema>(params: P, event: E): Topic<P, E> {
  return { kind: 'topic', params, event };
}

export type Contract = Readonly<Record<string, Operation | Topic>>;

export type OperationName<C extends Contract> = {
  [K in keyof C]: C[K] extends Operation ? K : never;
}[keyof C] &
  string;
export type TopicName<C extends Contract> = {
  [K in keyof C]: C[K] extends Topic ? K : never;
}[keyof C] &
  string;

/** What a client gives: fields with defaults may be left out. */
export type InputOf<C extends Contract, K extends OperationName<C>> = C[K] extends Operation
  ? v.InferInput<C[K]['input']>
  : never;
/** What a handler receives: checked, defaults filled in. */
export type ParsedInputOf<C extends Contract, K extends OperationName<C>> = C[K] extends Operation
  ? v.InferOutput<C[K]['input']>
  : never;
export type OutputOf<C extends Contract, K extends OperationName<C>> = C[K] extends Operation
  ? v.InferOutput<C[K]['output']>
  : never;
export type ParamsOf<C extends Contract, K extends TopicName<C>> = C[K] extends Topic
  ? v.InferOutput<C[K]['params']>
  : never;
export type EventOf<C extends Contract, K extends TopicName<C>> = C[K] extends Topic
  ? v.InferOutput<C[K]['event']>
  : never;
