import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTable } from '../../main/compute/regression/describe-table.ts';
import type { FitResult } from '../../main/compute/regression/fit-result.ts';
import { readTable } from '../../main/formats/table.ts';
import type { Reproducible } from '../../renderer/views/statistics/code/reproducible.ts';
import type { RegressSpec } from '../../shared/domain/job-spec.ts';
import { fitTable } from './regression.ts';

/** Fits that statsmodels and base R make too. */
export const cases: readonly [formula: string, rest?: Partial<RegressSpec>][] = [
  ['y ~ a + scale(b) + factor(k)'],
  ['log(y + 40) ~ a*b + center(gap) - 1'],
  ['y ~ a + b + c'],
  ['y ~ g + `odd name` + I(a^2)', { filter: '!(a > 1.2) | is.na(gap)' }],
  ['y ~ scale(gap) + flag', { filter: 'k %in% c(1, 3) & g != "blue"' }],
  ['won ~ a + scale(b)', { family: 'binomial' }],
  ['two ~ a + g', { family: 'binomial', filter: 'gap > -1.5' }],
  ['flag ~ b', { family: 'binomial' }],
  ['y > 0.5 ~ a + gap', { family: 'binomial' }],
  ['y ~ a + gap', { weights: 'b' }],
  ['won ~ a + b', { family: 'binomial', link: 'probit' }],
  ['won ~ a + b', { family: 'binomial', weights: 'k' }],
  ['k ~ a + gap', { family: 'poisson', errors: { kind: 'HC0' } }],
  ['y ~ a + gap', { errors: { kind: 'HC3' } }],
  ['y ~ a + gap', { errors: { kind: 'CR1', cluster: 'g' } }],
  ['y ~ a + gap', { missing: 'drop-columns' }],
  ['y ~ a + gap', { missing: 'mean-indicator' }],
];

/** Terms that Python names otherwise: the coefficients are compared in order. */
export const inOrder: readonly [formula: string, rest?: Partial<RegressSpec>][] = [
  ['y ~ C(g, "green") + relevel(flag, ref = "TRUE")'],
  ['y ~ ns(a, df = 3) + poly(gap, 2)'],
  ['y ~ bs(a, df = 4) + poly(b, 2, raw = TRUE)'],
];

/** Fits that statsmodels does not make; what they print is compared. */
export const printed: readonly [formula: string, rest: Partial<RegressSpec>][] = [
  ['won ~ a + gap', { family: 'binomial', method: 'firth' }],
  ['y ~ a + b + gap', { penalty: { kind: 'elastic-net', mixing: 0.5, strength: 0.1 } }],
  ['y ~ a + gap', { penalty: { kind: 'ridge' } }],
  ['won ~ a + gap', { family: 'binomial', penalty: { kind: 'lasso', strength: 0.05 } }],
];

/** One fit with all that its code in another language is made of. */
export interface ToRepeat {
  readonly about: Reproducible;
  readonly fit: FitResult;
}

/** Writes table.csv into a folder and makes the fits from it. */
export async function makeFits(
  folder: string,
  fits: readonly (readonly [formula: string, rest?: Partial<RegressSpec>])[],
): Promise<ToRepeat[]> {
  writeFileSync(join(folder, 'table.csv'), tableText());
  const table = await readTable(join(folder, 'table.csv'), { source: 'table.csv' });
  const { columns, delimiter, note, sha256: tableSha256 } = describeTable(table);
  return fits.map(([formula, rest]) => {
    const spec: RegressSpec = {
      kind: 'regress',
      name: 'x',
      table: 'table.csv',
      formula,
      family: 'gaussian',
      ...rest,
    };
    const result = fitTable(table, formula, spec);
    const fit = { ...result, id: 'fit', name: 'x', createdAt: 0 };
    return { fit: result, about: { spec, columns, delimiter, note, tableSha256, fit } };
  });
}

/** Every kind of column: missing cells, an exact dependency, a text and a truth value. */
function tableText(): string {
  let state = 7;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const lines = ['# SIMULATED for this test', 'y,won,two,flag,a,b,c,gap,k,g,odd name'];
  for (let i = 0; i < 120; i++) {
    const a = Math.round(random() * 30) / 10;
    const b = Math.round(random() * 80) / 10;
    const y = a - b / 4 + 2 * random();
    const gap = random() < 0.15 ? '.' : (random() * 4 - 2).toFixed(3);
    lines.push(
      [
        y.toFixed(4),
        y + random() > 1 ? 1 : 0,
        y + 3 * random() > 1.5 ? 'yes' : 'no',
        b + 8 * random() > 8 ? 'T' : 'F',
        a,
        b,
        (a + b).toFixed(1),
        gap,
        1 + Math.floor(random() * 3),
        random() < 0.1 ? 'NA' : ['red', 'blue', 'green'][Math.floor(random() * 3)],
        (random() * 5).toFixed(2),
      ].join(','),
    );
  }
  return lines.join('\n') + '\n';
}
