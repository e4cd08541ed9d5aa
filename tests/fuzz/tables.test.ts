import { expect, it, vi } from 'vitest';
import { readCsvCurves } from '../../main/formats/runs/csv-curves.ts';
import type { ForeignRun } from '../../main/formats/runs/foreign-run.ts';
import { readJsonlCurves } from '../../main/formats/runs/jsonl-curves.ts';
import { readTable } from '../../main/formats/table.ts';
import { files, leftOpen, outside, root } from '../support/memory-files.ts';
import { mutated, Watch } from '../support/mutations.ts';
import { Random } from '../support/random.ts';

vi.mock('node:fs', async (original) =>
  (await import('../support/memory-files.ts')).memoryFiles(await original()),
);

const rounds = 100_000;
const patience = 600_000;

interface Reader {
  readonly name: string;
  readonly seeds: readonly string[];
  read(path: string): Promise<unknown>;
}

async function drain(runs: readonly ForeignRun[]): Promise<void> {
  for (const { history } of runs)
    for await (const row of history) expect(row.step).toBeTypeOf('number');
}

const readers: readonly Reader[] = [
  {
    name: 'table.csv',
    seeds: [
      'a,b,"c d"\n1,x,"2 ""3"""\n-4.5e3,,\r\nNA,"y\nz",7\n',
      '\ufeff# made by hand\na\tb\n2024-01-31\ttrue\n1e999\tFALSE\n',
    ],
    read: (path) => readTable(path),
  },
  {
    name: 'table.jsonl',
    seeds: ['{"a": 1, "b": "x", "c": null}\n{"a": -2.5e3, "b": "\\u00e9\\ud83d", "c": [1]}\n'],
    read: (path) => readTable(path),
  },
  {
    name: 'curves.csv',
    seeds: ['step,"a - loss","a - loss__MIN",b\n1,2.5,2.5,3\n2,nan,1,\n', 'Step;x\n0;1\n1;-inf\n'],
    read: async (path) => drain(await readCsvCurves(path)),
  },
  {
    name: 'curves.jsonl',
    seeds: ['{"step": 1, "loss": {"a": 2.5}, "x": NaN}\n{"step": 2, "loss": null, "run": "r"}\n'],
    read: async (path) => drain(await readJsonlCurves(path)),
  },
];

it.each(readers)(
  'C5: $name that was changed is read or refused, and nothing else is touched',
  async ({ name, seeds, read }) => {
    const originals = seeds.map((seed) => Buffer.from(seed));
    const random = new Random(9);
    const watch = new Watch();
    const path = `${root}${name}`;
    files.clear();
    for (let round = 0; round < rounds; round++) {
      files.set(path, mutated(random, originals[round % originals.length]!));
      await watch.wait(() => read(path));
    }
    watch.end(0.05);
    expect(outside).toEqual([]);
    expect(leftOpen()).toBe(0);
  },
  patience,
);
