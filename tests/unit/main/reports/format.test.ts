import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEstimate,
  formatNumber,
  formatP,
  formatShare,
  formatTime,
} from '../../../../main/reports/viewer/format.ts';

describe('formatNumber', () => {
  test.each([
    [0.123456, 3, '0.123'],
    [-0.5, 3, '−0.500'],
    [1234.5678, 3, '1,235'],
    [24576, 3, '24,576'],
    [-1234567, 3, '−1,234,567'],
    [12_345_678, 3, '1.23e7'],
    [0.0000123, 3, '1.23e−5'],
    [0, 3, '0'],
    [Infinity, 3, '∞'],
    [-Infinity, 3, '−∞'],
  ])('prints %d with %d digits as %s', (value, digits, text) => {
    expect(formatNumber(value, digits)).toBe(text);
  });

  test('prints a missing value and NaN as a dash', () => {
    expect([formatNumber(null), formatNumber(undefined), formatNumber(NaN)]).toEqual([
      '–',
      '–',
      '–',
    ]);
  });
});

describe('formatEstimate', () => {
  test('lets the interval decide the digits of the mean', () => {
    expect(formatEstimate(39.6789, 1.234, 3)).toBe('39.7 ± 1.2');
  });

  test('keeps a mean whose interval is far narrower', () => {
    expect(formatEstimate(1.5, 0.0000012, 3)).toBe('1.50 ± 1.2e−6');
  });

  test('prints no interval where there is none', () => {
    expect(formatEstimate(0.25, null, 3)).toBe('0.250');
  });

  test('prints a dash for a missing mean', () => {
    expect(formatEstimate(null, 1, 3)).toBe('–');
  });

  test('groups a wide interval by thousands', () => {
    expect(formatEstimate(24576.4, 1234.5, 6)).toBe('24,576 ± 1,235');
  });
});

test('a share is printed as per cent', () => {
  expect(formatShare(0.000428)).toBe('0.043 %');
});

test('a small p-value keeps its power, a large one three decimals', () => {
  expect([formatP(0.0123), formatP(3.2e-9), formatP(0), formatP(null)]).toEqual([
    '0.012',
    '3.2e−9',
    '< 1e−300',
    '–',
  ]);
});

test('a size has a decimal unit', () => {
  expect([formatBytes(999), formatBytes(12_345), formatBytes(9_870_000)]).toEqual([
    '999 B',
    '12.3 kB',
    '9.87 MB',
  ]);
});

test('a duration is told in its two largest units', () => {
  expect([
    formatDuration(12.34),
    formatDuration(75),
    formatDuration(3600),
    formatDuration(90_061),
  ]).toEqual(['12 s', '1 min 15 s', '1 h', '1 d 1 h']);
});

test('a time is told in UTC', () => {
  expect(formatTime(Date.UTC(2026, 10, 24, 3, 14, 59))).toBe('2026-11-24 03:14 UTC');
});

test('a count agrees with its noun', () => {
  expect([
    formatCount(1, 'run'),
    formatCount(1200, 'run'),
    formatCount(2, 'dictionary', 'dictionaries'),
  ]).toEqual(['1 run', '1,200 runs', '2 dictionaries']);
});
