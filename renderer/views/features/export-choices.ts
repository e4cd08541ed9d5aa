import type { DictionaryRow } from '../../../shared/contract/features.ts';
import type { DashboardFormat, ExportFormat } from '../../../shared/domain/dictionary-form.ts';

/** A layout in which a dictionary can be given away. */
export interface ExportChoice {
  readonly format: ExportFormat | DashboardFormat;
  readonly name: string;
  readonly about: string;
  /** Why it cannot be chosen; null where it can. */
  readonly why: string | null;
}

/** The layouts for a dictionary: its weights for tools that run it, its features for those that show them. */
export function exportChoices({ tokens, architecture }: DictionaryRow): ExportChoice[] {
  const noWeights =
    architecture === 'unknown'
      ? 'Not for this one: it came from a dashboard, which holds no weights.'
      : null;
  const noFeatures =
    tokens === 0 ? 'Not yet: the features of this dictionary were not counted.' : null;
  return [
    {
      format: 'saelens',
      name: 'SAELens',
      about: 'cfg.json and sae_weights.safetensors, as SAE.load_from_disk opens them',
      why: noWeights,
    },
    {
      format: 'dictionary_learning',
      name: 'dictionary_learning',
      about: 'config.json and ae.pt, as its load_dictionary opens them',
      why: noWeights,
    },
    {
      format: 'safetensors',
      name: 'Plain safetensors',
      about: 'one file of float32 tensors, for any program',
      why: noWeights,
    },
    {
      format: 'neuronpedia',
      name: 'Neuronpedia export',
      about: 'features, activations and labels as gzipped JSON lines (export format v1)',
      why: noFeatures,
    },
    {
      format: 'saedashboard',
      name: 'SAEDashboard JSON',
      about: 'batch-N.json with figures, histograms and examples of 128 features each',
      why: noFeatures,
    },
  ];
}
