export interface Rational {
  readonly numerator: number;
  readonly denominator: number;
}

/**
 * The fraction with the smallest denominator up to `largest` that lies within `tolerance` of x, by
 * continued fractions; undefined where there is none.
 */
export function nearbyRational(
  x: number,
  tolerance: number,
  largest: number,
): Rational | undefined {
  if (!Number.isFinite(x)) return undefined;
  let [h0, h1] = [0, 1];
  let [k0, k1] = [1, 0];
  let rest = x;
  for (let step = 0; step < 40; step++) {
    const whole = Math.floor(rest);
    [h0, h1] = [h1, whole * h1 + h0];
    [k0, k1] = [k1, whole * k1 + k0];
    if (k1 > largest || Math.abs(h1) > 2 ** 52) return undefined;
    if (Math.abs(x - h1 / k1) <= tolerance) return { numerator: h1, denominator: k1 };
    const fraction = rest - whole;
    if (fraction === 0) return undefined;
    rest = 1 / fraction;
  }
  return undefined;
}

export function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}

/**
 * A coefficient for people: a whole number, a decimal where it ends within three places, otherwise a
 * fraction in lowest terms.
 */
export function formatRational({ numerator, denominator }: Rational): string {
  const divisor = greatestCommonDivisor(numerator, denominator) || 1;
  const top = numerator / divisor;
  const bottom = denominator / divisor;
  if (1000 % bottom === 0) return String(top / bottom);
  return `${top}/${bottom}`;
}
