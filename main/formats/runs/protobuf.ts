import { AppError } from '../../../shared/errors.ts';

/** One field of a message: its number and its value as the wire type carries it. */
export type Field =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | {
      readonly number: number;
      readonly kind: 'fixed32' | 'fixed64' | 'bytes';
      readonly value: Buffer;
    };

/** Where a message lies, for errors. */
export interface Place {
  readonly file: string;
  readonly place: string;
}

/**
 * The fields of a protocol buffer message in the order in which they are written. Nothing is read behind
 * the end of the message, and every length is checked first: logs come from anywhere.
 * @throws AppError `corrupt` for what is no message.
 */
export function* fieldsOf(message: Buffer, where: Place): Generator<Field> {
  let at = 0;
  const fail = (problem: string): never => {
    throw new AppError(
      'corrupt',
      `${where.file}: the record at ${where.place} is no valid message: ${problem}. Copy the file again.`,
      { ...where },
    );
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) return fail('a number is cut off');
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return fail('a number is longer than ten bytes');
  };
  const take = (bytes: number): Buffer => {
    if (bytes > message.length - at) return fail(`a field of ${bytes} bytes is cut off`);
    at += bytes;
    return message.subarray(at - bytes, at);
  };
  while (at < message.length) {
    const tag = Number(BigInt.asUintN(32, varint()));
    const number = tag >>> 3;
    const wire = tag & 7;
    if (number === 0) fail('a field has the number 0');
    if (wire === 0) yield { number, kind: 'varint', value: varint() };
    else if (wire === 1) yield { number, kind: 'fixed64', value: take(8) };
    else if (wire === 2) {
      const length = varint();
      if (length > BigInt(message.length)) fail('a field is longer than its message');
      yield { number, kind: 'bytes', value: take(Number(length)) };
    } else if (wire === 5) yield { number, kind: 'fixed32', value: take(4) };
    else fail(`wire type ${wire} is not known`);
  }
}

/** A field of bytes as text; empty for any other. */
export function textOf({ kind, value }: Field): string {
  return kind === 'bytes' ? value.toString('utf8') : '';
}

/** A message inside a message; undefined for a field that is none. */
export function messageOf({ kind, value }: Field): Buffer | undefined {
  return kind === 'bytes' ? value : undefined;
}

/** A number, whichever wire type carries it; a varint is read as signed. */
export function numberOf(field: Field): number {
  if (field.kind === 'varint') return Number(BigInt.asIntN(64, field.value));
  if (field.kind === 'fixed32') return field.value.readFloatLE(0);
  return field.kind === 'fixed64' ? field.value.readDoubleLE(0) : NaN;
}
