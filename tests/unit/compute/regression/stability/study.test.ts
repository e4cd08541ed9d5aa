import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../../main/compute/random.ts';
import { errorBound } from '../../../../../main/compute/regression/stability/selection.ts';
import { splitInterval } from '../../../../../main/compute/regression/stability/outcomes.ts';
import { distinctSubsets } from '../../../../../main/compute/regression/stability/refit-modes.ts';
import { stabilityDetail } from '../../../../../shared/contract/stability.ts';
import { notFinite, study } from '../../../../support/stability.ts';

const l1 = { kind: 'l1', convention: 'liblinear', strength: 1 };

function columns(rows: number, seed = 1) {
  const random = new RandomStream(seed, 999);
  const [a, b, c] = [random.normals(rows), random.normals(rows), random.normals(rows)];
  const y = a.map((value, i) =>
    Number(random.uniform() < 1 / (1 + Math.exp(-(1.5 * value - b[i]!)))),
  );
  return { a, b, c, y };
}

function isComplete(result: Awaited<ReturnType<typeof study>>): void {
  const document = { ...result, id: 'stability_000000', name: 'x', createdAt: 0 };
  expect(notFinite(document)).toEqual([]);
  v.parse(stabilityDetail, JSON.parse(JSON.stringify(document)));
}

