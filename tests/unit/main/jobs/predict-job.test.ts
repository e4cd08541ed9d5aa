import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../../main/compute/random.ts';
import { ActivationFileWriter } from '../../../../main/formats/activation-file.ts';
import { writeSafetensors } from '../../../../main/formats/safetensors-writer.ts';
import { JobControl } from '../../../../main/jobs/control.ts';
import type { JobIo } from '../../../../main/jobs/job-io.ts';
import type { FromWorker } from '../../../../main/jobs/protocol.ts';
import { runPredictJob } from '../../../../main/jobs/worker/predict/index.ts';
import { predictionResult } from '../../../../shared/contract/predictions.ts';
import { parseJobSpec } from '../../../../shared/domain/job-spec.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const [sequences, context, latents] = [60, 8, 30];
const tokens = sequences * context;

/** A project with two dictionaries, the second of which has the features of the first in turned order. */
function makeProject(): { path: string; labels: Uint8Array } {
  const path = temporaryFolder();
  const random = new RandomStream(3, 1);
  const features = Array.from({ length: latents }, () =>
    Array.from({ length: tokens }, (_, i) => [i, 0.5 + random.uniform()] as const).filter(
      () => random.uniform() < 0.3,
    ),
  );
  const eta = new Float64Array(tokens).fill(-1);
  for (const [i, value] of features[4]!) eta[i]! += 3 * value;
  for (const [i, value] of features[9]!) eta[i]! -= 3 * value;
  const labels = Uint8Array.from(eta, (value) =>
    random.uniform() < 1 / (1 + Math.exp(-value)) ? 1 : 0,
  );
  const scores = Float32Array.from({ length: sequences }, () => random.uniform());
  for (const [i, value] of features[4]!) scores[Math.floor(i / context)]! += value;
  writeSafetensors(join(path, 'labels.safetensors'), [
    { name: 'won', shape: [sequences, context], data: labels },
    { name: 'score', shape: [sequences], data: scores },
    { name: 'never', shape: [sequences, context], data: new Uint8Array(tokens) },
    { name: 'missing', shape: [sequences, context], data: new Float32Array(tokens).fill(NaN) },
    { name: 'short', shape: [2, context], data: new Uint8Array(2 * context) },
  ]);
  writeDictionary(path, 'a', features);
  writeDictionary(path, 'b', [...features].reverse(), true);
  return { path, labels };
}

function writeDictionary(
  path: string,
  name: string,
  features: readonly (readonly (readonly [number, number])[])[],
  turned = false,
): void {
  const writer = new ActivationFileWriter(
    join(path, `${name}.activations.safetensors`),
    features.map((list) => list.length),
    tokens,
  );
  writer.features(
    0,
    Int32Array.from(features.flatMap((list) => list.map(([token]) => token))),
    Float32Array.from(features.flatMap((list) => list.map(([, value]) => value))),
  );
  writer.close();
  const decoder = new Float32Array(latents * latents);
  for (let j = 0; j < latents; j++) decoder[j * latents + (turned ? latents - 1 - j : j)] = 1;
  writeSafetensors(join(path, `${name}.safetensors`), [
    { name: 'W_dec', shape: [latents, latents], data: decoder },
  ]);
}

async function run(path: string, changes: Record<string, unknown> = {}, stop = false) {
  const folder = join(path, 'job');
  mkdirSync(folder, { recursive: true });
  const source = (name: string, seed: number) => ({
    id: `dict_aaaaaaa${seed}`,
    seed,
    dictionary: `${name}.safetensors`,
    activations: `${name}.activations.safetensors`,
    tokens,
    context,
  });
  const spec = parseJobSpec(
    {
      kind: 'predict',
      name: 'won from features',
      dictionary: 'dict_aaaaaaa0',
      labels: { file: 'labels.safetensors', name: 'won' },
      lambdas: 15,
      folds: 3,
      choice: 'minimum',
      sources: [source('a', 0), source('b', 1)],
      ...changes,
    },
    'spec',
  );
  const sent: FromWorker[] = [];
  const control = new JobControl((message) => sent.push(message));
  if (stop) control.receive({ type: 'cancel' });
  const io = { started: () => undefined } as unknown as JobIo;
  const assignment = {
    job: 'job_aaaaaaa0',
    attempt: 1,
    projectPath: path,
    folder,
    spec,
    runs: [],
  };
  await runPredictJob(assignment, control, io);
  const text = readFileSync(join(folder, 'prediction.json'), 'utf8');
  return { result: v.parse(predictionResult, JSON.parse(text)), sent };
}

describe('a prediction job', () => {
  it('finds the features that make a label, their signs, and their counterparts in another seed', async () => {
    const { path, labels } = makeProject();
    const { result, sent } = await run(path);
    const [first, second] = result.selected;
    expect([first!.feature, second!.feature].sort((a, b) => a - b)).toEqual([4, 9]);
    const of = (feature: number) => result.selected.find((one) => one.feature === feature)!;
    expect(of(4).coefficient).toBeGreaterThan(0);
    expect(of(9).coefficient).toBeLessThan(0);
    expect(of(4).seeds).toEqual([{ feature: latents - 5, cosine: 1, outcome: 'same' }]);
    expect(result.seeds[0]!.agreement).toBeCloseTo(1, 6);
    expect(result.heldOut.auc).toBeGreaterThan(0.75);
    expect(result.heldOut.rows).toBe(12 * context);
    expect(result.unpenalised.reason).toBeNull();
    expect(Math.abs(of(4).unpenalised!)).toBeGreaterThan(of(4).coefficient);
    expect(result.mean).toBeCloseTo(labels.reduce((sum, bit) => sum + bit, 0) / tokens, 12);
    expect(result.dependencies).toEqual([]);
    expect(sent.some(({ type }) => type === 'progress')).toBe(true);
  });

  it('takes sequences as rows, and a gaussian outcome', async () => {
    const { path } = makeProject();
    const { result } = await run(path, {
      labels: { file: 'labels.safetensors', name: 'score' },
      unit: 'sequence',
      aggregation: 'mean',
      family: 'gaussian',
      leastRows: 5,
    });
    expect(result.rows).toBe(sequences);
    expect(result.selected[0]!.feature).toBe(4);
    expect(result.heldOut.r2).not.toBeNull();
  });

  it.each([
    ['never', 'one-class'],
    ['missing', 'too-few-rows'],
    ['short', 'shape-mismatch'],
    ['absent', 'not-found'],
  ])('refuses the label %s by the error %s', async (name, code) => {
    const { path } = makeProject();
    const labels = { file: 'labels.safetensors', name };
    await expect(run(path, { labels })).rejects.toMatchObject({ code });
  });

  it('refuses more activations than it may hold, and stops when it is told to', async () => {
    const { path } = makeProject();
    await expect(run(path, { memoryBytes: 1000 })).rejects.toMatchObject({ code: 'too-large' });
    await expect(run(path, {}, true)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
