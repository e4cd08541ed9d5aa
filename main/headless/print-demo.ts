import type { MetricSummary } from '../../shared/contract/runs.ts';
import type { FitDetail } from '../../shared/contract/statistics.ts';
import { defaultRunMetrics, metricDefinition, notableAuc } from '../../shared/domain/metrics.ts';
import { formatNumber, textTable } from './cli/text-table.ts';
import type { FitAnswer } from './print-fit.ts';

/** What `assay demo --json` answers. */
export interface DemoAnswer {
  /** The project's folder. */
  readonly project: string;
  readonly job: string;
  readonly runs: readonly {
    readonly id: string;
    readonly state: string;
    readonly seed: number;
    readonly dictionary: string | null;
    readonly hook: string;
    readonly metrics: Readonly<Record<string, number | null>>;
  }[];
  /** Over the seeds. */
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  /** For each dictionary and ground-truth property the feature that tells it best. */
  readonly properties: readonly {
    readonly dictionary: string;
    readonly seed: number;
    readonly property: string;
    readonly share: number;
    readonly feature: number;
    readonly chosenAuc: number;
    readonly auc: number;
    readonly tokenAuc: number;
  }[];
  readonly fit: FitAnswer & { readonly id: string };
  readonly report: { readonly path: string; readonly bytes: number; readonly sha256: string };
  /** The command line that opens the project in the app. */
  readonly open: string;
}

/** The summary of a demo for people. */
export function printDemo(answer: DemoAnswer, fit: FitDetail): string {
  return [
    '',
    heading('Is a feature real?'),
    ...metricLines(answer),
    '',
    ...propertyLines(answer),
    '',
    heading('Is a coefficient real?'),
    ...fitLines(fit),
    '',
    heading('Where to go on'),
    `Report   ${answer.report.path}`,
    `Project  ${answer.project}`,
    `Open it  ${answer.open}`,
  ].join('\n');
}

function heading(text: string): string {
  return `${text}\n${'-'.repeat(text.length)}`;
}

function metricLines({ runs, metrics }: DemoAnswer): string[] {
  const names = defaultRunMetrics.filter((name) => metrics[name]);
  const rows = names.map((name) => [
    metricDefinition(name).title,
    ...runs.map((run) => run.metrics[name] ?? null),
    summaryText(metrics[name]!),
  ]);
  const interval = `mean ± 95 % (n = ${runs.length})`;
  return [
    `Dictionaries on ${runs[0]?.hook}, measured on held-out stories:`,
    textTable([['', ...runs.map(({ seed }) => `seed ${seed}`), interval], ...rows]),
  ];
}

export function summaryText({ mean, high }: MetricSummary): string | null {
  if (mean === null) return null;
  if (high === null) return formatNumber(mean);
  return `${formatNumber(mean)} ± ${formatNumber(high - mean)}`;
}

function propertyLines({ runs, properties }: DemoAnswer): string[] {
  const names = [...new Set(properties.map(({ property }) => property))];
  const of = (property: string, seed: number) =>
    properties.find((item) => item.property === property && item.seed === seed);
  const isTold = (name: string) => runs.map(({ seed }) => (of(name, seed)?.auc ?? 0) > notableAuc);
  const told = names.filter((name) => isTold(name).includes(true));
  const toldByAll = told.filter((name) => !isTold(name).includes(false));
  const rows = names.map((name) => [
    name,
    of(name, runs[0]!.seed)?.tokenAuc.toFixed(3) ?? null,
    ...runs.flatMap(({ seed }) => {
      const found = of(name, seed);
      return [found ? `f${found.feature}` : null, found ? found.auc.toFixed(3) : null];
    }),
  ]);
  return [
    `${told.length} of ${names.length} properties of the stories are told by a single feature with AUC > ${notableAuc},`,
    `${toldByAll.length} of them in every seed. A feature is chosen on one half of the held-out stories; its AUC`,
    'comes from the other half, as does that of a guess from the token alone, without context.',
    textTable([
      ['property', 'token alone', ...runs.flatMap(({ seed }) => [`seed ${seed}`, 'AUC'])],
      ...rows,
    ]),
  ];
}

function fitLines(fit: FitDetail): string[] {
  return [
    `Logistic regression of ${fit.response} on ${fit.coefficients.length - 1} distances, n = ${fit.n.toLocaleString('en')}. The table is simulated: its`,
    `true coefficients stand in the first lines of ${fit.spec.table}.`,
    textTable([
      ['', 'estimate', '2.5 %', '97.5 %'],
      ...fit.coefficients.map(({ term, estimate, low, high }) => [
        term,
        estimate === null ? 'left out' : formatNumber(estimate),
        low === null ? '' : formatNumber(low),
        high === null ? '' : formatNumber(high),
      ]),
    ]),
    ...fit.warnings.map(({ message }) => `Warning: ${message}`),
  ];
}
