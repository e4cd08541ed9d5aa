import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import { maskedCrc32c } from '../../main/formats/runs/crc32c.ts';
import type { ForeignRun } from '../../main/formats/runs/foreign-run.ts';
import { readTensorboard } from '../../main/formats/runs/tensorboard.ts';
import { tfRecords } from '../../main/formats/runs/tf-records.ts';
import { readWandbFile } from '../../main/formats/runs/wandb-offline.ts';
import { wandbRecords } from '../../main/formats/runs/wandb-records.ts';
import { disk, files, leftOpen, outside, root } from '../support/memory-files.ts';
import { mutated, Watch } from '../support/mutations.ts';
import { Random } from '../support/random.ts';

vi.mock('node:fs', async (original) =>
  (await import('../support/memory-files.ts')).memoryFiles(await original()),
);

const rounds = 100_000;
const patience = 600_000;
const golden = join(import.meta.dirname, '../golden/run-logs');

/** A log of some kind: its records, and how they are put into a file. */
interface Log {
  readonly name: string;
  readonly bytes: Buffer;
  records(path: string): Iterable<{ readonly data: Buffer }>;
  /** With sums that fit, so that what lies behind them is reached. */
  write(records: readonly Buffer[]): Buffer;
  read(path: string): readonly ForeignRun[];
}

const logs: readonly Log[] = [
  {
    name: 'run.wandb',
    bytes: disk.readFileSync(join(golden, 'offline.wandb')),
    records: (path) => wandbRecords(path, () => undefined),
    write(records) {
      const parts = records.map((data) => {
        const head = Buffer.alloc(7);
        head.writeUInt16LE(data.length, 4);
        head[6] = 1;
        head.writeUInt32LE(crc32(data, crc32(head.subarray(6))), 0);
        return Buffer.concat([head, data]);
      });
      return Buffer.concat([Buffer.from(':W&B\xe1\xbe\x00', 'latin1'), ...parts]);
    },
    read: (path) => [readWandbFile(path)],
  },
  {
    name: 'events.out.tfevents.1',
    bytes: disk.readFileSync(join(golden, 'tensorboard/events.out.tfevents.1700000000.golden.1.0')),
    records: (path) => tfRecords(path, () => undefined),
    write: (records) =>
      Buffer.concat(
        records.flatMap((data) => {
          const head = Buffer.alloc(12);
          head.writeBigUInt64LE(BigInt(data.length), 0);
          head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
          const tail = Buffer.alloc(4);
          tail.writeUInt32LE(maskedCrc32c(data), 0);
          return [head, data, tail];
        }),
      ),
    read: (path) => readTensorboard(root, [path]),
  },
];

it.each(logs)(
  'C5: $name that was changed is read or refused, and nothing else is touched',
  async ({ name, bytes, records, write, read }) => {
    const path = `${root}${name}`;
    files.clear();
    files.set(path, bytes);
    const all = Array.from(records(path), ({ data }) => Buffer.from(data)).filter(
      ({ length }) => length < 800,
    );
    expect(all.length).toBeGreaterThan(8);
    const random = new Random(13);
    const watch = new Watch();
    for (let round = 0; round < rounds; round++) {
      const some = Array.from({ length: 4 }, () => random.pick(all));
      const changed = random.integer(0, 3);
      files.set(
        path,
        round % 4 === 0
          ? mutated(random, write(some))
          : write(some.map((data, i) => (i === changed ? mutated(random, data) : data))),
      );
      await watch.wait(async () => {
        for (const { history } of read(path))
          for await (const { step } of history)
            if (typeof step !== 'number') throw new Error('A row counts no step.');
      });
    }
    watch.end(0.05);
    expect(outside).toEqual([]);
    expect(leftOpen()).toBe(0);
  },
  patience,
);
