import { meanInterval, type MeanInterval } from './mean-interval.ts';

/**
 * Mean of a - b over what both were measured on, with the t interval of the paired differences.
 * @param a values by the key of what they were measured on, such as a seed
 * @returns undefined where a and b share no key
 */
export function pairedDifference(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
  confidence = 0.95,
): MeanInterval | undefined {
  const differences = [...a].flatMap(([key, value]) => {
    const other = b.get(key);
    return other === undefined ? [] : [value - other];
  });
  return meanInterval(differences, confidence);
}
