import {
  bandOfExample,
  barsOf,
  promptsOf,
  type ExportedDictionary,
  type ExportedFeature,
} from './exported-feature.ts';
import { shortestFloat } from './shortest-float.ts';

/**
 * The pieces of a `batch-N.json` as SAEDashboard's runner writes it for Neuronpedia (SAEDashboard 0.8):
 * what stands before, between and after the features. `assay` holds what the format has no field for.
 */
export const saeDashboardBatch = {
  start({ model, layer, set, hook }: ExportedDictionary): string {
    const head = { model_id: model, layer, sae_set: set, sae_id_suffix: null, hook_name: hook };
    return `${JSON.stringify(head).slice(0, -1)},"features":[`;
  },
  end: ']}',
} as const;

/** One entry of `features`. */
export function saeDashboardFeature(
  feature: ExportedFeature,
  dictionary: ExportedDictionary,
): Record<string, unknown> {
  const { prompts, perPrompt } = promptsOf(dictionary);
  return {
    feature_index: feature.index,
    ...sharedFields(feature, dictionary.tokens),
    n_prompts_total: prompts,
    n_tokens_in_prompt: perPrompt,
    dataset: '',
    activations: feature.examples.map((example) => {
      const { min, max, contains } = bandOfExample(example, feature.max, dictionary.tokens);
      return {
        bin_min: min,
        bin_max: max,
        bin_contains: contains,
        tokens: example.tokens,
        values: example.values.map(shortestFloat),
        qualifying_token_index: example.at,
      };
    }),
    vector: [],
    assay: { ...exactOf(feature), neighbours: feature.neighbours, labels: feature.labels },
  };
}

/** Fields that SAEDashboard and Neuronpedia write under the same names. */
export function sharedFields(feature: ExportedFeature, tokens: number): Record<string, unknown> {
  const { middles, heights } = barsOf(feature);
  const { promoted, suppressed } = feature;
  return {
    neuron_alignment_indices: [],
    neuron_alignment_values: [],
    neuron_alignment_l1: [],
    correlated_neurons_indices: [],
    correlated_neurons_l1: [],
    correlated_neurons_pearson: [],
    correlated_features_indices: [],
    correlated_features_l1: [],
    correlated_features_pearson: [],
    neg_str: suppressed.map(({ token }) => token),
    neg_values: suppressed.map(({ value }) => shortestFloat(value)),
    pos_str: promoted.map(({ token }) => token),
    pos_values: promoted.map(({ value }) => shortestFloat(value)),
    frac_nonzero: tokens > 0 ? feature.count / tokens : 0,
    freq_hist_data_bar_values: middles,
    freq_hist_data_bar_heights: heights,
    logits_hist_data_bar_heights: [],
    logits_hist_data_bar_values: [],
    decoder_weights_dist: [],
  };
}

/** Exact figures that neither format has a field for. */
export function exactOf({ count, sum }: ExportedFeature): { count: number; sum: number } {
  return { count, sum: shortestFloat(sum) };
}
