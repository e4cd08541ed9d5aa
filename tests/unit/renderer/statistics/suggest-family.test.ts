import { describe, expect, it } from 'vitest';
import type { ColumnSummary } from '../../../../shared/contract/statistics.ts';
import { suggestFamily } from '../../../../renderer/views/statistics/suggest-family.ts';

function column(name: string, changes: Partial<ColumnSummary>): ColumnSummary {
  const nothing = { mean: null, sd: null, min: null, max: null, levels: [] };
  return { name, type: 'number', n: 9, missing: 0, distinct: 9, ...nothing, ...changes };
}

const columns = [
  column('bit', { distinct: 2, min: 0, max: 1 }),
  column('pair', { distinct: 2, min: 1, max: 2 }),
  column('flag', { type: 'boolean', distinct: 2 }),
  column('word', { type: 'text', distinct: 2 }),
];

describe('the suggested family', () => {
  it.each([
    ['bit', 'binomial'],
    ['flag', 'binomial'],
    ['word', 'binomial'],
    ['factor(pair)', 'binomial'],
    ['pair', 'gaussian'],
    ['pair > 1', 'binomial'],
    ['log(pair)', 'gaussian'],
    ['', undefined],
    ['pair >', undefined],
  ])('of %s is %s', (outcome, family) => {
    expect(suggestFamily(outcome, columns)?.family).toBe(family);
  });
});
