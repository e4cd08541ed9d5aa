import type { Snippet } from 'svelte';
import type { DictionaryRow, FeatureRow } from '../../../shared/contract/features.ts';
import type { Column } from '../../components/data-table/columns.ts';
import { exactNumber, formatNumber } from '../../components/format.ts';
import { featureDefinitions as definitions, intervalText } from './feature-words.ts';

const widths = { mean: 80, max: 80, stability: 84, auc: 64, rating: 68 };
type Figure = keyof typeof widths;

/**
 * The columns of a dictionary's features; their keys are those that the host sorts by. Properties are
 * left out where there are no ground-truth labels.
 */
export function featureColumns(
  dictionary: DictionaryRow,
  density: Snippet<[FeatureRow]>,
): Column<FeatureRow>[] {
  const columns: Column<FeatureRow>[] = [
    {
      key: 'feature',
      title: '#',
      definition: 'Number of the latent in its dictionary.',
      numeric: true,
      sortable: true,
      width: 64,
      text: ({ feature }) => String(feature),
    },
    {
      key: 'label',
      title: 'Label',
      definition: definitions.label,
      sortable: true,
      width: 136,
      grows: true,
      text: ({ label }) => label ?? '',
    },
    {
      key: 'count',
      title: 'Density',
      definition: definitions.count,
      numeric: true,
      sortable: true,
      width: 192,
      text: ({ count }) => `${count} / ${dictionary.tokens}`,
      exact: (row) =>
        row.count === 0
          ? `dead at ${dictionary.tokens} tokens`
          : `${row.count} of ${dictionary.tokens} tokens: ${row.density}`,
      cell: density,
    },
    {
      key: 'interval',
      title: 'Density, 95 %',
      definition: definitions.interval,
      numeric: true,
      width: 148,
      text: intervalText,
      exact: ({ densityLow, densityHigh }) => `${densityLow} to ${densityHigh}`,
    },
    figure('mean', 'Mean'),
    figure('max', 'Max'),
    figure('stability', 'Stability'),
    figure('rating', 'Rating'),
  ];
  if (dictionary.properties.length === 0) return columns;
  return [
    ...columns,
    {
      key: 'property',
      title: 'Best property',
      definition: definitions.property,
      width: 144,
      text: ({ property }) => property ?? '–',
    },
    figure('auc', 'AUC'),
  ];
}

function figure(key: Figure, title: string): Column<FeatureRow> {
  return {
    key,
    title,
    definition: definitions[key],
    numeric: true,
    sortable: true,
    width: widths[key],
    text: (row) => formatNumber(row[key]),
    exact: (row) => exactNumber(row[key]),
  };
}
