import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import type { DashboardSink } from '../../main/formats/dashboards/dashboard.ts';
import { readNeuronpedia } from '../../main/formats/dashboards/read-neuronpedia.ts';
import { readSaeDashboard } from '../../main/formats/dashboards/read-saedashboard.ts';
import { WordTable } from '../../main/formats/dashboards/word-table.ts';
import { readSaeBench } from '../../main/formats/runs/sae-bench.ts';
import { disk, files, leftOpen, outside, root } from '../support/memory-files.ts';
import { mutated, Watch } from '../support/mutations.ts';
import { Random } from '../support/random.ts';

vi.mock('node:fs', async (original) =>
  (await import('../support/memory-files.ts')).memoryFiles(await original()),
);

const rounds = 100_000;
const patience = 600_000;
const golden = join(import.meta.dirname, '../golden/dashboards');

/** One for all files: a table of its own for each would be the most that they take of memory. */
const words = new WordTable();

/** Takes what a reader finds, and looks at it. */
function sink(): DashboardSink {
  const nothing = () => undefined;
  return {
    words,
    feature: ({ index }) => expectIndex(index),
    example(feature, { tokens, values, at }) {
      expectIndex(feature);
      if (tokens.length !== values.length || !(at >= 0 && at < tokens.length))
        throw new Error('An example does not hold together.');
    },
    label: ({ feature }) => expectIndex(feature),
    skipped: (features) => features.forEach(expectIndex),
    note: nothing,
  };
}

function expectIndex(index: number): void {
  if (!Number.isSafeInteger(index) || index < 0) throw new Error(`${index} numbers no feature.`);
}

const beat = () => Promise.resolve();

function end(watch: Watch, share: number): void {
  watch.end(share);
  expect(outside).toEqual([]);
  expect(leftOpen()).toBe(0);
}

it(
  'C5: batches of SAEDashboard that were changed are read or refused, and nothing else is touched',
  async () => {
    const whole = disk.readFileSync(join(golden, 'saedashboard/batch-0.json'));
    const skipped = disk.readFileSync(join(golden, 'saedashboard/skipped_indexes.json'));
    const { features, ...head } = JSON.parse(whole.toString()) as {
      features: { activations: unknown[] }[];
    };
    const [{ activations, ...feature }] = features as [{ activations: unknown[] }];
    const small = Buffer.from(
      JSON.stringify({ ...head, features: [{ ...feature, activations: activations.slice(0, 1) }] }),
    );
    const random = new Random(10);
    const watch = new Watch();
    const path = `${root}batch-0.json`;
    files.clear();
    for (let round = 0; round < rounds; round++) {
      files.set(path, mutated(random, round % 20 === 0 ? whole : small));
      files.set(
        `${root}skipped_indexes.json`,
        round % 4 === 0 ? mutated(random, skipped) : skipped,
      );
      await watch.wait(() =>
        readSaeDashboard([path], sink(), beat, round % 3 === 0 ? 0 : undefined),
      );
    }
    end(watch, 0.05);
  },
  patience,
);

it(
  'C5: exports of Neuronpedia that were changed are read or refused, and nothing else is touched',
  async () => {
    const folder = join(golden, 'neuronpedia');
    const lineOf = (path: string) =>
      Buffer.from(
        `${
          gunzipSync(disk.readFileSync(join(folder, path)))
            .toString()
            .split('\n', 1)[0]!
        }\n`,
      );
    const seeds: [string, Buffer][] = [
      ['source.jsonl', disk.readFileSync(join(folder, 'source.jsonl'))],
      ['features/batch-0.jsonl', lineOf('features/batch-0.jsonl.gz')],
      ['activations/batch-0.jsonl', lineOf('activations/batch-0.jsonl.gz')],
      ['explanations/batch-0.jsonl', lineOf('explanations/batch-0.jsonl.gz')],
    ];
    const packed = gzipSync(seeds[2]![1]);
    const random = new Random(11);
    const watch = new Watch();
    for (let round = 0; round < rounds; round++) {
      files.clear();
      for (const [i, [name, bytes]] of seeds.entries())
        files.set(`${root}${name}`, round % seeds.length === i ? mutated(random, bytes) : bytes);
      if (round % 20 === 0) {
        files.delete(`${root}activations/batch-0.jsonl`);
        files.set(`${root}activations/batch-0.jsonl.gz`, mutated(random, packed));
      }
      await watch.wait(() => readNeuronpedia(root.slice(0, -1), sink(), beat));
    }
    end(watch, 0.05);
  },
  patience,
);

it('C5: results of SAEBench that were changed are read or refused, and nothing else is touched', () => {
  const text = Buffer.from(
    '{"eval_type_id": "core", "eval_config": {"random_seed": 1}, "eval_result_metrics": {"a": {"b": 1}}, "sae_lens_id": "x"}',
  );
  const random = new Random(12);
  const watch = new Watch();
  const path = `${root}core.json`;
  files.clear();
  for (let round = 0; round < rounds; round++) {
    files.set(path, mutated(random, text));
    watch.run(() => readSaeBench([path]));
  }
  end(watch, 0.05);
});
