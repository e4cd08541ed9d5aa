import { describe, expect, it } from 'vitest';
import { addPoints, readSeries } from '../../../../main/db/points.ts';
import { addJob, newDatabase } from '../../../support/records.ts';

const wave = (i: number) => Math.sin(i / 7) + (i === 777 ? 50 : 0) - (i === 333 ? 50 : 0);

async function withWave(n: number) {
  const db = await newDatabase();
  const [run] = addJob(db);
  const points = Array.from({ length: n }, (_, i) => ({ x: 16 * i, values: { wave: wave(i) } }));
  addPoints(db, run!, points);
  return { db, run: run! };
}

describe('curves', () => {
  it('come back point for point where they fit the buckets', async () => {
    const { db, run } = await withWave(100);
    const [curve] = readSeries(db, run, { names: null, buckets: 100, from: null, to: null });
    expect(curve).toMatchObject({ name: 'wave', total: 100, drawn: 100 });
    expect(curve!.low).toEqual(curve!.high);
    expect(curve!.low[7]).toBe(wave(7));
  });

  it('keep the extremes of every bucket when they are thinned', async () => {
    const { db, run } = await withWave(1000);
    const [curve] = readSeries(db, run, { names: null, buckets: 40, from: null, to: null });
    expect(curve).toMatchObject({ total: 1000, drawn: 40 });
    expect(Math.max(...(curve!.high as number[]))).toBe(wave(777));
    expect(Math.min(...(curve!.low as number[]))).toBe(wave(333));
    expect(curve!.x[0]).toBe(0);
    expect(curve!.last).toBeGreaterThan(curve!.x.at(-1)!);
    expect([...curve!.x].sort((a, b) => a - b)).toEqual(curve!.x);
  });

  it('can be asked for inside a window of x', async () => {
    const { db, run } = await withWave(1000);
    const [curve] = readSeries(db, run, { names: ['wave'], buckets: 100, from: 160, to: 320 });
    expect(curve!.x).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20].map((i) => 16 * i));
  });

  it('hold one value for each x, the last that was written', async () => {
    const { db, run } = await withWave(3);
    addPoints(db, run, [{ x: 16, values: { wave: null, other: 2 } }]);
    const [curve, other] = readSeries(db, run, { names: null, buckets: 9, from: null, to: null });
    expect(curve!.low).toEqual([wave(0), null, wave(2)]);
    expect(other).toMatchObject({ name: 'other', x: [16] });
  });

  it('are empty, not missing, outside their window', async () => {
    const { db, run } = await withWave(3);
    const [curve] = readSeries(db, run, { names: null, buckets: 9, from: 1e6, to: null });
    expect(curve).toEqual({
      name: 'wave',
      total: 0,
      drawn: 0,
      last: null,
      x: [],
      low: [],
      high: [],
    });
  });
});
