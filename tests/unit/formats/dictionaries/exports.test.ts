import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportDictionary } from '../../../../main/formats/dictionaries/exports/export-dictionary.ts';
import { storedBytes, type FoundDictionary } from '../../../../main/formats/dictionaries/found.ts';
import { openDictionaries } from '../../../../main/formats/dictionaries/open-dictionaries.ts';
import { wholeOf } from '../../../../main/formats/dictionaries/rows.ts';
import { exportFormats, formTensors } from '../../../../shared/domain/dictionary-form.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const golden = resolve(import.meta.dirname, '../../../golden/dictionaries');
const cases = readdirSync(join(golden, 'expected')).map((name) => name.replace('.safetensors', ''));

/** Cases that a format has no dictionary for, or that its library keeps in another way. */
const refusedBy = {
  saelens: /groupmax|sparsify-transcoder/,
  dictionary_learning: /groupmax|abstopk|norm|transcoder|skip|affine|openai-topk/,
  safetensors: /^$/,
};

/**
 * Centred dictionaries whose decoder has other norms than 1, or whose thresholds differ: the library has
 * none such that it would leave as they are, and the bias of the encoder takes the centring up.
 */
const folded =
  /^(openai-relu|openai-tied|saelens-(5|5-scaled|bf16|fp16|jumprelu|jumprelu-negative|sparsity|square|standard))$/;

describe.each(exportFormats)('an export to %s', (format) => {
  it.each(cases.filter((name) => !refusedBy[format].test(name)))(
    'of %s reads back as the same dictionary',
    async (name) => {
      const original = openDictionaries(join(golden, name));
      for (const found of original.dictionaries) {
        const folder = join(temporaryFolder(), 'out');
        await exportDictionary(found, format, folder);
        const again = openDictionaries(folder);
        const [back] = again.dictionaries;
        expect(again.dictionaries.length).toBe(1);
        expect(back!.sizes).toEqual(found.sizes);
        const isFolded = format === 'dictionary_learning' && folded.test(name);
        expect(back!.form).toEqual(isFolded ? { ...found.form, centred: false } : found.form);
        expectSameTensors(back!, found, isFolded ? ['encoderBias'] : []);
        again.close();
      }
      original.close();
    },
  );

  it('replaces no file', async () => {
    const original = openDictionaries(join(golden, 'dl-topk'));
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    const [file] = {
      saelens: ['cfg.json'],
      dictionary_learning: ['ae.pt'],
      safetensors: ['dictionary.safetensors'],
    }[format];
    writeFileSync(join(folder, file!), 'mine');
    await expect(exportDictionary(original.dictionaries[0]!, format, folder)).rejects.toMatchObject(
      { code: 'not-allowed-now' },
    );
    expect(readdirSync(folder)).toEqual([file]);
    original.close();
  });

  it('tells how far it is, and leaves nothing where it is stopped', async () => {
    const original = openDictionaries(join(golden, 'dl-topk'));
    const [found] = original.dictionaries;
    let bytes = 0;
    await exportDictionary(found!, format, join(temporaryFolder(), 'out'), (more) => {
      bytes += more;
      return Promise.resolve();
    });
    expect(bytes).toBeGreaterThanOrEqual(storedBytes(found!));
    const folder = join(temporaryFolder(), 'out');
    let parts = 0;
    const stop = new Error('stopped');
    const pace = () => (++parts === 3 ? Promise.reject(stop) : Promise.resolve());
    await expect(exportDictionary(found!, format, folder, pace)).rejects.toBe(stop);
    expect(readdirSync(folder)).toEqual([]);
    original.close();
  });
});

it.each([
  ['saelens', 'sparsify-groupmax'],
  ['dictionary_learning', 'sparsify-groupmax'],
  ['dictionary_learning', 'saelens-layer-norm'],
  ['dictionary_learning', 'saelens-transcoder'],
] as const)('%s says that it cannot hold %s', async (format, name) => {
  const original = openDictionaries(join(golden, name));
  const folder = join(temporaryFolder(), 'out');
  await expect(exportDictionary(original.dictionaries[0]!, format, folder)).rejects.toMatchObject({
    code: 'unsupported',
  });
  original.close();
});

function expectSameTensors(
  back: FoundDictionary,
  found: FoundDictionary,
  except: readonly string[],
): void {
  for (const { name } of formTensors(found.form, found.sizes)) {
    if (except.includes(name)) continue;
    const [after, before] = [wholeOf(back.tensors[name]!), wholeOf(found.tensors[name]!)];
    expect(after, name).toEqual(before);
  }
}
