import type { MetricSummary } from '../../shared/contract/runs.ts';
import { metricDefinition } from '../../shared/domain/metrics.ts';
import {
  studyMetrics,
  type StudyDifference,
  type StudyFigures,
} from '../../shared/domain/study.ts';
import { groupTable, type CompareAnswer } from './compare/describe-comparison.ts';
import { formatNumber, textTable } from './cli/text-table.ts';
import { summaryText } from './print-demo.ts';

/** What `assay study --json` answers. */
export interface StudyAnswer extends StudyFigures {
  /** The project's folder. */
  readonly project: string;
  readonly model: string;
  readonly hook: string;
  readonly trainingSequences: number;
  /** Its dictionaries held against each other, objective by objective; null with one seed. */
  readonly acrossSeeds: CompareAnswer | null;
  readonly report: { readonly path: string; readonly bytes: number; readonly sha256: string };
}

/** A study for people: means over the seeds, and what differs. */
export function printStudy(answer: StudyAnswer): string {
  const { objectives, target, tolerance } = answer;
  const seeds = objectives[0]?.runs.length ?? 0;
  const names = studyMetrics.filter((name) => objectives.some(({ metrics }) => metrics[name]));
  const rows = objectives.map(({ name, coefficient, metrics }) => [
    name,
    formatNumber(coefficient),
    ...names.map((metric) => summaryText(metrics[metric] ?? absent)),
  ]);
  const off = objectives.filter(({ isMatched }) => !isMatched).map(({ name }) => name);
  return [
    `${answer.hook} of ${answer.model}, matched at L0 ${formatNumber(target)} ± ${100 * tolerance} %, measured on held-out tokens;`,
    `mean ± 95 % t interval over ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}:`,
    textTable([['objective', 'coefficient', ...names.map(titleOf)], ...rows]),
    ...(off.length > 0 ? [`Not matched: ${off.join(', ')}.`] : []),
    '',
    ...differenceLines(answer.differences),
    '',
    ...seedLines(answer.acrossSeeds),
    `Report   ${answer.report.path}`,
  ].join('\n');
}

const absent: MetricSummary = { n: 0, mean: null, low: null, high: null };

function seedLines(compared: CompareAnswer | null): string[] {
  if (!compared) return [];
  return [
    `Similarity across seeds, of features with at least ${compared.minimumCount} activations (mean over pairs, 95 % t interval; pairs share seeds):`,
    groupTable(compared),
    '',
  ];
}

function differenceLines(differences: readonly StudyDifference[]): string[] {
  if (differences.length === 0) return [];
  const pairs = [...new Set(differences.map(pairOf))];
  const names = studyMetrics.filter((name) => differences.some(({ metric }) => metric === name));
  const at = (pair: string, name: string) =>
    differences.find((item) => pairOf(item) === pair && item.metric === name) ?? absent;
  return [
    'Paired differences, seed by seed (equal seeds begin with equal weights and see equal tokens):',
    textTable([
      ['', ...names.map(titleOf)],
      ...pairs.map((pair) => [pair, ...names.map((name) => summaryText(at(pair, name)))]),
    ]),
  ];
}

function pairOf({ of, against }: StudyDifference): string {
  return `${of} − ${against}`;
}

function titleOf(metric: string): string {
  return metricDefinition(metric).title;
}
