import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareStudy, type PreparedStudy } from '../../../main/compute/regression/stability/prepare-study.ts';
import { runStudy, type StudyResult } from '../../../main/compute/regression/stability/run-study.ts';
import { finish } from '../../../main/compute/steps.ts';
import { readTable } from '../../../main/formats/table.ts';
import { mazeSpec, mazeSuppressor } from '../../../shared/domain/maze-template.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';
import { quietControl } from '../../support/stability.ts';

interface Penalised {
  readonly coef: Readonly<Record<string, number>>;
  readonly intercept: number;
}

interface Model {
  readonly cols: readonly string[];
  readonly logit_coef: Readonly<Record<string, number>>;
  readonly logit_se: Readonly<Record<string, number>>;
  readonly logLik: number;
  readonly null_logLik: number;
  readonly auc: number;
  readonly brier: number;
  readonly accuracy_in_sample: number;
  readonly liblinear_l1_C1: Penalised;
  readonly 'liblinear_l1_C0.01': Penalised;
  readonly 'saga_l1_C0.01_intercept_unpenalised': Penalised;
  readonly VIF: Readonly<Record<string, number>>;
}

const path = sharedData('maze/maze_sim_10000.csv');
const reference = sharedData('maze/maze_sim_reference.json');
const models: Readonly<Record<string, Model>> = reference
  ? (
      JSON.parse(readFileSync(reference, 'utf8')) as Record<
        string,
        { models: Record<string, Model> }
      >
    )['maze_sim_10000.csv']!.models
  : {};

/** The SIMULATED maze table; reference fits by scikit-learn and statsmodels, see the data's README. */
describe.skipIf(!path)(`the maze template (${missingData('maze')} otherwise)`, () => {
  let table: Table;
  let prepared: PreparedStudy;
  let study: StudyResult;
  beforeAll(async () => {
    table = await readTable(path!);
    const spec = {
      ...mazeSpec('maze_sim_10000.csv'),
      subsets: 400,
      splits: { refits: 40, testShare: 0.2 },
      dropOne: 10,
      bootstrap: 200,
      selection: { refits: 10, threshold: 0.9 },
      power: { refits: 10, sizes: [500] },
    };
    prepared = finish(prepareStudy(table, spec));
    study = await runStudy(table, undefined, spec, quietControl(1));
  }, 120_000);

  const setOf = (name: string) => study.maze!.sets.find((set) => set.name === name)!;

  it.each(Object.keys(models))('gives the reference fits of set %s within 1e-6', (name) => {
    const model = models[name]!;
    const set = setOf(name);
    expect([...set.terms].sort()).toEqual([...model.cols].sort());
    const penalised = [
      model.liblinear_l1_C1,
      model['liblinear_l1_C0.01'],
      model['saga_l1_C0.01_intercept_unpenalised'],
    ];
    set.fits.forEach((fit, at) => {
      expect(fit.intercept).toBeCloseTo(penalised[at]!.intercept, 6);
      set.terms.forEach((term, j) => {
        expect(fit.coefficients[j], `${fit.label} ${term}`).toBeCloseTo(penalised[at]!.coef[term]!, 6);
      });
    });
    const plain = set.unpenalised!;
    expect(plain.intercept).toBeCloseTo(model.logit_coef['const']!, 6);
    expect(plain.interceptSe).toBeCloseTo(model.logit_se['const']!, 6);
    set.terms.forEach((term, j) => {
      expect(plain.coefficients[j]).toBeCloseTo(model.logit_coef[term]!, 6);
      expect(plain.se[j]).toBeCloseTo(model.logit_se[term]!, 6);
      expect(set.vif[j]! / model.VIF[term]!).toBeCloseTo(1, 8);
    });
    expect(plain.logLik).toBeCloseTo(model.logLik, 6);
    expect(plain.nullLogLik).toBeCloseTo(model.null_logLik, 6);
    expect(plain.auc).toBeCloseTo(model.auc, 6);
    expect(plain.brier).toBeCloseTo(model.brier, 6);
    expect(plain.accuracyInSample).toBeCloseTo(model.accuracy_in_sample, 6);
  });

  it('names the exact dependency and calls its variables dependent', () => {
    expect(prepared.dependencies).toHaveLength(1);
    const dependent = study.terms.filter((row) => row.dependent).map(({ term }) => term);
    expect(dependent.sort()).toEqual([
      'steps_between_cheese_decision_square',
      'steps_between_cheese_top_right',
      'steps_between_decision_square_top_right',
    ]);
  });

  it('keeps the known suppressor and explains its two signs', () => {
    const verdict = study.maze!.verdicts.find(({ term }) => term === mazeSuppressor)!;
    expect(verdict.alone).toBeLessThan(0);
    expect(verdict.keptByStudy).toBe(false);
    expect(verdict.verdict).toBe('kept, suppressed alone');
    expect(verdict.againstAlone.share).toBeGreaterThan(0.7);
    const words = study.maze!.differences.find(({ title }) => title.startsWith(mazeSuppressor))!;
    expect(words.instead).toContain('1.399 (SE 0.07348)');
  });

  it('finds the four variables that the outcomes were drawn from, and no other', () => {
    const kept = study.maze!.verdicts.filter(({ verdict }) => verdict.startsWith('kept'));
    expect(kept.map(({ term }) => term).sort()).toEqual([
      'euc_dist_cheese_decision_square',
      'euc_dist_cheese_top_right',
      mazeSuppressor,
      'steps_between_cheese_decision_square',
    ]);
  });

  it('counts zeros apart from changes of sign, over the refits that contain the variable', () => {
    const [subsets] = study.modes;
    for (const row of subsets!.terms) {
      expect(row.same.count + row.zero.count + row.opposite.count).toBe(row.refits);
      expect(row.refits).toBeLessThan(300);
      expect(row.refits).toBeGreaterThan(100);
    }
  });

  it('tells a table that lacks a candidate what is lacking', async () => {
    const spec = { ...mazeSpec('x.csv'), formula: 'got_cheese ~ cheese_coord_norm' };
    await expect(
      runStudy(table, undefined, { ...spec, subsets: 0, bootstrap: 0, dropOne: 0 }, quietControl(1)),
    ).rejects.toThrow('is not in the formula');
  });
});
