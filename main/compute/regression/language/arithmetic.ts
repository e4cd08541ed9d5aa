import {
  addDd,
  divideDd,
  multiplyDd,
  powerDd,
  type DoubleDouble,
} from '../../linalg/double-double.ts';
import { summarise } from '../../../../shared/stats/summary.ts';
import type { NumberValue } from './values.ts';

/**
 * Arithmetic on columns. Sums, products, quotients and whole powers of few enough rows also keep the
 * digits that do not fit in a double, for the double-double fit of small problems.
 */

/** Rows up to which the low parts are kept. */
const preciseRows = 50_000;
/** Magnitudes within which double-double products are exact. */
const safe = { low: 1e-130, high: 1e130 };

/** x op y row by row, in R's sense: NaN where either is missing; %% and %/% are not offered. */
export function arithmetic(operator: string, x: NumberValue, y: NumberValue): NumberValue {
  const n = x.data.length;
  const data = new Float64Array(n);
  const a = x.data;
  const b = y.data;
  if (operator === '+') for (let i = 0; i < n; i++) data[i] = a[i]! + b[i]!;
  else if (operator === '-') for (let i = 0; i < n; i++) data[i] = a[i]! - b[i]!;
  else if (operator === '*') for (let i = 0; i < n; i++) data[i] = a[i]! * b[i]!;
  else if (operator === '/') for (let i = 0; i < n; i++) data[i] = a[i]! / b[i]!;
  else for (let i = 0; i < n; i++) data[i] = power(a[i]!, b[i]!);
  return n <= preciseRows ? withLowPart(operator, x, y, data) : { kind: 'number', data };
}

/** R's x^y: a square is a product, and a missing value stays missing. */
function power(x: number, y: number): number {
  if (y === 2) return x * x;
  return Number.isNaN(x) || Number.isNaN(y) ? NaN : x ** y;
}

function withLowPart(
  operator: string,
  x: NumberValue,
  y: NumberValue,
  data: Float64Array,
): NumberValue {
  const low = new Float64Array(data.length);
  let any = false;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]!)) continue;
    const exact = exactly(
      operator,
      { hi: x.data[i]!, lo: x.low?.[i] ?? 0 },
      { hi: y.data[i]!, lo: y.low?.[i] ?? 0 },
    );
    if (!exact || !Number.isFinite(exact.lo)) continue;
    data[i] = exact.hi;
    low[i] = exact.lo;
    any ||= exact.lo !== 0;
  }
  return any ? { kind: 'number', data, low } : { kind: 'number', data };
}

function exactly(operator: string, a: DoubleDouble, b: DoubleDouble): DoubleDouble | undefined {
  if (!isSafe(a.hi) || !isSafe(b.hi)) return undefined;
  if (operator === '+') return addDd(a, b);
  if (operator === '-') return addDd(a, { hi: -b.hi, lo: -b.lo });
  if (operator === '*') return multiplyDd(a, b);
  if (operator === '/') return divideDd(a, b);
  if (!Number.isInteger(b.hi) || b.lo !== 0 || Math.abs(b.hi) > 64) return undefined;
  if (a.hi !== 0 && Math.abs(Math.log10(Math.abs(a.hi)) * b.hi) > 130) return undefined;
  return powerDd(a, b.hi);
}

function isSafe(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude === 0 || (magnitude > safe.low && magnitude < safe.high);
}

const functions: Readonly<Record<string, (x: number) => number>> = {
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  exp: Math.exp,
  expm1: Math.expm1,
  sqrt: Math.sqrt,
  abs: Math.abs,
  floor: Math.floor,
  ceiling: Math.ceil,
};

/** Names of the functions of one number. */
export const mathNames: ReadonlySet<string> = new Set(Object.keys(functions));

/** One of `mathNames` applied to each row. */
export function applyMath(name: string, x: NumberValue): NumberValue {
  return { kind: 'number', data: x.data.map(functions[name]!) };
}

/**
 * `center`: x minus its mean; `scale`: that over the sample standard deviation, as R's scale does.
 * Mean and deviation are taken over the rows in which x is present. Constant x gives NaN for `scale`.
 */
export function standardise(name: 'center' | 'scale', x: NumberValue): NumberValue {
  const { mean, sd } = summarise(x.data);
  const divisor = name === 'scale' ? sd : 1;
  return { kind: 'number', data: x.data.map((value) => (value - mean) / divisor) };
}
