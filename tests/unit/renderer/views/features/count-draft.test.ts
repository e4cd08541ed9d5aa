import { expect, test } from 'vitest';
import {
  countProblem,
  featuresSpec,
  firstDraft,
  uncountedSeeds,
} from '../../../../../renderer/views/features/count-draft.ts';
import { findIngredients } from '../../../../../renderer/views/train/suggest-spec.ts';
import type { DictionaryRow } from '../../../../../shared/contract/features.ts';
import type { FoundItem } from '../../../../../shared/contract/project.ts';

function dictionary(changes: Partial<DictionaryRow>): DictionaryRow {
  const none = { run: null, job: null, group: null, objective: null, seed: null, imported: null };
  return {
    ...none,
    id: 'dict_0000000000a',
    name: 'a',
    hook: 'blocks.1.hook_resid_pre',
    model: 'models/small',
    architecture: 'relu',
    dIn: 8,
    latents: 24,
    tokens: 0,
    context: 0,
    alive: null,
    properties: [],
    ...changes,
  };
}

function item(kind: FoundItem['kind'], path: string, more: Partial<FoundItem> = {}): FoundItem {
  const name = path.split('/').at(-1)!;
  return { kind, path, name, format: '', bytes: 1, facts: [], numbers: {}, problem: null, ...more };
}

const ingredients = findIngredients([
  item('model', 'models/large', { numbers: { width: 16, context: 64 } }),
  item('model', 'models/small', { numbers: { width: 8, context: 64 } }),
  item('tokens', 'train.npy', { bytes: 200 }),
  item('tokens', 'held-out.npy', { bytes: 100 }),
  item('text', 'stories.txt'),
]);

test('the draft begins with the model of the dictionary and the smallest tokens', () => {
  expect(firstDraft(dictionary({}), ingredients)).toMatchObject({
    model: 'models/small',
    tokens: 'held-out.npy',
    hook: 'blocks.1.hook_resid_pre',
  });
  // Of another tool's name for the model only the width tells.
  expect(firstDraft(dictionary({ model: 'gpt2', dIn: 16 }), ingredients).model).toBe(
    'models/large',
  );
  const unknown = firstDraft(dictionary({ model: 'gpt2', dIn: 5 }), ingredients);
  expect(countProblem(unknown)).toContain('Choose the model');
});

test('other seeds are those of the group whose features are missing as well', () => {
  const all = [
    dictionary({ group: 'g' }),
    dictionary({ id: 'dict_0000000000b', group: 'g', seed: 1 }),
    dictionary({ id: 'dict_0000000000c', group: 'g', seed: 2, tokens: 512 }),
    dictionary({ id: 'dict_0000000000d', group: 'h' }),
  ];
  expect(uncountedSeeds(all[0]!, all).map(({ id }) => id)).toEqual(['dict_0000000000b']);
  // Imported ones have no group, and are no seeds of each other.
  expect(uncountedSeeds(dictionary({}), [dictionary({ id: 'dict_0000000000e' })])).toEqual([]);
});

test('the spec names what was chosen, the hook point only where the dictionary has none', () => {
  const plain = dictionary({});
  const draft = { ...firstDraft(plain, ingredients), tokens: 'stories.txt', sequences: 50 };
  const other = dictionary({ id: 'dict_0000000000b', hook: '' });
  expect(featuresSpec(plain, [other], draft, ingredients)).toMatchObject({
    kind: 'features',
    dictionaries: [
      { id: 'dict_0000000000a' },
      { id: 'dict_0000000000b', hook: 'blocks.1.hook_resid_pre' },
    ],
    model: 'models/small',
    tokens: { file: 'stories.txt', context: 64, text: { packing: 'concatenate' } },
    sequences: 50,
  });
  const alone = featuresSpec(plain, [other], { ...draft, others: false }, ingredients);
  expect(alone.dictionaries).toEqual([{ id: 'dict_0000000000a' }]);
  expect(countProblem({ ...draft, hook: 'layer 3' })).toContain('Name the hook point');
  expect(() => featuresSpec(plain, [], { ...draft, sequences: 0 }, ingredients)).toThrow();
});
