import type { FitDiagnostics } from '../../../shared/contract/fit-diagnostics.ts';
import type { FitDetail } from '../../../shared/contract/statistics.ts';
import { fromExtended } from '../../../shared/domain/schemas.ts';
import { scatterChart } from '../charts/scatter.ts';
import type { ReportContext } from '../context.ts';
import { formatCount, formatNumber, formatP, formatShare } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';
import { plainTable } from './plain-table.ts';

/** Beyond it a condition index and the columns that share it are shown. */
const indexWarns = 10;
/** Share of a coefficient's variance from which its column counts as involved (Belsley et al. 1980). */
const involved = 0.3;
const shownRows = 10;

/**
 * What a fit's coefficients can bear, in the order of the questions: which variables hang together,
 * which rows decide, what each variable says alone, and how well the fit predicts.
 */
export function fitDiagnosticsParts(
  fit: FitDetail,
  found: FitDiagnostics,
  id: string,
  context: ReportContext,
): Markup {
  return html`${inflation(found, id, context)}${collinearity(found, id, context)}${alone(found, id, context)}${rows(fit, found, id, context)}${prediction(found, id, context)}${shares(found, id, context)}${adjusted(found, id, context)}`;
}

/** Sentences on what was not calculated. */
export function notCalculated({ omitted }: FitDiagnostics): string[] {
  return omitted.map(({ what, why }) => `Not calculated: ${what}. ${why}`);
}

function inflation(found: FitDiagnostics, id: string, context: ReportContext): Markup | null {
  if (!found.inflation.some(({ df }) => df > 1)) return null;
  return plainTable(
    `${id}-inflation`,
    'Generalised variance inflation. A term with several columns has one factor; GVIF^(1/(2 df)) is comparable between terms, and 2 of it is a VIF of 4.',
    ['term', 'df', 'GVIF', 'GVIF^(1/(2 df))'],
    found.inflation.map(({ term, df, gvif, adjusted: root }) => [
      term,
      df,
      gvif === null ? null : fromExtended(gvif),
      root === null ? null : fromExtended(root),
    ]),
    context,
  );
}

function collinearity(found: FitDiagnostics, id: string, context: ReportContext): Markup | null {
  if (!found.collinearity) return null;
  const { columns, dimensions } = found.collinearity;
  const worst = dimensions
    .map(({ index, proportions }) => ({ index: fromExtended(index), proportions }))
    .filter(({ index }) => index !== null && index >= indexWarns)
    .toReversed();
  if (worst.length === 0)
    return html`<p>
      No condition index reaches ${indexWarns}: no combination of columns is nearly constant.
    </p> `;
  return plainTable(
    `${id}-conditions`,
    `Condition indices of ${indexWarns} and more, with the columns of which each holds ${formatShare(involved, 2)} of the variance or more. Two or more columns at a high index cannot be told apart well.`,
    ['condition index', 'columns involved'],
    worst.map(({ index, proportions }) => [
      index,
      proportions
        .flatMap((share, j) =>
          share !== null && share >= involved ? [`${columns[j]!} ${formatNumber(share, 2)}`] : [],
        )
        .join(', '),
    ]),
    context,
  );
}

function alone({ zeroOrder }: FitDiagnostics, id: string, context: ReportContext): Markup | null {
  if (zeroOrder.length === 0) return null;
  const notes = zeroOrder.filter(({ note }) => note !== null);
  return html`${plainTable(
    `${id}-alone`,
    'Each variable by itself, and with all others held fixed.',
    ['term', 'alone', 'statistic alone', 'together', 'statistic together'],
    zeroOrder.map(({ term, alone: single, together }) => [
      term,
      single.estimate,
      single.statistic === null ? null : fromExtended(single.statistic),
      together.estimate,
      together.statistic === null ? null : fromExtended(together.statistic),
    ]),
    context,
  )}${
    notes.length === 0
      ? null
      : html`<ul>
          ${notes.map(({ term, note }) => html`<li><b>${term}:</b> ${note}</li>`)}
        </ul> `
  }`;
}

