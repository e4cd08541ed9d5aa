import { describe, expect, it } from 'vitest';
import { listDictionaries } from '../../../../main/db/dictionaries.ts';
import { pageFeatures } from '../../../../main/db/features.ts';
import { importResult } from '../../../../main/db/import.ts';
import { getJob } from '../../../../main/db/jobs.ts';
import { addPoints, readSeries } from '../../../../main/db/points.ts';
import { artifactsOf, getRun, metricsOf } from '../../../../main/db/runs.ts';
import type { Writer } from '../../../../main/db/connection.ts';
import { addJob, importedResult, newDatabase } from '../../../support/records.ts';

const all = {
  search: '',
  dead: 'show',
  labelled: 'any',
  minCount: 0,
  minRating: 0,
  list: '',
  sort: 'feature',
  descending: false,
  offset: 0,
  limit: 500,
} as const;

/** Everything that an import writes, to compare before and after. */
function dump(db: Writer): unknown {
  return [
    'jobs',
    'runs',
    'metrics',
    'series',
    'points',
    'artifacts',
    'dictionaries',
    'features',
  ].map((table) => db.all(`SELECT * FROM ${table}`));
}

describe('importing the results of a job', () => {
  it('stores metrics, points, dictionaries, features and artifacts of every run', async () => {
    const db = await newDatabase();
    const runs = addJob(db, 'job_000001', [3, 4]);
    expect(importResult(db, importedResult('job_000001', runs))).toBe(true);
    expect(metricsOf(db, runs[1]!)).toEqual({ l0: 31, mse: null });
    const window = { names: ['loss'], buckets: 10, from: null, to: null };
    expect(readSeries(db, runs[0]!, window)[0]).toMatchObject({ x: [10, 20], low: [3, 2] });
    const [dictionary] = listDictionaries(db);
    expect(dictionary).toMatchObject({ run: runs[0], job: 'job_000001', properties: ['vowel'] });
    expect(pageFeatures(db, dictionary!.key, all).total).toBe(50);
    expect(getRun(db, runs[0]!)).toMatchObject({ seconds: 12, dictionary: dictionary!.id });
    expect(artifactsOf(db, getRun(db, runs[0]!)!).map(({ path }) => path)).toEqual([
      `${runs[0]}/dictionary.safetensors`,
      'tokens.safetensors',
    ]);
  });

  it('changes nothing the second time', async () => {
    const db = await newDatabase();
    const runs = addJob(db);
    importResult(db, importedResult('job_000001', runs));
    const before = dump(db);
    expect(importResult(db, importedResult('job_000001', runs))).toBe(false);
    expect(importResult(db, importedResult('job_000001', runs, { attempt: 2 }))).toBe(false);
    expect(dump(db)).toEqual(before);
  });

  it('leaves no trace when it fails half-way, and succeeds when tried again', async () => {
    const db = await newDatabase();
    const runs = addJob(db, 'job_000001', [0, 1]);
    const before = dump(db);
    const broken = importedResult('job_000001', [runs[0]!, 'run_missing']);
    expect(() => importResult(db, broken)).toThrow(/FOREIGN KEY/);
    expect(dump(db)).toEqual(before);
    expect(importResult(db, importedResult('job_000001', runs))).toBe(true);
    expect(getJob(db, 'job_000001')!.importedAttempt).toBe(1);
  });

  it('puts the points of the finished run in place of those that came in live', async () => {
    const db = await newDatabase();
    const runs = addJob(db);
    addPoints(db, runs[0]!, [{ x: 15, values: { loss: 9, stale: 1 } }]);
    importResult(db, importedResult('job_000001', runs));
    const window = { names: null, buckets: 10, from: null, to: null };
    expect(readSeries(db, runs[0]!, window).map(({ name, x }) => [name, x])).toEqual([
      ['loss', [10, 20]],
      ['l0', [10, 20]],
    ]);
  });
});
