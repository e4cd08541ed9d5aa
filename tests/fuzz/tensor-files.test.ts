import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memoryBytes } from '../../main/formats/file-bytes.ts';
import { readNpz } from '../../main/formats/npz.ts';
import { readSafetensors } from '../../main/formats/safetensors.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { mutated, Watch } from '../support/mutations.ts';
import { Random } from '../support/random.ts';
import { zipFile } from '../support/zip-file.ts';

const rounds = 100_000;

/** Reads all that a file holds. */
export function readAll(reader: TensorReader): void {
  for (const { name, dtype } of reader.tensors.values())
    if (/^(F|BF)/.test(dtype)) reader.floats(name);
    else reader.ints(name);
  reader.close();
}

/** A header with its length in front, and the data. */
function safetensors(header: Buffer, data: Buffer, length = header.length): Buffer {
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([field, header, data]);
}

it('C1: safetensors that were changed are read or refused', () => {
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: 'pt', note: 'x' },
      a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      b: { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
      c: { dtype: 'I64', shape: [], data_offsets: [32, 40] },
      d: { dtype: 'BOOL', shape: [0, 7], data_offsets: [40, 40] },
    }),
  );
  const data = Buffer.alloc(40);
  const random = new Random(1);
  const watch = new Watch();
  for (let round = 0; round < rounds; round++) {
    // Half of them as they come, half with a length that fits, so that what lies behind it is reached.
    const bytes =
      round % 2 === 0
        ? mutated(random, safetensors(header, data))
        : safetensors(mutated(random, header), data);
    watch.run(() => readAll(readSafetensors(memoryBytes(bytes, 'x.safetensors'))));
  }
  watch.end(0.01);
});

it('C4: npz whose arrays were changed are read or refused', () => {
  const array = (header: string, data: Buffer) => {
    const text = Buffer.from(`${header.padEnd(117)}\n`, 'latin1');
    return Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.from([text.length, 0]),
      text,
      data,
    ]);
  };
  const arrays = [
    array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", Buffer.alloc(24, 1)),
    array("{'descr': '<f2', 'fortran_order': True, 'shape': (3, 2), }", Buffer.alloc(12, 1)),
    array("{'descr': '|i1', 'fortran_order': False, 'shape': (), }", Buffer.alloc(1, 1)),
  ];
  const random = new Random(2);
  const watch = new Watch();
  for (let round = 0; round < rounds; round++) {
    const data = mutated(random, random.pick(arrays));
    watch.run(() => readAll(readNpz(memoryBytes(zipFile([{ name: 'W_enc.npy', data }]), 'x.npz'))));
  }
  watch.end(0.01);
});

it('C4: a real npz that was changed is read or refused', () => {
  const golden = join(import.meta.dirname, '../golden/dictionaries');
  const path = 'layer_3/width_16k/average_l0_7/params.npz';
  const files = ['gemma-scope', 'gemma-scope-compressed', 'gemma-scope-fortran'].map((name) =>
    readFileSync(join(golden, name, path)),
  );
  expect(files.length).toBe(3);
  const random = new Random(3);
  const watch = new Watch();
  for (let round = 0; round < rounds / 10; round++) {
    const bytes = mutated(random, files[round % files.length]!);
    watch.run(() => readAll(readNpz(memoryBytes(bytes, 'x.npz'))));
  }
  watch.end();
});