function rows(
  fit: FitDetail,
  { influence, durbinWatson, breuschPagan, press, predictedR2, n }: FitDiagnostics,
  id: string,
  context: ReportContext,
): Markup | null {
  if (!influence) return null;
  const { maxLeverage, maxCook, highLeverage, highCook, most } = influence;
  const isLine = fit.spec.family === 'gaussian';
  const chart = scatterChart({
    label: 'Residuals against fitted values',
    xTitle: 'fitted value',
    yTitle: isLine ? 'studentised residual' : 'deviance residual',
    reference: { intercept: 0, slope: 0 },
    points: influence.rows.flatMap((row) => {
      const y = isLine ? row.studentised : row.devianceResidual;
      if (y === null) return [];
      const title = `row ${row.row}: fitted ${formatNumber(row.fitted)}, residual ${formatNumber(row.residual)}, leverage ${formatNumber(row.leverage)}`;
      return [{ x: row.fitted, y, title }];
    }),
  });
  const tests = [
    ...(durbinWatson === null ? [] : [`Durbin–Watson ${formatNumber(durbinWatson, 4)}`]),
    ...(breuschPagan === null
      ? []
      : [
          `Breusch–Pagan ${formatNumber(breuschPagan.statistic, 4)} on ${breuschPagan.df}, p ${formatP(breuschPagan.p)}`,
        ]),
    ...(press === null
      ? []
      : [`PRESS ${formatNumber(press, 4)}, predicted R² ${formatNumber(predictedR2, 4)}`]),
  ];
  return html`<p>
      Largest leverage: ${formatNumber(maxLeverage.value, 3)} in row
      ${formatNumber(maxLeverage.row)}; ${formatCount(highLeverage, 'row')} above 2 p/n.
      ${
        maxCook === null
          ? null
          : html`Largest Cook’s distance: ${formatNumber(maxCook.value, 3)} in row
            ${formatNumber(maxCook.row)}; ${formatCount(highCook, 'row')} above 4/n.`
      }
      ${tests.join('; ')}${tests.length > 0 ? '.' : ''}
    </p>
    ${
      chart
        ? context.figure(
            html`<div class="multiples">${chart}</div>`,
            influence.sampled
              ? `Residuals of ${formatNumber(influence.rows.length)} evenly spaced rows of ${formatNumber(n)}.`
              : 'Residuals of all rows.',
          )
        : null
    }${plainTable(
      `${id}-influence`,
      'The rows that move the coefficients most.',
      ['row', 'fitted', 'residual', 'studentised', 'leverage', 'Cook', 'moves most, in errors'],
      most.slice(0, shownRows).map((row) => {
        const moved = row.dfbetas
          .map((value, j) => ({ value: value ?? 0, name: influence.columns[j]! }))
          .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value))[0];
        return [
          row.row,
          row.fitted,
          row.residual,
          row.studentised,
          row.leverage,
          row.cook,
          moved ? `${moved.name} ${formatNumber(moved.value, 2)}` : '',
        ];
      }),
      context,
    )}`;
}

function prediction(
  { calibration, roc }: FitDiagnostics,
  id: string,
  context: ReportContext,
): Markup | null {
  if (!calibration || !roc) return null;
  const calibrated = scatterChart({
    label: 'Calibration',
    xTitle: 'predicted probability',
    yTitle: 'observed share',
    isUnit: true,
    reference: { intercept: 0, slope: 1 },
    points: calibration.bins.map((bin) => ({
      x: bin.predicted,
      y: bin.observed,
      interval: [bin.low, bin.high],
      title: `predicted ${formatNumber(bin.predicted)}, observed ${formatNumber(bin.observed)} of ${formatNumber(bin.n)}`,
    })),
  });
  const curve = scatterChart({
    label: 'ROC curve',
    xTitle: 'false positives',
    yTitle: 'true positives',
    isUnit: true,
    reference: { intercept: 0, slope: 1 },
    points: [],
    line: roc.points.map(({ falsePositive, truePositive }) => [falsePositive, truePositive]),
  });
  return html`${context.figure(
    html`<div class="multiples">${calibrated}${curve}</div>`,
    `Calibration, with Wilson intervals, and ROC curve on the rows of the fit. Brier score ${formatNumber(calibration.brier, 4)}, ${formatNumber(calibration.brierOfBaseRate, 4)} for the base rate; AUC ${formatNumber(roc.auc, 4)}.`,
  )}${plainTable(
    `${id}-calibration`,
    'Calibration by rising predicted probability.',
    ['predicted', 'observed', 'low', 'high', 'rows'],
    calibration.bins.map((bin) => [bin.predicted, bin.observed, bin.low, bin.high, bin.n]),
    context,
  )}`;
}

function shares({ importance }: FitDiagnostics, id: string, context: ReportContext): Markup | null {
  if (!importance) return null;
  const { orders, r2 } = importance;
  const how = orders === null ? 'all orders' : `${formatNumber(orders)} drawn orders`;
  return plainTable(
    `${id}-shares`,
    `Shares of R² ${formatNumber(r2, 4)}: the average gain of each term over ${how} of entry (LMG, Shapley).`,
    ['term', 'share of R²'],
    importance.shares.map(({ term, share }) => [term, share]),
    context,
  );
}

function adjusted(
  { adjustedP }: FitDiagnostics,
  id: string,
  context: ReportContext,
): Markup | null {
  if (!adjustedP || adjustedP.terms.length < 2) return null;
  const { terms, p, methods } = adjustedP;
  return plainTable(
    `${id}-adjusted`,
    `p corrected for ${formatNumber(terms.length)} tests: Bonferroni to Hommel bound the chance of any false one, BH and BY the share of false ones.`,
    ['term', 'p', ...methods.map(({ method }) => method)],
    terms.map((term, i) => [term, p[i]!, ...methods.map((method) => method.p[i]!)]),
    context,
  );
}
