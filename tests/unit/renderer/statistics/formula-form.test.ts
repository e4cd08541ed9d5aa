import { describe, expect, it } from 'vitest';
import {
  readForm,
  termOf,
  withoutTerm,
  withOutcome,
  withTerm,
  writeForm,
} from '../../../../renderer/views/statistics/formula-form.ts';
import { errorOf } from '../../../support/regression.ts';

describe('a formula as a form', () => {
  it.each([
    'y ~ a + scale(b) + factor(g)',
    'log(y) ~ a*b + I(x^2) - 1',
    'y > 3 ~ . - id',
    '`a b` ~ scale(`c d`)',
    'y ~ 1',
    'y ~ 0',
    '~ a',
    'y ~ 1 - a',
    '',
  ])('says the same when written again: %s', (formula) => {
    expect(writeForm(readForm(formula))).toBe(formula);
  });

  it('knows which columns are terms and how they are coded', () => {
    const form = readForm('y ~ a + scale(b) + factor(g) + a:b + factor(g, levels = c("x", "y"))');
    expect(form).toMatchObject({ outcome: 'y', outcomeColumn: 'y', intercept: true });
    expect(form.terms.map(({ column, coding }) => [column, coding])).toEqual([
      ['a', 'plain'],
      ['b', 'scale'],
      ['g', 'factor'],
      [null, 'plain'],
      [null, 'plain'],
    ]);
  });

  it('keeps what only the formula can say when columns are clicked', () => {
    let form = readForm('log(y) ~ I(x^2)*z');
    form = withTerm(form, 'odd name', 'scale');
    form = withTerm(form, 'b', 'plain');
    expect(writeForm(form)).toBe('log(y) ~ I(x^2)*z + scale(`odd name`) + b');
    form = withTerm(form, 'b', 'factor');
    form = withoutTerm(form, termOf(form, 'odd name')!);
    expect(writeForm(form)).toBe('log(y) ~ I(x^2)*z + factor(b)');
  });

  it('takes a column out of the terms when it becomes the outcome', () => {
    expect(writeForm(withOutcome(readForm('y ~ a + b'), 'a'))).toBe('a ~ b');
    expect(writeForm(withOutcome(readForm(''), 'a'))).toBe('a ~ 1');
  });

  it('refuses what is no formula, with the place', () => {
    expect(errorOf(() => readForm('y ~ a +'))).toMatchObject({
      code: 'bad-formula',
      details: { position: 7 },
    });
  });

  it('writes curves, logarithms and reference levels, and reads them back', () => {
    for (const coding of ['plain', 'scale', 'factor', 'log', 'square', 'spline'] as const) {
      const text = writeForm(withTerm(readForm('y ~ b'), 'odd name', coding));
      expect(readForm(text).terms[1], text).toMatchObject({ column: 'odd name', coding });
    }
    const compared = withTerm(readForm('y ~ g'), 'g', 'factor', 'say "b"');
    expect(writeForm(compared)).toBe('y ~ C(g, "say \\"b\\"")');
    expect(readForm(writeForm(compared)).terms[0]).toMatchObject({
      column: 'g',
      coding: 'factor',
      reference: 'say "b"',
    });
  });
});
