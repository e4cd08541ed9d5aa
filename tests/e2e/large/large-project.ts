import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Writer } from '../../../main/db/connection.ts';
import type { FeatureColumns } from '../../../main/db/features.ts';
import { importResult, type ImportedResult } from '../../../main/db/import.ts';
import { insertJob } from '../../../main/db/jobs.ts';
import { openWriter } from '../../../main/db/open.ts';
import { insertRun } from '../../../main/db/runs.ts';
import { writeSafetensors } from '../../../main/formats/safetensors-writer.ts';
import { mapFile } from '../../../main/host/map-file.ts';
import { parseJobSpec } from '../../../shared/domain/job-spec.ts';
import { Random } from '../../support/random.ts';

export const largeSizes = { latents: 100_000, runs: 1000, seeds: 4 };

const dictionary = 'dict_large00001';
const tokens = 10_000_000;

/** A project of `runs` runs in groups of seeds, one of which has a dictionary of `latents` features and a map. */
export async function writeLargeProject(folder: string): Promise<{ dictionary: string }> {
  const { latents, runs, seeds } = largeSizes;
  mkdirSync(join(folder, '.assay'), { recursive: true });
  const db = await openWriter(join(folder, '.assay', 'assay.db'));
  const random = new Random(11);
  try {
    for (let group = 0; group * seeds < runs; group++) addGroup(db, group, random);
  } finally {
    db.close();
  }
  const file = mapFile(folder, [dictionary]);
  mkdirSync(dirname(file), { recursive: true });
  const centres = Array.from({ length: 60 }, () => [random.normal() * 6, random.normal() * 6]);
  const position = new Float32Array(2 * latents).map(
    (_, at) => centres[(at >> 1) % centres.length]![at % 2]! + random.normal(),
  );
  writeSafetensors(file, [{ name: 'position', shape: [latents, 2], data: position }]);
  return { dictionary };
}

function addGroup(db: Writer, group: number, random: Random): void {
  const { latents, seeds } = largeSizes;
  const number = String(group).padStart(6, '0');
  const job = `job_${number}`;
  const list = Array.from({ length: seeds }, (_, seed) => seed);
  const coefficient = 0.1 + group / 50;
  const spec = parseJobSpec(
    {
      kind: 'train',
      name: `group ${group}`,
      model: 'model',
      hook: 'blocks.1.hook_resid_pre',
      tokens: { file: 'tokens.safetensors' },
      seeds: list,
      dictionary: { ratio: 4 },
      objective: { preset: group % 2 === 0 ? 'local' : 'e2e', sparsity: { coefficient } },
      training: { sequences: 100, batch: 10, learningRate: 1e-3 },
    },
    'spec',
  );
  insertJob(db, { id: job, spec, state: 'succeeded', createdAt: 1 + group, attempt: 1 });
  const runs = list.map((seed) => {
    const id = `run_${number}${seed}`;
    insertRun(db, {
      id,
      job,
      position: seed,
      seed,
      name: `group ${group}`,
      hook: 'blocks.1.hook_resid_pre',
      model: 'model',
      groupKey: `g${group}`,
      createdAt: 1 + group,
    });
    const isLarge = group === 0 && seed === 0;
    return {
      id,
      seconds: 60,
      metrics: {
        l0: 30 + 20 * random.uniform(),
        ceIncrease: random.uniform(),
        mse: random.uniform(),
      },
      points: [],
      features: isLarge ? featureColumns(latents, random) : null,
      dictionary: isLarge ? largeDictionary(id) : null,
    };
  });
  importResult(db, {
    job,
    attempt: 1,
    fit: null,
    comparison: null,
    counted: [],
    stability: null,
    artifacts: [],
    runs,
  });
}

function largeDictionary(run: string): ImportedResult['runs'][number]['dictionary'] {
  return {
    id: dictionary,
    run,
    name: 'large',
    seed: 0,
    hook: 'blocks.1.hook_resid_pre',
    model: 'model',
    architecture: 'relu',
    dIn: 768,
    latents: largeSizes.latents,
    tokens,
    context: 128,
    alive: largeSizes.latents,
    properties: [],
    createdAt: 1,
  };
}

function featureColumns(n: number, random: Random): FeatureColumns {
  const floats = (value: (i: number) => number) =>
    Float64Array.from({ length: n }, (_, i) => value(i));
  const count = Int32Array.from({ length: n }, () => Math.floor(10 ** (6 * random.uniform())));
  return {
    count,
    density: floats((i) => count[i]! / tokens),
    densityLow: floats((i) => (0.9 * count[i]!) / tokens),
    densityHigh: floats((i) => (1.1 * count[i]!) / tokens),
    mean: floats(() => random.uniform() * 5),
    max: floats(() => 5 + random.uniform() * 20),
    stability: floats(() => random.uniform()),
    property: new Array<null>(n).fill(null),
    auc: floats(() => NaN),
  };
}
