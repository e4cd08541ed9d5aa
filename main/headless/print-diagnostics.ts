import type { FitDiagnostics } from '../../shared/contract/fit-diagnostics.ts';
import { align, number, probability } from './print-numbers.ts';

const shownDimensions = 8;
const shownRows = 5;

/** The diagnostics of a fit as text: collinearity, rows, prediction, variables alone, shares. */
export function printDiagnostics(found: FitDiagnostics): string {
  return [
    ...inflationLines(found),
    ...collinearityLines(found),
    ...rowLines(found),
    ...predictionLines(found),
    ...aloneLines(found),
    ...shareLines(found),
    ...adjustedLines(found),
    ...found.omitted.map(({ what, why }) => `not calculated: ${what}. ${why}`),
  ].join('\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length < 2 ? [] : [title, ...align(rows).map((line) => `  ${line}`), ''];
}

function inflationLines({ inflation }: FitDiagnostics): string[] {
  if (!inflation.some(({ df }) => df > 1)) return [];
  return section('generalised variance inflation', [
    ['term', 'df', 'GVIF', 'GVIF^(1/(2 df))'],
    ...inflation.map(({ term, df, gvif, adjusted }) => [
      term,
      String(df),
      number(gvif, 5),
      number(adjusted, 5),
    ]),
  ]);
}

function collinearityLines({ collinearity }: FitDiagnostics): string[] {
  if (!collinearity) return [];
  const worst = collinearity.dimensions.slice(-shownDimensions);
  return section('condition indices with the largest shares of variance', [
    ['columns', 'index'],
    ...worst.map(({ index, proportions }) => [
      proportions
        .map((share, j) => ({ share: share ?? 0, name: collinearity.columns[j]! }))
        .filter(({ share }) => share > 0.3)
        .map(({ share, name }) => `${name} ${share.toFixed(2)}`)
        .join(', '),
      number(index, 4),
    ]),
  ]);
}

function rowLines(found: FitDiagnostics): string[] {
  const { influence, durbinWatson, breuschPagan, press, predictedR2 } = found;
  if (!influence) return [];
  const tests = [
    ...(durbinWatson === null ? [] : [`Durbin-Watson ${number(durbinWatson)}`]),
    ...(breuschPagan === null
      ? []
      : [
          `Breusch-Pagan ${number(breuschPagan.statistic)} on ${breuschPagan.df}, p ${probability(breuschPagan.p)}`,
        ]),
    ...(press === null ? [] : [`PRESS ${number(press)}, predicted R² ${number(predictedR2)}`]),
  ];
  return [
    ...section('most influential rows', [
      ['row', 'fitted', 'residual', 'studentised', 'leverage', 'Cook'],
      ...influence.most
        .slice(0, shownRows)
        .map((row) => [
          String(row.row),
          number(row.fitted),
          number(row.residual),
          number(row.studentised, 4),
          number(row.leverage, 4),
          number(row.cook, 4),
        ]),
    ]),
    ...(tests.length > 0 ? [...tests, ''] : []),
  ];
}

function predictionLines({ calibration, roc }: FitDiagnostics): string[] {
  if (!calibration || !roc) return [];
  return [
    ...section('calibration', [
      ['predicted', 'observed', '95 %', 'n'],
      ...calibration.bins.map((bin) => [
        number(bin.predicted, 3),
        number(bin.observed, 3),
        `${number(bin.low, 3)} to ${number(bin.high, 3)}`,
        String(bin.n),
      ]),
    ]),
    `AUC ${number(roc.auc)}, Brier ${number(calibration.brier)} (base rate ${number(calibration.brierOfBaseRate)})`,
    '',
  ];
}

function aloneLines({ zeroOrder }: FitDiagnostics): string[] {
  const notes = zeroOrder.flatMap(({ term, note }) => (note === null ? [] : [`${term}: ${note}`]));
  return [
    ...section('each variable alone, and with the others held fixed', [
      ['term', 'alone', 'statistic', 'together', 'statistic'],
      ...zeroOrder.map(({ term, alone, together }) => [
        term,
        number(alone.estimate),
        number(alone.statistic, 4),
        number(together.estimate),
        number(together.statistic, 4),
      ]),
    ]),
    ...(notes.length > 0 ? [...notes, ''] : []),
  ];
}

function shareLines({ importance }: FitDiagnostics): string[] {
  if (!importance) return [];
  const how = importance.orders === null ? 'all orders' : `${importance.orders} drawn orders`;
  return section(`shares of R² ${number(importance.r2)} over ${how} (LMG)`, [
    ['term', 'share'],
    ...importance.shares.map(({ term, share }) => [term, number(share, 4)]),
  ]);
}

function adjustedLines({ adjustedP }: FitDiagnostics): string[] {
  if (!adjustedP || adjustedP.terms.length < 2) return [];
  return section('p, corrected for testing several coefficients', [
    ['term', 'p', ...adjustedP.methods.map(({ method }) => method)],
    ...adjustedP.terms.map((term, i) => [
      term,
      probability(adjustedP.p[i]!),
      ...adjustedP.methods.map(({ p }) => probability(p[i]!)),
    ]),
  ]);
}
