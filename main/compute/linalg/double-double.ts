/**
 * Arithmetic with about 32 digits: a value is the unevaluated sum hi + lo of two doubles with
 * |lo| <= ulp(hi) / 2 (Dekker 1971; Hida, Li & Bailey 2001, "Library for double-double and
 * quad-double arithmetic"). Relative error per operation below 2^-102. Magnitudes must stay within
 * 1e±140, which callers ensure by scaling with powers of two.
 */
export interface DoubleDouble {
  readonly hi: number;
  readonly lo: number;
}

const splitter = 2 ** 27 + 1;

/** a + b exactly. */
export function twoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  const t = hi - a;
  return { hi, lo: a - (hi - t) + (b - t) };
}

/** a + b exactly, for |a| >= |b|. */
function quickTwoSum(a: number, b: number): DoubleDouble {
  const hi = a + b;
  return { hi, lo: b - (hi - a) };
}

/** a b exactly. */
export function twoProduct(a: number, b: number): DoubleDouble {
  const hi = a * b;
  const ta = splitter * a;
  const aHigh = ta - (ta - a);
  const aLow = a - aHigh;
  const tb = splitter * b;
  const bHigh = tb - (tb - b);
  const bLow = b - bHigh;
  return { hi, lo: aHigh * bHigh - hi + aHigh * bLow + aLow * bHigh + aLow * bLow };
}

export function addDd(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const s = twoSum(a.hi, b.hi);
  const t = twoSum(a.lo, b.lo);
  const u = quickTwoSum(s.hi, s.lo + t.hi);
  return quickTwoSum(u.hi, u.lo + t.lo);
}

export function negateDd(a: DoubleDouble): DoubleDouble {
  return { hi: -a.hi, lo: -a.lo };
}

export function multiplyDd(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const p = twoProduct(a.hi, b.hi);
  return quickTwoSum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

export function divideDd(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a.hi / b.hi;
  const r1 = addDd(a, negateDd(multiplyDd(b, { hi: first, lo: 0 })));
  const second = r1.hi / b.hi;
  const r2 = addDd(r1, negateDd(multiplyDd(b, { hi: second, lo: 0 })));
  const third = r2.hi / b.hi;
  const q = quickTwoSum(first, second);
  return addDd(q, { hi: third, lo: 0 });
}

export function sqrtDd(a: DoubleDouble): DoubleDouble {
  if (!(a.hi > 0)) return { hi: 0, lo: 0 };
  // One Newton step on 1 / sqrt(a) (Karp & Markstein 1997).
  const x = 1 / Math.sqrt(a.hi);
  const estimate = a.hi * x;
  const error = addDd(a, negateDd(twoProduct(estimate, estimate)));
  return quickTwoSum(estimate, error.hi * x * 0.5);
}

/** a to a whole power, by repeated squaring. */
export function powerDd(a: DoubleDouble, exponent: number): DoubleDouble {
  let result: DoubleDouble = { hi: 1, lo: 0 };
  let square = a;
  for (let k = Math.abs(exponent); k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) result = multiplyDd(result, square);
    if (k > 1) square = multiplyDd(square, square);
  }
  return exponent < 0 ? divideDd({ hi: 1, lo: 0 }, result) : result;
}

/**
 * What a printed decimal is beyond the double it was read into: the shortest decimal that names the
 * double is taken for what was printed, so 0.1 gives -5.55e-18. 0 for whole numbers.
 */
export function decimalRest(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return 0;
  const [digits, exponent = '0'] = String(value).split('e') as [string, string?];
  const [whole, fraction = ''] = digits.split('.') as [string, string?];
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > 120) return 0;
  const mantissa = BigInt(whole + fraction);
  const hi = Number(mantissa);
  const exact = { hi, lo: Number(mantissa - BigInt(hi)) };
  const scale = powerDd({ hi: 10, lo: 0 }, Math.abs(power));
  const decimal = power < 0 ? divideDd(exact, scale) : multiplyDd(exact, scale);
  return decimal.hi - value + decimal.lo;
}
