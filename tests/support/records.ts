import { join } from 'node:path';
import { insertDictionary } from '../../main/db/dictionaries.ts';
import type { FeatureColumns } from '../../main/db/features.ts';
import type { ImportedResult } from '../../main/db/import.ts';
import { insertJob } from '../../main/db/jobs.ts';
import { insertRun } from '../../main/db/runs.ts';
import type { Writer } from '../../main/db/connection.ts';
import { openWriter } from '../../main/db/open.ts';
import { parseJobSpec, type TrainSpec } from '../../shared/domain/job-spec.ts';
import { temporaryFolder } from './folders.ts';

/** A small valid train spec. */
export function trainSpec(changes: Record<string, unknown> = {}): TrainSpec {
  return parseJobSpec(
    {
      kind: 'train',
      name: 'small',
      model: 'model',
      hook: 'blocks.1.hook_resid_pre',
      tokens: { file: 'tokens.safetensors' },
      dictionary: { ratio: 4 },
      objective: { sparsity: { coefficient: 1 } },
      training: { sequences: 100, batch: 10, learningRate: 1e-3 },
      ...changes,
    },
    'spec',
  ) as TrainSpec;
}

export async function newDatabase(): Promise<Writer> {
  return openWriter(join(temporaryFolder(), '.assay', 'assay.db'));
}

/** A job with one run for each seed. */
export function addJob(db: Writer, id = 'job_000001', seeds: readonly number[] = [0]): string[] {
  insertJob(db, { id, spec: trainSpec({ seeds }), state: 'finishing', createdAt: 1, attempt: 1 });
  return seeds.map((seed, position) => {
    const run = `run_${id.slice(4)}${position}`;
    insertRun(db, {
      id: run,
      job: id,
      position,
      seed,
      name: 'small',
      hook: 'blocks.1.hook_resid_pre',
      model: 'model',
      groupKey: 'g',
      createdAt: 1,
    });
    return run;
  });
}

/** Features whose count is 7 i modulo n, so that every tenth or so is dead. */
export function featureColumns(n: number): FeatureColumns {
  const count = Int32Array.from({ length: n }, (_, i) => ((7 * i) % n) - Math.floor(n / 10)).map(
    (value) => Math.max(0, value),
  );
  const column = (value: (i: number) => number) =>
    Float64Array.from({ length: n }, (_, i) => value(i));
  return {
    count,
    density: column((i) => count[i]! / n),
    densityLow: column((i) => count[i]! / n / 2),
    densityHigh: column((i) => (2 * count[i]!) / n),
    mean: column((i) => (count[i] === 0 ? NaN : (i * 13) % 101)),
    max: column((i) => (count[i] === 0 ? NaN : (i * 17) % 103)),
    stability: column((i) => (i % 3 === 0 ? NaN : (i % 97) / 97)),
    property: Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 'vowel' : null)),
    auc: column((i) => (i % 2 === 0 ? 0.5 + ((i * 31) % 50) / 100 : NaN)),
  };
}

export function importedResult(
  job: string,
  runs: readonly string[],
  options: { attempt?: number; features?: number } = {},
): ImportedResult {
  const { attempt = 1, features = 50 } = options;
  return {
    job,
    attempt,
    fit: null,
    comparison: null,
    artifacts: [
      { run: null, kind: 'tokens', path: 'tokens.safetensors', bytes: 10, sha256: 'a' },
      ...runs.map((run) => ({
        run,
        kind: 'dictionary',
        path: `${run}/dictionary.safetensors`,
        bytes: 20,
        sha256: 'b',
      })),
    ],
    runs: runs.map((id, seed) => ({
      id,
      seconds: 12,
      metrics: { l0: 30 + seed, mse: null },
      points: [
        { x: 10, values: { loss: 3, l0: 50 } },
        { x: 20, values: { loss: 2, l0: null } },
      ],
      features: features > 0 ? featureColumns(features) : null,
      dictionary: {
        id: `dict_${id.slice(4)}`,
        run: id,
        name: 'small',
        seed,
        hook: 'blocks.1.hook_resid_pre',
        model: 'model',
        architecture: 'relu',
        dIn: 8,
        latents: features,
        tokens: 1000,
        context: 16,
        alive: 40,
        properties: ['vowel'],
        createdAt: 5,
      },
    })),
  };
}

/** A dictionary with features but without a run, and its key. */
export function addDictionary(db: Writer, n: number): number {
  const [run] = addJob(db);
  const { dictionary } = importedResult('job_000001', [run!], { features: n }).runs[0]!;
  return insertDictionary(db, dictionary!);
}
