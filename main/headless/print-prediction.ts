import type {
  HeldOut,
  PredictionDetail,
  SelectedFeature,
} from '../../shared/contract/predictions.ts';
import { textTable } from './cli/text-table.ts';

/** Features that are printed; all are in the answer of --json. */
const printed = 40;

/** A prediction as text: rows, what it is worth, the selected features, warnings, method. */
export function printPrediction(prediction: PredictionDetail): string {
  const { spec, label, rows, sequences, missing, predictors, latents, selected } = prediction;
  const more = selected.length - printed;
  return [
    `${label} from the features of ${spec.dictionary}   (${spec.family})`,
    `${rows} ${spec.unit}s of ${sequences} sequences, ${missing} without a label; ${predictors} of ${latents} features are active often enough`,
    '',
    ...worthLines(prediction),
    '',
    `${selected.length} features selected`,
    featureTable(prediction),
    ...(more > 0 ? [`… and ${more} more (--json)`] : []),
    ...(prediction.dependencies ?? []).map(({ sentence }) => `exact dependency: ${sentence}`),
    ...prediction.seeds.map(
      ({ dictionary, seed, selected: count, auc, r2, agreement }) =>
        `seed ${seed ?? '?'} (${dictionary}): ${count} selected, ${auc === null ? `R2 ${short(r2)}` : `AUC ${short(auc)}`}, predictions correlate ${short(agreement)}`,
    ),
    ...prediction.warnings.map((warning) => `warning: ${warning}`),
    '',
    prediction.method,
  ].join('\n');
}

function worthLines({ heldOut, unpenalised }: PredictionDetail): string[] {
  const line = (name: string, figures: HeldOut) =>
    figures.auc === null && figures.r2 !== null
      ? `${name}: R2 ${short(figures.r2)}, error ${short(figures.rmse)}`
      : `${name}: AUC ${short(figures.auc)}, accuracy ${short(figures.accuracy)} against a base rate of ${short(figures.baseRate)}, Brier ${short(figures.brier)}`;
  return [
    line(`held out (${heldOut.rows} rows), L1`, heldOut),
    ...(unpenalised.heldOut
      ? [line('held out, selected without a penalty', unpenalised.heldOut)]
      : []),
  ];
}

function featureTable({ selected, labels }: PredictionDetail): string {
  const withSeeds = selected.some(({ seeds }) => seeds.length > 0);
  return textTable([
    [
      'feature',
      'coefficient',
      'per sd',
      'no penalty',
      'alone r',
      'density',
      'VIF',
      ...(withSeeds ? ['other seeds'] : []),
      'label',
    ],
    ...selected
      .slice(0, printed)
      .map((one) => [
        one.feature,
        one.coefficient,
        one.standardised,
        one.unpenalised,
        one.alone,
        one.density,
        one.vif === 'Infinity' ? '∞' : one.vif,
        ...(withSeeds ? [seedWords(one)] : []),
        labels[String(one.feature)] ?? '',
      ]),
  ]);
}

function seedWords({ seeds }: SelectedFeature): string {
  const counts = Map.groupBy(seeds, ({ outcome }) => outcome);
  return [...counts].map(([outcome, some]) => `${some.length} ${outcome}`).join(', ');
}

function short(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(4)));
}
