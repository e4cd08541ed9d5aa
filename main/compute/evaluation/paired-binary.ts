import { normalQuantile } from '../../../shared/stats/normal.ts';
import { wilsonInterval } from '../../../shared/stats/intervals.ts';
import { halfBinomialCdf } from './binomial-bounds.ts';

/** Items by which of two conditions is right. */
export interface PairedTable {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function tableSize({ both, onlyFirst, onlySecond, neither }: PairedTable): number {
  return both + onlyFirst + onlySecond + neither;
}

/**
 * Standard error of the difference of two paired proportions, (b + c - (b - c)^2 / n)^(1/2) / n with
 * b and c the discordant counts (Newcombe 1998, Statistics in Medicine 17, 2635, method 1).
 */
export function pairedWaldError(table: PairedTable): number {
  const { onlyFirst: b, onlySecond: c } = table;
  const n = tableSize(table);
  return Math.sqrt(b + c - (b - c) ** 2 / n) / n;
}

export function pairedWald(table: PairedTable, confidence = 0.95): Interval {
  const difference = (table.onlyFirst - table.onlySecond) / tableSize(table);
  const half = criticalValue(confidence) * pairedWaldError(table);
  return { low: difference - half, high: difference + half };
}

/**
 * Newcombe's interval for the difference of two paired proportions (1998, Statistics in Medicine 17,
 * 2635, method 10): the Wilson intervals of both, combined with their correlation, whose numerator is
 * corrected for continuity where it is positive.
 */
export function newcombeInterval(table: PairedTable, confidence = 0.95): Interval {
  const { both, onlyFirst, onlySecond } = table;
  const n = tableSize(table);
  const first = (both + onlyFirst) / n;
  const second = (both + onlySecond) / n;
  const wilsonFirst = wilsonInterval(both + onlyFirst, n, confidence);
  const wilsonSecond = wilsonInterval(both + onlySecond, n, confidence);
  const phi = correlation(table);
  const spread = (a: number, b: number): number =>
    Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  const difference = (onlyFirst - onlySecond) / n;
  return {
    low: difference - spread(first - wilsonFirst.low, wilsonSecond.high - second),
    high: difference + spread(wilsonFirst.high - first, second - wilsonSecond.low),
  };
}

function correlation({ both, onlyFirst, onlySecond, neither }: PairedTable): number {
  const margins =
    (both + onlyFirst) * (onlySecond + neither) * (both + onlySecond) * (onlyFirst + neither);
  if (margins === 0) return 0;
  const n = both + onlyFirst + onlySecond + neither;
  const product = both * neither - onlyFirst * onlySecond;
  const corrected = product > n / 2 ? product - n / 2 : Math.min(product, 0);
  return corrected / Math.sqrt(margins);
}

/**
 * Bonett and Price's interval (2012, Statistics in Medicine 31, 529): Wald's after one discordant item
 * was added on each side, cut to [-1, 1].
 */
export function bonettPriceInterval(table: PairedTable, confidence = 0.95): Interval {
  const n = tableSize(table) + 2;
  const first = (table.onlyFirst + 1) / n;
  const second = (table.onlySecond + 1) / n;
  const difference = first - second;
  const half = criticalValue(confidence) * Math.sqrt((first + second - difference ** 2) / n);
  return { low: Math.max(-1, difference - half), high: Math.min(1, difference + half) };
}

/** McNemar's exact test: two-sided binomial probability of so uneven discordant counts; 1 without any. */
export function exactMcNemar({ onlyFirst, onlySecond }: PairedTable): number {
  const n = onlyFirst + onlySecond;
  return Math.min(1, 2 * halfBinomialCdf(Math.min(onlyFirst, onlySecond), n));
}

/**
 * McNemar's mid-p test (Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13, 91):
 * of the counts seen, only half their probability counts. Null without discordant items.
 */
export function midPMcNemar({ onlyFirst, onlySecond }: PairedTable): number | null {
  const n = onlyFirst + onlySecond;
  if (n === 0) return null;
  const fewer = Math.min(onlyFirst, onlySecond);
  const [upTo, below] = [halfBinomialCdf(fewer, n), halfBinomialCdf(fewer - 1, n)];
  return Math.min(1, upTo + below);
}

/**
 * McNemar's chi-square statistic, plain and with the correction for continuity of Edwards (1948); null
 * without discordant items.
 */
export function chiSquareMcNemar({
  onlyFirst,
  onlySecond,
}: PairedTable): { plain: number; corrected: number } | null {
  const n = onlyFirst + onlySecond;
  if (n === 0) return null;
  const difference = Math.abs(onlyFirst - onlySecond);
  return { plain: difference ** 2 / n, corrected: Math.max(0, difference - 1) ** 2 / n };
}

function criticalValue(confidence: number): number {
  return -normalQuantile((1 - confidence) / 2);
}
