import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openDictionaries } from '../../../../main/formats/dictionaries/open-dictionaries.ts';
import { matrixOf, type Rows } from '../../../../main/formats/dictionaries/rows.ts';
import { storeDictionary } from '../../../../main/formats/dictionaries/store.ts';
import { openSafetensors } from '../../../../main/formats/safetensors.ts';
import { writeTorchZip } from '../../../../main/formats/torch-zip/torch-writer.ts';
import { openTorchZip } from '../../../../main/formats/torch-zip/torch-zip.ts';
import { temporaryFolder } from '../../../support/folders.ts';

/** More numbers than a strip holds, in rows that no block divides. */
const width = 260;
const latents = 33_001;
const prefix = 'blocks-6-hook_resid_pre.';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = temporaryFolder();
  file = join(folder, 'samples_1.pt');
  await write(file);
});

function write(path: string): Promise<void> {
  const tensor = (name: string, shape: readonly number[]) => ({
    name: `${prefix}${name}`,
    type: 'FloatStorage' as const,
    shape,
    pieces: function* () {
      const count = shape.reduce((product, length) => product * length, 1);
      yield Buffer.from(
        Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 65_537) / 32_768 - 1).buffer,
      );
    },
  });
  return writeTorchZip(path, [
    tensor('encoder.0.weight', [latents, width]),
    tensor('encoder.0.bias', [latents]),
    tensor('decoder.weight', [width, latents]),
    tensor('decoder.bias', [width]),
  ]);
}

async function store(path: string, name = 'dictionary'): Promise<string> {
  const out = join(folder, `${name}.safetensors`);
  const opened = openDictionaries(path);
  try {
    for (const found of opened.dictionaries) await storeDictionary(out, found);
    return out;
  } finally {
    opened.close();
  }
}

it('a dictionary larger than a strip is stored by latents, its decoder of unit length', async () => {
  const stored = openSafetensors(await store(file));
  const source = openTorchZip(file);
  try {
    const encoder = source.floats(`${prefix}encoder.0.weight`);
    expect(Buffer.from(stored.floats('encoder').buffer).equals(Buffer.from(encoder.buffer))).toBe(
      true,
    );
    const raw = source.floats(`${prefix}decoder.weight`);
    const decoder = stored.floats('decoder');
    expect(decoder.length).toBe(width * latents);
    let worst = 0;
    for (let latent = 0; latent < latents; latent++) {
      let squares = 0;
      for (let j = 0; j < width; j++) squares += raw[j * latents + latent]! ** 2;
      const norm = Math.sqrt(squares);
      for (let j = 0; j < width; j++)
        worst = Math.max(
          worst,
          Math.abs(decoder[latent * width + j]! - raw[j * latents + latent]! / norm),
        );
    }
    expect(worst).toBeLessThan(1e-7);
  } finally {
    stored.close();
    source.close();
  }
});

it.each(['encoder.0.weight', 'decoder.weight'])(
  'a changed byte in the middle of %s is found by its checksum',
  async (name) => {
    const damaged = join(folder, 'samples_2.pt');
    copyFileSync(file, damaged);
    const half = 2 * width * latents;
    // The encoder comes first in the file, the decoder in its second half.
    const at = name.startsWith('encoder') ? half : 3 * half;
    const fd = openSync(damaged, 'r+');
    writeSync(fd, Buffer.from([0x55]), 0, 1, at);
    closeSync(fd);
    await expect(store(damaged)).rejects.toMatchObject({ code: 'corrupt' });
  },
);

it('two that are stored at the same time are as they are one after the other', async () => {
  const alone = readFileSync(await store(file));
  const both = await Promise.all([store(file, 'first'), store(file, 'second')]);
  for (const path of both) expect(readFileSync(path).equals(alone)).toBe(true);
});

it('matrices are turned whichever parts of them are asked for in turns', () => {
  const source = openTorchZip(file);
  try {
    const names = [`${prefix}encoder.0.weight`, `${prefix}decoder.weight`] as const;
    const [tall, wide] = names.map((name) => ({
      values: source.floats(name),
      turned: matrixOf(source, name, 'columns'),
    })) as [Matrix, Matrix];
    for (const row of [0, 200, 17_000, 32_990, 17_000]) {
      expectTurned(wide, row, row + 5);
      expectTurned(tall, row % 250, (row % 250) + 5);
    }
  } finally {
    source.close();
  }
});

interface Matrix {
  readonly values: Float32Array;
  readonly turned: Rows;
}

function expectTurned({ values, turned }: Matrix, start: number, end: number): void {
  const { rows, columns } = turned;
  const expected = Array.from({ length: (end - start) * columns }, (_, i) => {
    const row = start + Math.floor(i / columns);
    return values[(i % columns) * rows + row]!;
  });
  expect([...turned.read(start, end)]).toEqual(expected);
}
