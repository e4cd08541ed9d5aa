import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DashboardSink } from '../../../../main/formats/dashboards/dashboard.ts';
import { readNeuronpedia } from '../../../../main/formats/dashboards/read-neuronpedia.ts';
import { readSaeDashboard } from '../../../../main/formats/dashboards/read-saedashboard.ts';
import { WordTable } from '../../../../main/formats/dashboards/word-table.ts';
import { detectResults } from '../../../../main/formats/results/detect-results.ts';
import { readCsvCurves } from '../../../../main/formats/runs/csv-curves.ts';
import type { ForeignRun } from '../../../../main/formats/runs/foreign-run.ts';
import { readJsonlCurves } from '../../../../main/formats/runs/jsonl-curves.ts';
import { readSaeBench } from '../../../../main/formats/runs/sae-bench.ts';
import { readTensorboard } from '../../../../main/formats/runs/tensorboard.ts';
import { readWandbFile } from '../../../../main/formats/runs/wandb-offline.ts';
import { AppError } from '../../../../shared/errors.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { Random } from '../../../support/random.ts';

const golden = join(import.meta.dirname, '../../../golden');

interface Reader {
  readonly name: string;
  readonly bytes: Buffer;
  /** Reads all there is of the file at that path. */
  read(path: string): Promise<unknown>;
}

function sink(): DashboardSink {
  const nothing = () => undefined;
  return {
    words: new WordTable(),
    feature: nothing,
    example: nothing,
    label: nothing,
    skipped: nothing,
    note: nothing,
  };
}

async function drain(runs: readonly ForeignRun[]): Promise<void> {
  for (const { history } of runs)
    for await (const row of history) expect(row.step).toBeTypeOf('number');
}

const beat = () => Promise.resolve();
const text = (content: string) => Buffer.from(content);
const source = readFileSync(join(golden, 'dashboards/neuronpedia/source.jsonl'));

const readers: readonly Reader[] = [
  {
    name: 'run.wandb',
    bytes: readFileSync(join(golden, 'run-logs/offline.wandb')).subarray(0, 12_000),
    read: (path) => drain([readWandbFile(path)]),
  },
  {
    name: 'events.out.tfevents.1',
    bytes: readFileSync(
      join(golden, 'run-logs/tensorboard/events.out.tfevents.1700000000.golden.1.0'),
    ),
    read: (path) => drain(readTensorboard(join(path, '..'), [path])),
  },
  {
    name: 'batch-0.json',
    bytes: readFileSync(join(golden, 'dashboards/saedashboard/batch-0.json')),
    read: (path) => readSaeDashboard([path], sink(), beat),
  },
  {
    name: 'source.jsonl',
    bytes: source,
    read: (path) => readNeuronpedia(join(path, '..'), sink(), beat),
  },
  {
    name: 'curves.csv',
    bytes: text('step,"a - loss",b\n1,2.5,3\n2,nan,\n'),
    read: async (path) => drain(await readCsvCurves(path)),
  },
  {
    name: 'curves.jsonl',
    bytes: text(
      '{"step": 1, "loss": {"a": 2.5}, "x": NaN}\n{"step": 2, "loss": null, "run": "r"}\n',
    ),
    read: async (path) => drain(await readJsonlCurves(path)),
  },
  {
    name: 'core.json',
    bytes: text(
      '{"eval_type_id": "core", "eval_config": {"random_seed": 1}, "eval_result_metrics": {"a": {"b": 1}}}',
    ),
    read: async (path) => drain(readSaeBench([path])),
  },
];

/** One of: some bytes changed, some left out, some put in twice, the end cut off. */
function damage(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random.uniform() * bytes.length);
  const length = 1 + Math.floor(random.uniform() * 8);
  const kind = Math.floor(random.uniform() * 4);
  if (kind === 0) return bytes.subarray(0, at);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  if (kind === 2) return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
  const changed = Buffer.from(bytes);
  for (let i = at; i < Math.min(bytes.length, at + length); i++)
    changed[i] = Math.floor(random.uniform() * 256);
  return changed;
}

const rounds = 400;

describe('a damaged file of results', () => {
  it.each(readers)(
    '$name is read or refused by name, whatever was done to it',
    async ({ name, bytes, read }) => {
      const path = join(temporaryFolder(), name);
      const random = new Random(20_240);
      let refused = 0;
      for (let round = 0; round < rounds; round++) {
        writeFileSync(path, damage(bytes, random));
        try {
          await read(path);
        } catch (error) {
          refused++;
          expect(error, `round ${round}`).toBeInstanceOf(AppError);
          expect((error as AppError).message, `round ${round}`).toContain(name);
        }
        detectResults(path);
      }
      expect(refused).toBeGreaterThan(0);
    },
  );

  it('in gzip is told from one that was cut off', async () => {
    const folder = join(golden, 'dashboards/neuronpedia');
    const packed = readFileSync(join(folder, 'features/batch-0.jsonl.gz'));
    expect(gunzipSync(packed).length).toBeGreaterThan(packed.length);
    for (const [bytes, code] of [
      [packed.subarray(0, 200), 'truncated'],
      [
        Buffer.concat([packed.subarray(0, 100), Buffer.alloc(100, 7), packed.subarray(200)]),
        'corrupt',
      ],
    ] as const) {
      const copy = temporaryFolder();
      mkdirSync(join(copy, 'features'));
      writeFileSync(join(copy, 'source.jsonl'), source);
      writeFileSync(join(copy, 'features/batch-0.jsonl.gz'), bytes);
      await expect(readNeuronpedia(copy, sink(), beat)).rejects.toMatchObject({ code });
    }
  });
});
