import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../../../main/compute/engines/reference/reference-engine.ts';
import {
  openArchitecture,
  type ArchitectureSpec,
} from '../../../../../main/compute/sae/architectures/open-architecture.ts';
import { FrozenDictionary } from '../../../../../main/compute/sae/frozen-dictionary.ts';
import { openSafetensors } from '../../../../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../../../../main/formats/safetensors-writer.ts';
import {
  readDictionary,
  writeDictionary,
} from '../../../../../main/jobs/worker/dictionary-file.ts';
import { Random } from '../../../../support/random.ts';

const engine = createReferenceEngine();
const folder = mkdtempSync(join(tmpdir(), 'assay-dictionary-'));
afterAll(() => rmSync(folder, { recursive: true }));
const shape = { dIn: 6, latents: 20 };
const metadata = { hook: 'x', model: 'model', processing: 'none', seed: '0' } as const;

function write(spec: ArchitectureSpec) {
  const path = join(folder, `${spec.architecture}.safetensors`);
  const architecture = openArchitecture(spec);
  const parameters = architecture.initialise(engine, shape, 3);
  const buffers = architecture.buffers?.(shape) ?? {};
  buffers['threshold']?.fill(0.6);
  const dictionary = FrozenDictionary.copy(engine, architecture, parameters, buffers);
  engine.dispose(...Object.values<Tensor>(parameters));
  writeDictionary(path, engine, dictionary, metadata);
  return { path, dictionary };
}

describe('a dictionary file', () => {
  const random = new Random(1);
  const x = engine.floats(
    Float64Array.from({ length: 60 }, () => random.normal()),
    [10, 6],
  );

  it.each<ArchitectureSpec>([
    { architecture: 'relu' },
    { architecture: 'topk', k: 3 },
    { architecture: 'batchtopk', k: 3 },
    { architecture: 'matryoshka', k: 3 },
    { architecture: 'jumprelu', threshold: 0.5 },
    { architecture: 'gated' },
  ])('of $architecture encodes and decodes as the dictionary that was written', (spec) => {
    const { path, dictionary } = write(spec);
    const read = readDictionary(path, engine).dictionary;
    expect(read.architecture.name).toBe(spec.architecture);
    const [before, after] = [dictionary, read].map((each) => {
      const codes = each.encode(x);
      const output = each.decode(codes, x);
      const found = {
        indices: Array.from(engine.readInts(codes.indices)),
        output: Array.from(engine.read(output)),
      };
      engine.dispose(codes, output);
      return found;
    });
    expect(after!.indices).toEqual(before!.indices);
    expect(after!.indices.length).toBeGreaterThan(9);
    expect(after!.indices.length).toBeLessThan(150);
    // Files are float32.
    after!.output.forEach((value, i) => expect(value).toBeCloseTo(before!.output[i]!, 5));
    dictionary.dispose();
    read.dispose();
  });

  it('is refused where it lacks the k that its encoder keeps', () => {
    const reader = openSafetensors(write({ architecture: 'topk', k: 3 }).path);
    const tensors = [...reader.tensors].map(([name, { shape: lengths }]) => ({
      name,
      shape: lengths,
      data: reader.floats(name),
    }));
    const path = join(folder, 'without-k.safetensors');
    for (const k of [undefined, '0', 'many']) {
      const said = { ...Object.fromEntries(reader.metadata), ...(k && { k }) };
      if (k === undefined) delete said['k'];
      writeSafetensors(path, tensors, said);
      expect(() => readDictionary(path, engine)).toThrow(
        expect.objectContaining({ code: 'unsupported' }),
      );
    }
    reader.close();
  });
});
