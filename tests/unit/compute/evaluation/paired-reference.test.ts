import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bonettPriceInterval,
  chiSquareMcNemar,
  exactMcNemar,
  midPMcNemar,
  newcombeInterval,
  pairedWald,
  pairedWaldError,
} from '../../../../main/compute/evaluation/paired-binary.ts';
import { wilsonInterval } from '../../../../shared/stats/intervals.ts';

type Pair = [number, number];

/** Five tables with figures from scipy and statsmodels; one is the textbook case without any success. */
interface Reference {
  both_correct: number;
  only_first: number;
  only_second: number;
  neither: number;
  n: number;
  wald_se: number;
  wald_ci: Pair;
  bonett_price_ci: Pair;
  newcombe10_ci: Pair;
  wilson_first: Pair;
  wilson_second: Pair;
  mcnemar_exact_p: number;
  mcnemar_midp: number | null;
  mcnemar_chi2: number | null;
  mcnemar_chi2_cc: number | null;
}

const file = new URL('../../../golden/eval-logs/paired_binary_reference.json', import.meta.url);
const references = JSON.parse(readFileSync(file, 'utf8')) as Reference[];
const tolerance = 1e-9;

function near(found: number | null, expected: number | null): void {
  if (expected === null) expect(found).toBeNull();
  else expect(Math.abs(found! - expected)).toBeLessThan(tolerance);
}

function nearInterval({ low, high }: { low: number; high: number }, expected: Pair): void {
  near(low, expected[0]);
  near(high, expected[1]);
}

describe.each(references)('paired table $both_correct/$only_first/$only_second/$neither', (ref) => {
  const table = {
    both: ref.both_correct,
    onlyFirst: ref.only_first,
    onlySecond: ref.only_second,
    neither: ref.neither,
  };

  it('has the reference intervals to 1e-9', () => {
    nearInterval(newcombeInterval(table), ref.newcombe10_ci);
    nearInterval(bonettPriceInterval(table), ref.bonett_price_ci);
    nearInterval(pairedWald(table), ref.wald_ci);
    near(pairedWaldError(table), ref.wald_se);
    nearInterval(wilsonInterval(table.both + table.onlyFirst, ref.n), ref.wilson_first);
    nearInterval(wilsonInterval(table.both + table.onlySecond, ref.n), ref.wilson_second);
  });

  it('has the reference tests to 1e-9', () => {
    near(exactMcNemar(table), ref.mcnemar_exact_p);
    near(midPMcNemar(table), ref.mcnemar_midp);
    near(chiSquareMcNemar(table)?.plain ?? null, ref.mcnemar_chi2);
    near(chiSquareMcNemar(table)?.corrected ?? null, ref.mcnemar_chi2_cc);
  });
});

describe('the textbook table 1/1/7/12', () => {
  const table = { both: 1, onlyFirst: 1, onlySecond: 7, neither: 12 };

  it('has the published figures', () => {
    const { low, high } = newcombeInterval(table);
    expect([low, high].map((end) => Number(end.toFixed(3)))).toEqual([-0.507, -0.026]);
    expect(exactMcNemar(table)).toBeCloseTo(0.0703, 4);
    expect(midPMcNemar(table)).toBeCloseTo(0.0391, 4);
  });

  it('turns its signs when the conditions change places', () => {
    const turned = newcombeInterval({ ...table, onlyFirst: 7, onlySecond: 1 });
    expect(turned.low).toBeCloseTo(-newcombeInterval(table).high, 14);
    expect(turned.high).toBeCloseTo(-newcombeInterval(table).low, 14);
  });
});
