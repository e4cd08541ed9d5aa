import { deflateRawSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { memoryBytes } from '../../main/formats/file-bytes.ts';
import { readPickle } from '../../main/formats/torch-zip/pickle.ts';
import { readTorchZip } from '../../main/formats/torch-zip/torch-zip.ts';
import { ZipFile } from '../../main/formats/zip-file.ts';
import { mutated, Watch } from '../support/mutations.ts';
import * as p from '../support/pickles.ts';
import { Random } from '../support/random.ts';
import { zipFile, type ZipEntry } from '../support/zip-file.ts';

const rounds = 100_000;

const pickles = [
  p.pickle(p.dictionary([p.text('w'), p.tensor()], [p.text('n'), p.int(3)])),
  p.pickle(
    p.op('}'),
    p.put(0),
    p.text('list'),
    Buffer.concat([p.op(']('), p.int(1), p.op('N\x88e')]),
    p.op('s'),
    p.text('again'),
    p.get(0),
    p.op('s'),
  ),
  p.pickle(
    p.dictionary([
      p.text('turned'),
      p.tensor({ shape: p.tuple(p.int(2), p.int(2)), strides: p.tuple(p.int(1), p.int(2)) }),
    ]),
  ),
];
const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

it('C2: pickles that were changed are read or refused', () => {
  const random = new Random(4);
  const watch = new Watch();
  for (let round = 0; round < rounds; round++) {
    const bytes = mutated(random, random.pick(pickles));
    watch.run(() => readPickle(bytes, 'x.pt'));
  }
  watch.end(0.01);
});

it('C2: what changed pickles say of tensors is held against what is stored', () => {
  const random = new Random(5);
  const watch = new Watch();
  const stored: ZipEntry = { name: 'm/data/0', data: numbers };
  for (let round = 0; round < rounds / 4; round++) {
    const data = mutated(random, random.pick(pickles));
    const bytes = zipFile([{ name: 'm/data.pkl', data }, stored]);
    watch.run(() => {
      const reader = readTorchZip(memoryBytes(bytes, 'x.pt'));
      for (const { name, dtype } of reader.tensors.values())
        if (/^(F|BF)/.test(dtype)) reader.floats(name);
        else reader.ints(name);
    });
  }
  watch.end(0.003);
});

it('C3: ZIP files that were changed are read or refused', () => {
  const text = Buffer.from('many many many words '.repeat(9));
  const packed = deflateRawSync(text);
  const deflated: ZipEntry = {
    name: 'a/words.npy',
    data: packed,
    method: 8,
    claim: { size: text.length, packed: packed.length, crc: 0 },
  };
  const golden = join(import.meta.dirname, '../golden');
  const files = [
    zipFile([
      { name: 'm/data.pkl', data: pickles[0]! },
      { name: 'm/data/0', data: numbers },
    ]),
    zipFile([deflated, { name: 'b.npy', data: numbers }], { comment: Buffer.from('said') }),
    readFileSync(join(golden, 'dictionaries/e2e-zip64/samples_9.pt')),
  ];
  const random = new Random(6);
  const watch = new Watch();
  for (let round = 0; round < rounds; round++) {
    const original = files[round % 20 === 0 ? 2 : round % 2]!;
    const bytes = mutated(random, original);
    watch.run(() => {
      const zip = ZipFile.read(memoryBytes(bytes, 'x.zip'), { largestCompressed: 1 << 20 });
      for (const entry of zip.entries.values()) zip.read(entry);
    });
  }
  watch.end(0.001);
});
