import { normalQuantile } from './normal.ts';

/**
 * Wilson's score interval for a proportion (Wilson 1927; Newcombe 1998, method 3, no continuity
 * correction). Its ends lie in [0, 1] and are exact at 0 and at all successes.
 *
 * @param successes whole or fractional, 0 <= successes <= trials
 * @returns the interval; [0, 1] where there are no trials
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  confidence = 0.95,
): { low: number; high: number } {
  if (!(trials > 0)) return { low: 0, high: 1 };
  const z = -normalQuantile((1 - confidence) / 2);
  const z2 = z * z;
  const failures = trials - successes;
  const spread = z * Math.sqrt(z2 + (4 * successes * failures) / trials);
  const denominator = 2 * (trials + z2);
  return {
    low: successes <= 0 ? 0 : Math.max(0, (2 * successes + z2 - spread) / denominator),
    high: failures <= 0 ? 1 : Math.min(1, (2 * successes + z2 + spread) / denominator),
  };
}
