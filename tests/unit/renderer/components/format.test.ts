import { expect, test } from 'vitest';
import {
  exactNumber,
  formatBytes,
  formatCount,
  formatDuration,
  formatInterval,
  formatItems,
  formatNumber,
  formatP,
  formatShare,
  formatTime,
} from '../../../../renderer/components/format.ts';

test('numbers keep their significant digits and whole numbers stay whole', () => {
  expect(
    [39.71234, 0.0991, 0.99, 1234.5678, 12345.678, 3, 25_000].map((n) => formatNumber(n)),
  ).toEqual(['39.7', '0.0991', '0.990', '1,235', '12,346', '3', '25,000']);
});

test('very small and very large numbers have an exponent', () => {
  expect([3.2e-5, -1.25e9, 1e12].map((n) => formatNumber(n))).toEqual([
    '3.20e−5',
    '−1.25e9',
    '1.00e12',
  ]);
});

test('what is missing and what is infinite is said as such', () => {
  expect(
    [null, undefined, NaN, 'Infinity', '-Infinity', Infinity].map((n) => formatNumber(n as null)),
  ).toEqual(['–', '–', '–', '∞', '−∞', '∞']);
  expect(formatCount(null)).toBe('–');
  expect(formatShare(NaN)).toBe('–');
  expect(formatP(null)).toBe('–');
  expect(formatDuration(Infinity)).toBe('∞');
});

test('a negative number that rounds to 0 has no sign', () => {
  expect(formatNumber(-0)).toBe('0');
  expect(formatCount(-0.2)).toBe('0');
  expect(formatInterval(-0.004, -0.9, 0.892)).toBe('0.00\u2009±\u20090.90');
});

test('an exact number carries every digit and no marks', () => {
  expect(exactNumber(-1234.567891234)).toBe('-1234.567891234');
  expect(exactNumber(null)).toBe('');
});

test('counts have their thousands apart', () => {
  expect([0, 999, 2310, 24_576, 1_234_567].map((n) => formatCount(n))).toEqual([
    '0',
    '999',
    '2,310',
    '24,576',
    '1,234,567',
  ]);
});

test('a share below all is never shown as all, and one above none is never shown as none', () => {
  expect(formatShare(0.61)).toBe('61\u202f%');
  expect(formatShare(0.000428)).toBe('0.043\u202f%');
  expect(formatShare(1)).toBe('100\u202f%');
  expect(formatShare(0.99996)).toBe('>\u202f99.9\u202f%');
  expect(formatShare(2e-9)).toBe('2.0e−7\u202f%');
});

test('sizes change their unit where the figure would have four digits', () => {
  expect([0, 999, 1000, 12_400_000, 999_600, 5e12].map((n) => formatBytes(n))).toEqual([
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '12.4 MB',
    '1.0 MB',
    '5.0 TB',
  ]);
});

test('spans of time have at most two units and never 60 of one', () => {
  const spans = [0.32, 4.25, 45, 59.7, 252, 3599, 3900, 86_399, 183_600];
  expect(spans.map((seconds) => formatDuration(seconds))).toEqual([
    '320 ms',
    '4.3 s',
    '45 s',
    '1 min 00 s',
    '4 min 12 s',
    '1 h 00 min',
    '1 h 05 min',
    '1 d 0 h',
    '2 d 3 h',
  ]);
});

test('a moment is shown in local time, and none as missing', () => {
  const moment = new Date(2026, 10, 6, 1, 7).getTime();
  expect(formatTime(moment)).toBe('2026-11-06 01:07');
  expect(formatTime(null)).toBe('–');
});

test('what is counted follows the count', () => {
  expect([formatItems(1, 'run'), formatItems(0, 'run'), formatItems(2310, 'run')]).toEqual([
    '1 run',
    '0 runs',
    '2,310 runs',
  ]);
  expect(formatItems(2, 'dictionary', 'dictionaries')).toBe('2 dictionaries');
});

test('the interval decides the decimals of the mean', () => {
  expect(formatInterval(39.7123, 38.5123, 40.9123)).toBe('39.7\u2009±\u20091.2');
  expect(formatInterval(25_310, 24_100, 26_520)).toBe('25,310\u2009±\u20091,210');
});

test('a lopsided interval is shown by its ends, and a missing one not at all', () => {
  expect(formatInterval(0.2, 0.19, 0.35)).toBe('0.200 (0.190 to 0.350)');
  expect(formatInterval(39.7123, null, null)).toBe('39.7');
  expect(formatInterval(null, null, null)).toBe('–');
});

test('a p value is never 0', () => {
  expect([0.04312, 0.0004, 0].map((p) => formatP(p))).toEqual([
    '0.043',
    '<\u202f0.001',
    '<\u202f0.001',
  ]);
});
