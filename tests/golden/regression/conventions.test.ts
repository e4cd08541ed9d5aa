import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FitResult } from '../../../main/compute/regression/fit-result.ts';
import { readTable } from '../../../main/formats/table.ts';
import type { Penalty, PenaltyConvention } from '../../../shared/domain/regress-spec.ts';
import { fitTable, relativeError } from '../../support/regression.ts';

/** Fits by the programs themselves, see conventions_reference.py. */
interface Reference {
  readonly program: 'scikit-learn' | 'statsmodels';
  readonly family: 'gaussian' | 'binomial';
  readonly table: string;
  readonly formula: string;
  readonly kind: Penalty['kind'];
  readonly mixing: number;
  readonly strength: number;
  readonly estimates: readonly number[];
}

const folder = import.meta.dirname;
const { fits } = JSON.parse(readFileSync(join(folder, 'conventions.json'), 'utf8')) as {
  fits: Reference[];
};
const shown = fits.map((one) => [one.program, one.family, one.kind, one.strength, one] as const);

async function fit(one: Reference, penalty: Penalty): Promise<FitResult> {
  const table = await readTable(join(folder, `r/${one.table}.csv`));
  return fitTable(table, one.formula, { family: one.family, penalty });
}

function penaltyOf({ program, kind, mixing, strength }: Reference): Penalty {
  const share = kind === 'elastic-net' ? { mixing } : {};
  return { kind, ...share, strength, convention: program };
}

function agree(found: FitResult, expected: readonly number[], tolerance: number): void {
  const largest = Math.max(...expected.map(Math.abs));
  found.coefficients.forEach(({ term, estimate }, k) => {
    expect(Math.abs(estimate! - expected[k]!) / largest, term).toBeLessThan(tolerance);
    expect(estimate === 0, term).toBe(expected[k] === 0);
  });
}

describe('the strength of a penalty', () => {
  it.each(shown)('under the rule of %s: %s, %s of %d', async (_p, _f, _k, _s, one) => {
    agree(await fit(one, penaltyOf(one)), one.estimates, 1e-7);
  });

  it.each(shown)('of %s (%s, %s of %d) is converted without loss', async (_p, _f, _k, _s, one) => {
    const found = await fit(one, penaltyOf(one));
    const estimates = found.coefficients.map(({ estimate }) => estimate!);
    for (const { program, value, note } of found.penalised!.equivalents) {
      const convention = program as PenaltyConvention;
      const mixing = Number(/(?:alpha = |l1_ratio=|L1_wt=)([\d.e-]+)/.exec(note)?.[1] ?? 0);
      const again = await fit(one, {
        kind: mixing === 1 ? 'lasso' : mixing === 0 ? 'ridge' : 'elastic-net',
        ...(mixing > 0 && mixing < 1 ? { mixing } : {}),
        strength: value!,
        convention,
        standardise: false,
      });
      // The note tells the share with six digits.
      agree(again, estimates, 1e-4);
      if (mixing === 0 || mixing === 1) agree(again, estimates, 1e-9);
    }
    const own = found.penalised!.equivalents.find(({ program }) => program === one.program)!;
    expect(relativeError(own.value, one.strength)).toBeLessThan(1e-12);
  });
});
