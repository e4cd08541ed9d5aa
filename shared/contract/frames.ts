import * as v from 'valibot';
import { AppError, errorCodes, type ErrorJson } from '../errors.ts';
import { count, shortText } from '../domain/schemas.ts';
import { limits } from '../limits.ts';

/**
 * What travels between a client and the host: JSON text, one document a frame, so that the in-memory
 * pair, a message port and a WebSocket behave alike. A frame that is too long, not JSON or not of
 * these shapes is refused, never acted upon.
 */
export interface Transport {
  /** Hands one frame to the other side; silently dropped where the transport is closed. */
  send(frame: string): void;
  /** One listener. What arrives is not trusted: it may be anything. */
  onFrame(listener: (frame: unknown) => void): void;
  /** Called once, whichever side closed; at once where it is closed already. One listener. */
  onClose(listener: () => void): void;
  close(): void;
  /** Bytes handed over but not yet sent, where the transport knows. */
  buffered?(): number;
}

const json = v.custom<ErrorJson>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    (errorCodes as readonly unknown[]).includes((value as ErrorJson).code) &&
    typeof (value as ErrorJson).message === 'string' &&
    typeof (value as ErrorJson).details === 'object',
);

/** Position in a topic's stream: sequence numbers are comparable within one epoch only. */
const position = v.strictObject({ epoch: shortText, sequence: count });
export type Position = v.InferOutput<typeof position>;

export const clientFrame = v.variant('type', [
  v.strictObject({ type: v.literal('call'), id: count, operation: shortText, input: v.unknown() }),
  v.strictObject({ type: v.literal('cancel'), id: count }),
  v.strictObject({
    type: v.literal('subscribe'),
    id: count,
    topic: shortText,
    params: v.unknown(),
    /** The last event that the client has seen, when it comes back. */
    after: v.nullable(position),
  }),
  v.strictObject({ type: v.literal('unsubscribe'), id: count }),
]);
export type ClientFrame = v.InferOutput<typeof clientFrame>;

export const serverFrame = v.variant('type', [
  v.strictObject({ type: v.literal('result'), id: count, value: v.unknown() }),
  /** Ends the call or the subscription of that id. */
  v.strictObject({ type: v.literal('error'), id: count, error: json }),
  /** A frame was not understood; no call or subscription is affected. */
  v.strictObject({ type: v.literal('refused'), error: json }),
  v.strictObject({ type: v.literal('subscribed'), id: count, at: position, missed: v.boolean() }),
  v.strictObject({ type: v.literal('event'), id: count, sequence: count, event: v.unknown() }),
  /** Events up to `at` are gone: read again what the topic is about. */
  v.strictObject({ type: v.literal('missed'), id: count, at: position }),
]);
export type ServerFrame = v.InferOutput<typeof serverFrame>;

/**
 * Reads a frame that came over a transport.
 * @throws AppError `too-large` or `bad-input`.
 */
export function decodeFrame<S extends typeof clientFrame | typeof serverFrame>(
  schema: S,
  frame: unknown,
): v.InferOutput<S> {
  if (typeof frame !== 'string') throw refused('it is not text');
  if (frameBytes(frame) > limits.frameBytes) throw tooLarge('frame', frameBytes(frame));
  if (nestsDeeper(frame, limits.jsonDepth))
    throw refused(`it nests deeper than ${limits.jsonDepth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw refused('it is not JSON');
  }
  const result = v.safeParse(schema, value);
  if (!result.success) throw refused(result.issues[0].message);
  return result.output;
}

/**
 * Writes a frame. `what` names its content in the message of the error.
 * @throws AppError `too-large`, or `bad-output` for what JSON cannot hold.
 */
export function encodeFrame(frame: ClientFrame | ServerFrame, what: string): string {
  let text: string;
  try {
    text = JSON.stringify(frame);
  } catch (error) {
    throw new AppError('bad-output', `${what} cannot be written as JSON.`, { place: what }, error);
  }
  const bytes = frameBytes(text);
  if (bytes > limits.frameBytes) throw tooLarge(what, bytes);
  return text;
}

function frameBytes(text: string): number {
  // UTF-8 takes one to three bytes for each UTF-16 unit: count exactly only where that decides.
  if (text.length > limits.frameBytes || text.length * 3 <= limits.frameBytes) return text.length;
  return new TextEncoder().encode(text).length;
}

/** A document of a million brackets would exhaust the stack of whatever walks it later. */
function nestsDeeper(text: string, depth: number): boolean {
  if (text.length <= 2 * depth) return false;
  let open = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === 0x5c) i++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x7b || character === 0x5b) {
      if (++open > depth) return true;
    } else if (character === 0x7d || character === 0x5d) open--;
  }
  return false;
}

function refused(problem: string): AppError {
  return new AppError('bad-input', `The frame was refused: ${problem}.`);
}

function tooLarge(what: string, bytes: number): AppError {
  return new AppError(
    'too-large',
    `${what} takes ${bytes.toLocaleString('en')} bytes, more than the ${limits.frameBytes.toLocaleString('en')} that one message may have. Ask for less at once.`,
    { bytes, limit: limits.frameBytes },
  );
}
