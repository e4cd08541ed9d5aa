/** What an expression evaluates to: one entry for each row of the view, or one constant for all. */
export type Value = NumberValue | LogicalValue | TextValue | ConstantValue;

export interface NumberValue {
  readonly kind: 'number';
  /** NaN where missing. */
  readonly data: Float64Array;
  /**
   * What the exact value is beyond `data`, where it is known: powers and products of columns keep the
   * digits that a double cannot hold (see linalg/double-double.ts).
   */
  readonly low?: Float64Array | undefined;
}

export interface LogicalValue {
  readonly kind: 'logical';
  /** 1, 0, or -1 where missing. */
  readonly data: Int8Array;
}

export interface TextValue {
  readonly kind: 'text';
  /** Index into `levels`; -1 where missing. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export interface ConstantValue {
  readonly kind: 'constant';
  /** null is R's NA. */
  readonly value: number | string | boolean | null;
}

/** Words for a kind of value in messages. */
export function describeKind(value: Value): string {
  if (value.kind === 'number') return 'a number';
  if (value.kind === 'logical') return 'true or false';
  if (value.kind === 'text') return 'text';
  if (value.value === null) return 'a missing value';
  if (typeof value.value === 'boolean') return 'true or false';
  return typeof value.value === 'number' ? 'a number' : 'text';
}
