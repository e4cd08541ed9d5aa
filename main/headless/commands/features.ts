import { featureSortKeys, type FeatureRow } from '../../../shared/contract/features.ts';
import { limits } from '../../../shared/limits.ts';
import { readFeaturePage } from '../../host/read-features.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { collectFeatures, collectOptions } from './collect-features.ts';
import { projectOption, withProject } from './read-project.ts';

const deadChoices = ['show', 'hide', 'only'] as const;

export const features: Command = {
  name: 'features',
  summary: 'Lists the features of a dictionary, or counts those of several anew.',
  parameters: ['DICTIONARY', '[MORE...]'],
  options: {
    ...projectOption,
    ...collectOptions,
    search: { type: 'string', value: 'WORDS', help: 'a number, or words of labels' },
    sort: { type: 'string', value: 'COLUMN', help: featureSortKeys.join(', ') },
    descending: { type: 'boolean', help: 'largest first' },
    dead: { type: 'string', value: 'CHOICE', help: deadChoices.join(', ') },
    'min-count': { type: 'string', value: 'N', help: 'at least so many activations' },
    list: { type: 'string', value: 'NAME', help: 'those on a list' },
    offset: { type: 'string', value: 'N', help: 'rows to skip' },
    limit: {
      type: 'string',
      value: 'N',
      help: `rows to list, at most ${limits.pageRows}; 50 by default`,
    },
  },
  example: 'assay features dict_0123456789abcdef --sort max --descending --limit 20',
  run: async (context) => {
    const { parameters, values, output } = context;
    if (values['collect'] === true) return collectFeatures(context);
    if (parameters.length > 1) throw usage('One dictionary is listed at a time.');
    return withProject(values, (view) => {
      const page = readFeaturePage(view, parameters[0]!, {
        search: textValue(values, 'search') ?? '',
        dead: oneOf(values, 'dead', deadChoices, 'show'),
        labelled: 'any',
        minCount: wholeValue(values, 'min-count', 0),
        minRating: 0,
        list: textValue(values, 'list') ?? '',
        sort: oneOf(values, 'sort', featureSortKeys, 'feature'),
        descending: values['descending'] === true,
        offset: wholeValue(values, 'offset', 0),
        limit: wholeValue(values, 'limit', 50, limits.pageRows),
      });
      output.answer(page, () => `${featureTable(page.rows)}\n${page.rows.length} of ${page.total}`);
    });
  },
};

function featureTable(rows: readonly FeatureRow[]): string {
  return textTable([
    ['feature', 'count', 'density', 'mean', 'max', 'stability', 'property', 'AUC', 'label'],
    ...rows.map((row) => [
      row.feature,
      row.count,
      row.density,
      row.mean,
      row.max,
      row.stability,
      row.property,
      row.auc,
      row.label,
    ]),
  ]);
}

function oneOf<T extends string>(
  values: Values,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const value = textValue(values, name) ?? fallback;
  const choice = choices.find((other) => other === value);
  if (choice !== undefined) return choice;
  throw usage(`--${name} must be one of ${choices.join(', ')}, not '${value}'.`);
}
