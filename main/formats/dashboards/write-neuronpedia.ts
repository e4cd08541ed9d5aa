import {
  bandOfExample,
  promptsOf,
  type ExportedDictionary,
  type ExportedFeature,
} from './exported-feature.ts';
import { shortestFloat } from './shortest-float.ts';
import { exactOf, sharedFields } from './write-saedashboard.ts';

const creator = 'assay';

/** Identifier of a source in Neuronpedia. */
export function sourceId({ layer, set }: ExportedDictionary): string {
  return `${layer}-${set}`;
}

/** The four files that say what an export is of, by name; one JSON line each. */
export function neuronpediaHead(dictionary: ExportedDictionary): Record<string, unknown> {
  const { model, set } = dictionary;
  const createdAt = new Date(dictionary.createdAt).toISOString();
  const { prompts, perPrompt } = promptsOf(dictionary);
  return {
    'release.jsonl': {
      name: set,
      description: set,
      descriptionShort: set,
      urls: [],
      creatorName: creator,
      creatorNameShort: creator,
      creatorId: creator,
      createdAt,
      visibility: 'PUBLIC',
    },
    'model.jsonl': {
      id: model,
      instruct: false,
      displayName: model,
      displayNameShort: model,
      creatorId: creator,
      createdAt,
      updatedAt: createdAt,
    },
    'sourceset.jsonl': {
      modelId: model,
      name: set,
      creatorId: creator,
      creatorName: creator,
      createdAt,
      releaseName: set,
      description: set,
      visibility: 'PUBLIC',
    },
    'source.jsonl': {
      modelId: model,
      setName: set,
      visibility: 'PUBLIC',
      dataset: null,
      id: sourceId(dictionary),
      num_prompts: prompts,
      num_tokens_in_prompt: perPrompt,
      creatorId: creator,
      createdAt,
    },
  };
}

/** The rows of one feature: its own, its examples' and its labels'. */
export function neuronpediaRows(feature: ExportedFeature, dictionary: ExportedDictionary) {
  const { model, hook, tokens } = dictionary;
  const { index, max, neighbours } = feature;
  const layer = sourceId(dictionary);
  const createdAt = new Date(dictionary.createdAt).toISOString();
  const own = { modelId: model, layer, index: String(index), creatorId: creator, createdAt };
  const name = `assay-${layer}-${index}`;
  return {
    feature: {
      ...own,
      maxActApprox: shortestFloat(max),
      hasVector: false,
      vector: [],
      vectorLabel: null,
      hookName: hook,
      topkCosSimIndices: neighbours.map((other) => other.feature),
      topkCosSimValues: neighbours.map(({ cosine }) => shortestFloat(cosine)),
      ...sharedFields(feature, tokens),
      assay: exactOf(feature),
    },
    activations: feature.examples.map((example, i) => {
      const band = bandOfExample(example, max, tokens);
      const values = example.values.map(shortestFloat);
      const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
      return {
        id: `${name}-${i}`,
        ...own,
        tokens: example.tokens,
        values,
        maxValue: largest,
        maxValueTokenIndex: values.indexOf(largest),
        minValue: values.reduce((least, value) => Math.min(least, value), Infinity),
        dfaValues: [],
        dfaTargetIndex: null,
        dfaMaxValue: null,
        lossValues: [],
        logitContributions: null,
        binMin: band.min,
        binMax: band.max,
        binContains: band.contains,
        qualifyingTokenIndex: example.at,
        dataIndex: null,
        dataSource: null,
      };
    }),
    explanations: feature.labels.map(({ text, author, time }, i) => ({
      id: `${name}-label-${i}`,
      modelId: model,
      layer,
      index: String(index),
      description: text,
      authorId: author,
      typeName: null,
      explanationModelName: null,
      createdAt: new Date(time).toISOString(),
    })),
  };
}
