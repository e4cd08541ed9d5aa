import * as v from 'valibot';

/** Fields that the specs of several kinds of job share. */
export const positiveInt = v.pipe(v.number(), v.integer(), v.minValue(1));
export const naturalInt = v.pipe(v.number(), v.integer(), v.minValue(0));
export const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
export const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));
export const jobName = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** What the numbers are computed on. */
export const engineFields = {
  engine: v.optional(v.picklist(['auto', 'wasm', 'tensorflow', 'reference']), 'auto'),
  /** Threads of the engine; null for all that the machine has. Results repeat for equal numbers. */
  threads: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256))),
    null,
  ),
};
