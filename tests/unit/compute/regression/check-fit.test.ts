import { describe, expect, it } from 'vitest';
import { checkFit } from '../../../../main/compute/regression/check-fit.ts';
import { finish } from '../../../../main/compute/steps.ts';
import type { RegressSpec } from '../../../../shared/domain/job-spec.ts';
import { errorOf, fitTable, tableFromText } from '../../../support/regression.ts';

const text = [
  'y,a,b,c,g',
  '1,1,2,3,red',
  '3,2,1,3,blue',
  '2,4,3,7,red',
  '5,,3,,blue',
  '4,5,9,14,red',
  '8,7,8,15,blue',
  '9,8,1,9,NA',
  '7,9,4,13,red',
].join('\n');

async function check(formula: string, rest: Partial<RegressSpec> = {}) {
  const table = await tableFromText(text);
  const spec = { kind: 'regress', name: 'x', table: 'table.csv', formula, ...rest } as const;
  return { table, find: () => finish(checkFit(table, { family: 'gaussian', ...spec })) };
}

describe('a check before a fit', () => {
  it('counts the rows as the fit does, and says which variable is missing', async () => {
    const { table, find } = await check('y ~ a + g', { filter: 'y > 1' });
    const found = find();
    const fit = fitTable(table, 'y ~ a + g', { filter: 'y > 1' });
    expect(found).toMatchObject({ rowsInTable: 8, filteredOut: 1, dropped: 2, n: 5 });
    expect([fit.filteredOut, fit.dropped, fit.n]).toEqual([1, 2, 5]);
    expect(found.missing).toEqual([
      { term: 'a', rows: 1 },
      { term: 'g', rows: 1 },
    ]);
    expect(found.terms).toEqual(fit.coefficients.map(({ term }) => term));
  });

  it('names an exact dependency and the term that would be left out', async () => {
    const { find } = await check('y ~ a + b + c');
    expect(find().dependencies).toMatchObject([{ sentence: 'c = a + b', aliased: 'c' }]);
  });

  it('says which outcome counts as success', async () => {
    const { find } = await check('g ~ a', { family: 'binomial' });
    expect(find().classes).toEqual(['blue', 'red']);
  });

  it('fails where the fit would, with the place', async () => {
    const { find } = await check('y ~ a + nope');
    expect(errorOf(find)).toMatchObject({ code: 'unknown-column', details: { position: 8 } });
  });
});
