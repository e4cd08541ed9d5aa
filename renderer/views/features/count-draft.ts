import * as v from 'valibot';
import type { DictionaryRow } from '../../../shared/contract/features.ts';
import type { FoundItem } from '../../../shared/contract/project.ts';
import { featuresSpecSchema, type FeaturesSpec } from '../../../shared/domain/features-spec.ts';
import { hookPattern } from '../../../shared/domain/hook-name.ts';
import { tokensFrom } from '../train/text-tokens.ts';
import type { Ingredients } from '../train/suggest-spec.ts';

/** What the features of a dictionary are to be counted on; empty text where nothing is chosen. */
export interface CountDraft {
  readonly model: string;
  readonly hook: string;
  readonly tokens: string;
  /** The first so many sequences; null for all. */
  readonly sequences: number | null;
  readonly labels: string;
  /** The other seeds as well, in the same pass. */
  readonly others: boolean;
}

/** The model of the dictionary or else one of its width, and the smallest token file. */
export function firstDraft(
  dictionary: DictionaryRow,
  { models, tokens, texts }: Ingredients,
): CountDraft {
  const model =
    models.find(({ path, name }) => [path, name].includes(dictionary.model)) ??
    models.find(({ numbers }) => numbers['width'] === dictionary.dIn);
  const [smallest] = [...tokens].sort((a, b) => a.bytes - b.bytes);
  return {
    model: model?.path ?? '',
    hook: dictionary.hook,
    tokens: (smallest ?? texts[0])?.path ?? '',
    sequences: null,
    labels: '',
    others: true,
  };
}

/** Dictionaries that differ from this one in the seed alone, and whose features were not counted either. */
export function uncountedSeeds(
  { id, group }: DictionaryRow,
  all: readonly DictionaryRow[],
): DictionaryRow[] {
  return all.filter(
    (row) => group !== null && row.group === group && row.id !== id && row.tokens === 0,
  );
}

/** Why nothing can be counted yet; undefined where it can. */
export function countProblem({ model, hook, tokens }: CountDraft): string | undefined {
  if (model === '') return 'Choose the model that the dictionary belongs to.';
  if (!hookPattern.test(hook)) return 'Name the hook point, such as blocks.6.hook_resid_pre.';
  if (tokens === '') return 'Choose the tokens.';
  return undefined;
}

/** @throws ValiError where a number is out of range */
export function featuresSpec(
  dictionary: DictionaryRow,
  others: readonly DictionaryRow[],
  draft: CountDraft,
  ingredients: Ingredients,
): FeaturesSpec {
  const { model, hook, tokens, sequences, labels } = draft;
  const entry = ({ id, hook: own }: DictionaryRow) => ({ id, ...(own === '' && { hook }) });
  return v.parse(featuresSpecSchema, {
    kind: 'features',
    name: `features of ${dictionary.name}`.slice(0, 200),
    dictionaries: [dictionary, ...(draft.others ? others : [])].map(entry),
    model,
    tokens: tokensFrom(
      byPath([...ingredients.tokens, ...ingredients.texts], tokens)!,
      byPath(ingredients.models, model),
    ),
    ...(sequences !== null && { sequences }),
    ...(labels !== '' && { labels }),
  });
}

function byPath(items: readonly FoundItem[], path: string): FoundItem | undefined {
  return items.find((item) => item.path === path);
}
