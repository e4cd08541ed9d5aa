import type { Interval, Proportion } from '../../shared/contract/stability-parts.ts';
import type { StabilityDetail } from '../../shared/contract/stability.ts';
import { textTable } from './cli/text-table.ts';

/** A stability study as text: signs over refits, accuracy, selection, power, the maze study, warnings. */
export function printStability(study: StabilityDetail): string {
  const { spec, n, rowsInTable } = study;
  return [
    `${study.name}   ${study.id}`,
    `${spec.formula}   (${spec.family})`,
    `n ${n} of ${rowsInTable} rows`,
    ...study.dependencies.map(({ sentence }) => `exact dependency: ${sentence}`),
    '',
    referenceTable(study),
    ...study.modes.flatMap((mode) => ['', ...modeLines(mode)]),
    ...heldOutLines(study),
    ...selectionLines(study),
    ...powerLines(study),
    ...mazeLines(study),
    ...study.warnings.flatMap(({ message, whatToDo }) => [
      '',
      `warning: ${message}`,
      `  ${whatToDo}`,
    ]),
    '',
    study.method,
  ].join('\n');
}

function referenceTable({ terms }: StabilityDetail): string {
  return textTable([
    ['term', 'full', 'unpenalised', 'se', 'alone', 'VIF'],
    ...terms.map((row) => [
      row.term,
      row.estimate,
      row.unpenalised,
      row.se,
      row.alone,
      row.dependent ? Infinity : row.vif,
    ]),
  ]);
}

function modeLines({ mode, refits, distinct, failed, terms }: StabilityDetail['modes'][number]) {
  const again = distinct < refits ? ` (${distinct} different)` : '';
  return [
    `${mode}: ${refits} refits${again}`,
    ...failed.map(({ reason, refits: count }) => `  ${count} not counted: ${reason}`),
    textTable([
      ['term', 'refits', 'same', 'zero', 'opposite', 'opposite, 95 %', 'median'],
      ...terms.map((row) => [
        row.term,
        row.refits,
        row.same.count,
        row.zero.count,
        row.opposite.count,
        wilson(row.opposite),
        row.coefficients?.quantiles[3] ?? null,
      ]),
    ]),
  ];
}

function heldOutLines({ heldOut, dropOne, spec }: StabilityDetail): string[] {
  if (!heldOut) return [];
  const figures: [string, Interval | null][] = [
    ['accuracy', heldOut.accuracy],
    ['base rate', heldOut.baseRate],
    ['gain', heldOut.gain],
    ['balanced accuracy', heldOut.balancedAccuracy],
    ['AUC', heldOut.auc],
    ['R²', heldOut.r2],
  ];
  const shown = figures.flatMap(([name, value]) => (value ? [`${name} ${interval(value)}`] : []));
  const name = spec.family === 'gaussian' ? 'r2' : 'accuracy';
  const losses = dropOne.map((row): (string | null)[] => {
    const loss = row[name];
    return [row.term, loss ? interval(loss) : null];
  });
  return [
    '',
    `held out, ${heldOut.splits} splits of ${heldOut.trainRows} and ${heldOut.testRows} rows: ${shown.join(', ')}`,
    ...(losses.length > 0 ? [textTable([['term', `${name} lost without it`], ...losses])] : []),
  ];
}

function selectionLines({ selection }: StabilityDetail): string[] {
  if (!selection) return [];
  const { refits, chosen, threshold, bound, terms } = selection;
  return [
    '',
    `stability selection: ${refits} halves, ${number(chosen)} variables each, threshold ${threshold}; falsely selected at most ${bound === null ? '–' : number(bound)} expected`,
    textTable([
      ['term', 'chosen in', 'selected'],
      ...terms.map((row) => [row.term, row.probability.share, row.selected ? 'yes' : 'no']),
    ]),
  ];
}

function powerLines({ power }: StabilityDetail): string[] {
  if (!power || power.truth.length === 0) return [];
  return [
    '',
    `were the full fit true: share of opposite signs at n, ${power.refits} simulations each`,
    textTable([
      ['term', 'truth', ...power.sizes.map(({ n }) => String(n))],
      ...power.truth.map(({ term, coefficient }, at) => [
        term,
        coefficient,
        ...power.sizes.map(({ terms }) => terms[at]!.opposite.share),
      ]),
    ]),
  ];
}

function mazeLines({ maze }: StabilityDetail): string[] {
  if (!maze) return [];
  return [
    '',
    'the maze study:',
    ...maze.sets.flatMap((set) => [
      `${set.name}${set.splits ? `: accuracy ${interval(set.splits.accuracy)} over ${set.splits.splits} splits` : ''}`,
      textTable([
        ['term', ...set.fits.map(({ label }) => label), 'no penalty', 'se', 'VIF'],
        ...set.terms.map((term, j) => [
          term,
          ...set.fits.map(({ coefficients }) => coefficients[j]!),
          set.unpenalised?.coefficients[j] ?? null,
          set.unpenalised?.se[j] ?? null,
          set.vif[j] ?? null,
        ]),
      ]),
    ]),
    '',
    textTable([
      ['variable', 'notebook flips', 'zero', 'opposite', 'against alone', 'study', 'verdict'],
      ...maze.verdicts.map((row) => [
        row.term,
        row.notebookFlips.share,
        row.zero.share,
        row.opposite.share,
        row.againstAlone.share,
        row.keptByStudy ? 'kept' : 'dropped',
        row.verdict,
      ]),
    ]),
    ...maze.differences.flatMap(({ title, study, instead, why }) => [
      '',
      title,
      `  the study: ${study}`,
      `  instead: ${instead}`,
      `  why: ${why}`,
    ]),
  ];
}

function interval({ mean, low, high }: Interval): string {
  return low === null || high === null
    ? number(mean)
    : `${number(mean)} (${number(low)} to ${number(high)})`;
}

function wilson({ low, high }: Proportion): string {
  return `${number(100 * low)} – ${number(100 * high)} %`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
