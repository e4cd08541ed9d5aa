import { describe, expect, it } from 'vitest';
import type { ColumnSummary } from '../../../../shared/contract/statistics.ts';
import { AppError, type ErrorCode } from '../../../../shared/errors.ts';
import { mendsOf } from '../../../../renderer/views/statistics/mends.ts';

const nothing = { mean: null, sd: null, min: null, max: null, levels: [] };
const columns: ColumnSummary[] = [
  { name: 'age', type: 'number', n: 9, missing: 0, distinct: 9, ...nothing },
  { name: 'g', type: 'text', n: 9, missing: 0, distinct: 3, ...nothing },
];

function mends(code: ErrorCode, details: object, formula: string, filter = '') {
  return mendsOf(new AppError(code, 'x', { ...details }), { formula, filter }, columns);
}

describe('what a button can do about an error', () => {
  it('replaces a mistyped name where it stands', () => {
    const details = { column: 'agee', suggestion: 'age', position: 8 };
    expect(mends('unknown-column', details, 'y ~ g + agee')).toEqual([
      { label: 'Use age', changes: { formula: 'y ~ g + age' } },
    ]);
    expect(
      mends('unknown-column', { ...details, position: 0 }, 'y ~ g', 'agee > 3')[0]?.changes,
    ).toEqual({ filter: 'age > 3' });
  });

  it('takes out the terms that separate or are constant', () => {
    const details = { terms: ['scale(age)', 'factor(g)red'] };
    const formula = 'y ~ scale(age) + factor(g) + x';
    expect(mends('separation', details, formula).map(({ changes }) => changes.formula)).toEqual([
      'y ~ factor(g) + x',
      'y ~ scale(age) + x',
    ]);
    expect(mends('constant-column', { term: 'x' }, formula)[0]?.changes.formula).toBe(
      'y ~ scale(age) + factor(g)',
    );
  });

  it('offers the other family where the outcome does not fit', () => {
    expect(mends('bad-input', { term: 'y' }, 'y ~ x')[0]?.changes).toEqual({ family: 'gaussian' });
    expect(mends('not-numeric', { column: 'g' }, 'g ~ x')[0]?.changes).toEqual({
      family: 'binomial',
    });
  });

  it('does nothing where it knows nothing', () => {
    expect(mends('bad-formula', { position: 3 }, 'y ~')).toEqual([]);
    expect(mends('separation', { terms: ['z'] }, 'y ~ x')).toEqual([]);
  });
});
