import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { ModelTokenizer } from '../../../main/compute/model/tokenizer.ts';
import { openModelFolder } from '../../../main/formats/model-folder.ts';
import { openTokenFile } from '../../../main/formats/token-file.ts';
import { expectForwardToAgree } from '../../support/golden-forward.ts';

const sample = resolve(import.meta.dirname, '../../../resources/sample');
const model = resolve(sample, 'model');

it.each(['wasm', 'reference'] as const)(
  "the sample model's forward pass on %s agrees with Hugging Face transformers",
  async (name) => {
    const engine = await openEngine(name, { threads: 2 });
    try {
      expectForwardToAgree(engine, model, resolve(import.meta.dirname, 'golden.safetensors'));
    } finally {
      await engine.close();
    }
  },
);

it("the sample's tokenizer gives the tokens of its stories back", () => {
  const folder = openModelFolder(model);
  folder.weights.close();
  const { document, config, file } = folder.tokenizer!;
  const tokenizer = ModelTokenizer.parse(document, config, 1024, file);
  const tokens = openTokenFile(resolve(sample, 'tokens_val.safetensors'), 'input_ids');
  const end = tokenizer.encode('<|endoftext|>').ids[0]!;
  for (const row of [0, 1, 2, 3]) {
    const ids = [...tokens.read([row])];
    // The last story of a row is cut, perhaps in the middle of a word.
    const story = ids.slice(1, ids.indexOf(end, 1));
    const text = tokenizer.decode(story);
    expect(text).toMatch(/^[A-Z][a-z]+ .*\.$|^[A-Z][a-z]+ .*"$/);
    expect(tokenizer.encode(text).ids).toEqual(story);
  }
  tokens.close();
});
