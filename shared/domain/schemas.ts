import * as v from 'valibot';

/** Small schemas that several domain types share. */
export const id = v.pipe(v.string(), v.regex(/^[a-z]+_[0-9a-z]{6,32}$/, 'is not an id'));
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const text = v.pipe(v.string(), v.maxLength(1 << 20));
export const shortText = v.pipe(v.string(), v.maxLength(4096));
/** Milliseconds since 1970. */
export const time = v.pipe(v.number(), v.integer());
/** A number that may be missing: never NaN, never infinite. */
export const maybeNumber = v.nullable(v.pipe(v.number(), v.finite()));
/** A number that may be infinite, such as a VIF; infinity travels as a word, since JSON has none. */
export const extendedNumber = v.union([
  v.pipe(v.number(), v.finite()),
  v.picklist(['Infinity', '-Infinity']),
  v.null(),
]);
export type ExtendedNumber = v.InferOutput<typeof extendedNumber>;

/** Encodes a number for JSON: infinities as words, NaN as null. */
export function toExtended(value: number): ExtendedNumber {
  if (Number.isFinite(value)) return value;
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  return null;
}

/** Decodes an ExtendedNumber; null becomes NaN. */
export function fromExtended(value: ExtendedNumber): number {
  return value === null ? NaN : Number(value);
}
