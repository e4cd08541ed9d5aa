import type { Example, FeatureDetail } from '../../../shared/contract/features.ts';

/**
 * Examples of a thousand features repeat the same tokens a million times. In the embedded data a
 * token's text stands once, in a vocabulary by id; an example keeps its ids, and its tokens only
 * where they say something that the vocabulary does not. This halves the file.
 */
export type PackedExample = Omit<Example, 'tokens'> & { readonly tokens?: readonly string[] };
export type PackedFeature = Omit<FeatureDetail, 'groups'> & {
  readonly groups: readonly (Omit<FeatureDetail['groups'][number], 'examples'> & {
    readonly examples: readonly PackedExample[];
  })[];
};

/**
 * A feature as the embedded data hold it; token texts that are new go into the vocabulary.
 * Activations are rounded to five significant digits, more than shading and reading need.
 */
export function packFeature(detail: FeatureDetail, vocabulary: Map<number, string>): PackedFeature {
  return {
    ...detail,
    groups: detail.groups.map((group) => ({
      ...group,
      examples: group.examples.map((example) => packExample(example, vocabulary)),
    })),
  };
}

function packExample(example: Example, vocabulary: Map<number, string>): PackedExample {
  const { tokens, ...rest } = example;
  const activations = example.activations.map((value) =>
    value === 0 ? 0 : Number(value.toPrecision(5)),
  );
  const isKnown =
    tokens.length === rest.ids.length &&
    tokens.every((token, index) => {
      const id = rest.ids[index] ?? 0;
      if (!vocabulary.has(id)) vocabulary.set(id, token);
      return vocabulary.get(id) === token;
    });
  return isKnown ? { ...rest, activations } : { ...rest, activations, tokens };
}

/** The feature of the contract again. */
export function unpackFeature(
  packed: PackedFeature,
  vocabulary: ReadonlyMap<number, string>,
): FeatureDetail {
  return {
    ...packed,
    groups: packed.groups.map((group) => ({
      ...group,
      examples: group.examples.map((example) => ({
        ...example,
        tokens: [...(example.tokens ?? example.ids.map((id) => vocabulary.get(id) ?? ''))],
      })),
    })),
  };
}
