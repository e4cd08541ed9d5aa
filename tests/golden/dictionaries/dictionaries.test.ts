import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { openDictionaries } from '../../../main/formats/dictionaries/open-dictionaries.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import { readDictionary } from '../../../main/jobs/worker/dictionary-file.ts';

const here = import.meta.dirname;
const cases = readdirSync(join(here, 'expected')).map((name) => name.replace('.safetensors', ''));

describe.each(['reference', 'wasm'] as const)('on the engine %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 1 });
  });
  afterAll(() => engine.close());

  it.each(cases)('%s encodes and decodes as its own tool does', (folder) => {
    const path = join(here, folder);
    const opened = openDictionaries(path);
    const names = opened.dictionaries.map((found) => found.name);
    opened.close();
    const golden = openSafetensors(join(here, 'expected', `${folder}.safetensors`));
    const expected = [...golden.tensors.keys()].filter((key) => key.endsWith('/x'));
    expect(names.toSorted()).toEqual(expected.map((key) => key.slice(0, -2)).toSorted());
    for (const dictionaryName of names) {
      const shape = golden.tensors.get(`${dictionaryName}/x`)!.shape;
      const x = engine.floats(golden.floats(`${dictionaryName}/x`), shape);
      const { dictionary } = readDictionary(`${path}#${dictionaryName}`, engine);
      const codes = dictionary.encode(x);
      const features = engine.densify(codes);
      const output = dictionary.decode(codes, x);
      expect(distance(engine.read(features), golden.floats(`${dictionaryName}/features`))).toBeLessThan(1e-5);
      expect(distance(engine.read(output), golden.floats(`${dictionaryName}/reconstruction`))).toBeLessThan(1e-5);
      engine.dispose(x, codes, features, output);
      dictionary.dispose();
    }
    golden.close();
    expect(engine.usage()).toMatchObject({ tensors: 0, bytes: 0 });
  });
});

/** Largest difference, relative to the largest number that is expected. */
function distance(found: ArrayLike<number>, expected: Float32Array): number {
  expect(found.length).toBe(expected.length);
  let [difference, size] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(found[i]! - expected[i]!));
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return difference / size;
}