describe('a stability study', () => {
  it('gives the same result on one thread and on two', async () => {
    const table = columns(120);
    const one = await study(table, { penalty: l1 }, 1);
    const two = await study(table, { penalty: l1 }, 2);
    expect(two).toEqual(one);
  });

  it('gives another result from another seed', async () => {
    const table = columns(120);
    const [first, second] = [await study(table, { seed: 1 }), await study(table, { seed: 2 })];
    expect(second.modes).not.toEqual(first.modes);
  });

  it('counts a true sign as the same, and reads its power from the fitted model', async () => {
    const result = await study(columns(400), { bootstrap: 60 });
    const bootstrap = result.modes.find(({ mode }) => mode === 'bootstrap')!;
    expect(bootstrap.terms[0]!.same.count).toBe(60);
    expect(result.terms.map(({ sign }) => sign).slice(0, 2)).toEqual([1, -1]);
    expect(result.power!.sizes.map(({ n }) => n)).toEqual([20, 80]);
    expect(result.heldOut!.gain!.low).toBeGreaterThan(0);
  });

  it('counts against the signs that are given', async () => {
    const result = await study(columns(400), { reference: 'given', signs: { a: -1 } });
    const splits = result.modes.find(({ mode }) => mode === 'splits')!;
    expect(splits.terms[0]!.opposite.count).toBe(12);
    expect(result.terms[0]).toMatchObject({ sign: -1, signOf: 'given' });
  });

  it('fits a subset that is drawn twice once and counts it twice', async () => {
    const result = await study(columns(100), { subsets: 200 });
    const [subsets] = result.modes;
    expect(subsets).toMatchObject({ refits: 200, distinct: 7 });
    expect(distinctSubsets([[0], [1], [0]])).toEqual({ subsets: [[0], [1]], times: [2, 1] });
  });

  it('fits lines as well as logits', async () => {
    const { a, b, c } = columns(80);
    const y = a.map((value, i) => value - 2 * b[i]! + 0.1 * c[i]!);
    const penalty = { kind: 'l1', convention: 'glmnet', strength: 0.1 };
    for (const fields of [{ family: 'gaussian' }, { family: 'gaussian', penalty }]) {
      const result = await study({ a, b, c, y }, fields);
      isComplete(result);
      expect(result.heldOut!.r2!.mean).toBeGreaterThan(0.8);
      expect(result.heldOut!.accuracy).toBeNull();
    }
  });

  const few = columns(9);
  const rare = columns(60);
  const degenerate: readonly [string, Record<string, Float64Array>, Record<string, unknown>][] = [
    [
      'rare outcomes, so that resamples have one class',
      { ...rare, y: rare.y.map((_, i) => Number(i === 3 || i === 40)) },
      {},
    ],
    ['perfect separation', { ...rare, y: rare.a.map((value) => Number(value > 0)) }, {}],
    ['a constant column', { ...rare, c: new Float64Array(60).fill(5) }, {}],
    ['a column that varies in one row', { ...rare, c: new Float64Array(60).fill(1, 0, 1) }, {}],
    ['exact dependencies', { ...rare, c: rare.a.map((value, i) => value + rare.b[i]!) }, {}],
    [
      'more terms than rows',
      {
        ...few,
        d: few.a.map((x) => x ** 2),
        e: few.b.map((x) => x ** 2),
        f: few.c.map((x) => x ** 2),
      },
      { formula: 'y ~ a * b * c + d + e + f' },
    ],
  ];
  it.each(degenerate)('says what became of %s, never NaN', async (_, table, fields) => {
    for (const penalty of [l1, { kind: 'none' }]) {
      const result = await study(table, { ...fields, penalty });
      isComplete(result);
      for (const { terms, refits, failed } of result.modes) {
        const lost = failed.reduce((sum, { refits: count }) => sum + count, 0);
        for (const row of terms)
          expect(row.refits + row.undetermined + lost).toBeLessThanOrEqual(refits);
      }
    }
  });

  it('counts resamples of one class and separated ones by reason', async () => {
    const y = rare.a.map((_, i) => Number(i === 3));
    const { modes } = await study({ ...rare, y }, { penalty: l1, bootstrap: 60 });
    const bootstrap = modes.find(({ mode }) => mode === 'bootstrap')!;
    expect(bootstrap.failed[0]!.reason).toContain('same outcome');
    expect(bootstrap.failed[0]!.refits + bootstrap.terms[0]!.refits).toBe(60);
    const parted = await study({ ...rare, y: rare.a.map((value) => Number(value > 0)) });
    expect(parted.modes[1]!.failed).toEqual([
      { reason: expect.stringContaining('separated'), refits: 12 },
    ]);
    expect(parted.power).toBeNull();
  });

  it('refuses an outcome of one class, a missing intercept and signs of unknown terms', async () => {
    const table = columns(30);
    await expect(study({ ...table, y: new Float64Array(30) })).rejects.toThrow('same outcome');
    await expect(study(table, { formula: 'y ~ a + b - 1' })).rejects.toThrow('no intercept');
    const signs = { reference: 'given', signs: { z: 1 } };
    await expect(study(table, signs)).rejects.toThrow('z is not a term');
  });

  it('stops where its control says so', async () => {
    const { runStudy } =
      await import('../../../../../main/compute/regression/stability/run-study.ts');
    const { stabilitySpec } = await import('../../../../support/stability.ts');
    const { tableFromColumns } = await import('../../../../support/regression.ts');
    let left = 3;
    const pause = async () => {
      if (left-- === 0) throw new Error('stop');
    };
    const control = { threads: 2, progress: () => undefined, pause };
    const running = runStudy(tableFromColumns(columns(60)), undefined, stabilitySpec({}), control);
    await expect(running).rejects.toThrow('stop');
  });
});

describe('figures of a study', () => {
  it('bounds false selections as Meinshausen and Bühlmann do', () => {
    // Theorem 1 with q = 10, threshold 0.9, p = 1000: 100 / 800.
    expect(errorBound(10, 0.9, 1000)).toBeCloseTo(0.125, 12);
  });

  it('widens intervals of means over splits for the rows that they share', () => {
    const values = [0.1, 0.2, 0.3, 0.2];
    const { low, high } = splitInterval(values, 80, 20)!;
    // s = 0.0816, t(3) = 3.1824, s sqrt(1/4 + 1/4).
    expect((high! - low!) / 2).toBeCloseTo(3.18244630528 * 0.0816496580928 * Math.sqrt(0.5), 9);
  });
});
