import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareSurvival,
} from '../../../shared/stats/chi-square.ts';
import { fCdf, fQuantile, fSurvival } from '../../../shared/stats/fisher-f.ts';
import { normalCdf, normalQuantile, normalSurvival } from '../../../shared/stats/normal.ts';
import { tCdf, tQuantile, tSurvival } from '../../../shared/stats/student-t.ts';
import { relativeError } from '../../support/regression.ts';

/** Arguments first, then the reference values as text of 20 digits. */
type Row = readonly (number | string)[];
const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, 'distributions.json'), 'utf8'),
) as Record<string, Row[]>;

/** The stated bound. Observed: 2e-13 at probabilities near 1e-300, 1e-14 in the body. */
const tolerance = 5e-13;

function check(name: string, value: (args: number[]) => number, result: number): void {
  const rows = golden[name]!;
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const args = row.filter((entry) => typeof entry === 'number');
    const expected = Number(row[args.length + result]);
    const error = relativeError(value(args), expected);
    expect(error, `${name}(${args.join(', ')})`).toBeLessThan(tolerance);
  }
}

describe('distributions agree with 60-digit reference values', () => {
  it.each<[string, string, number, (args: number[]) => number]>([
    ['lower tail of the normal', 'normal', 0, ([z]) => normalCdf(z!)],
    ['upper tail of the normal', 'normal', 1, ([z]) => normalSurvival(z!)],
    ['quantile of the normal', 'normalQuantile', 0, ([p]) => normalQuantile(p!)],
    ['lower tail of t', 't', 0, ([t, df]) => tCdf(t!, df!)],
    ['upper tail of t', 't', 1, ([t, df]) => tSurvival(t!, df!)],
    ['quantile of t', 'tQuantile', 0, ([p, df]) => tQuantile(p!, df!)],
    ['lower tail of F', 'f', 0, ([f, d1, d2]) => fCdf(f!, d1!, d2!)],
    ['upper tail of F', 'f', 1, ([f, d1, d2]) => fSurvival(f!, d1!, d2!)],
    ['quantile of F', 'fQuantile', 0, ([p, d1, d2]) => fQuantile(p!, d1!, d2!)],
    ['lower tail of chi-square', 'chiSquare', 0, ([x, df]) => chiSquareCdf(x!, df!)],
    ['upper tail of chi-square', 'chiSquare', 1, ([x, df]) => chiSquareSurvival(x!, df!)],
    ['quantile of chi-square', 'chiSquareQuantile', 0, ([p, df]) => chiSquareQuantile(p!, df!)],
  ])('%s', (_title, name, result, value) => check(name, value, result));
});
