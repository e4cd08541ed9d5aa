import type { ComparisonRow } from '../../../shared/contract/comparisons.ts';
import type { EvaluationRow } from '../../../shared/contract/evaluations.ts';
import type { DictionaryRow, FeatureRow } from '../../../shared/contract/features.ts';
import type { PredictionRow } from '../../../shared/contract/predictions.ts';
import type { ReportRow } from '../../../shared/contract/reports.ts';
import type { RunGroup } from '../../../shared/contract/runs.ts';
import type { StabilityRow } from '../../../shared/contract/stability.ts';
import type { FitRow } from '../../../shared/contract/statistics.ts';
import { visibleText } from '../../../shared/text.ts';

/** Something of the project that the palette leads to. */
export interface Found {
  readonly key: string;
  readonly title: string;
  readonly detail: string;
  readonly page: string;
  readonly parts: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

export interface Searchable {
  readonly groups: readonly RunGroup[];
  readonly dictionaries: readonly DictionaryRow[];
  readonly comparisons: readonly ComparisonRow[];
  readonly fits: readonly FitRow[];
  readonly studies: readonly StabilityRow[];
  readonly predictions: readonly PredictionRow[];
  readonly evaluations: readonly EvaluationRow[];
  readonly reports: readonly ReportRow[];
}

/** Without a query the list would be the whole project; a few of the newest are enough. */
const mostWithout = 6;
const most = 30;

/** Whether all words of the query occur in the text, in any order and case. */
export function matches(text: string, query: string): boolean {
  const lower = text.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}

export function findObjects(project: Searchable, query: string): Found[] {
  const all = [
    ...project.groups.flatMap(({ runs }) => runs.map(runItem)),
    ...project.dictionaries.map(dictionaryItem),
    ...project.comparisons.map(comparisonItem),
    ...project.fits.map(fitItem),
    ...project.studies.map(studyItem),
    ...project.predictions.map(predictionItem),
    ...project.evaluations.map(evaluationItem),
    ...project.reports.map(reportItem),
  ];
  const found = all.filter(({ title, detail }) => matches(`${title} ${detail}`, query));
  return found.slice(0, query.trim() === '' ? mostWithout : most);
}

export function findFeatures(dictionary: DictionaryRow, rows: readonly FeatureRow[]): Found[] {
  return rows.map(({ feature, label, count }) => ({
    key: `feature ${feature}`,
    title: `#${feature}${label === null ? '' : ` ${visibleText(label)}`}`,
    detail: count === 0 ? 'dead' : `fires on ${count.toLocaleString('en')} tokens`,
    page: 'features',
    parts: [dictionary.id, String(feature)],
  }));
}

function runItem(run: RunGroup['runs'][number]): Found {
  return {
    key: run.id,
    title: visibleText(run.label || run.name),
    detail: `run · seed ${run.seed} · ${run.state}`,
    page: 'runs',
    parts: [run.id],
  };
}

function dictionaryItem(row: DictionaryRow): Found {
  return {
    key: row.id,
    title: visibleText(row.name),
    detail: `features · ${row.hook}${row.seed === null ? '' : ` · seed ${row.seed}`}`,
    page: 'features',
    parts: [row.id],
  };
}

function fitItem(row: FitRow): Found {
  return {
    key: row.id,
    title: visibleText(row.name),
    detail: `fit · ${row.formula}`,
    page: 'statistics',
    parts: [row.id],
  };
}

function comparisonItem(row: ComparisonRow): Found {
  return {
    key: row.id,
    title: visibleText(row.name),
    detail: `comparison · ${row.dictionaries} dictionaries`,
    page: 'compare',
    parts: [row.id],
  };
}

function studyItem(row: StabilityRow): Found {
  return {
    key: row.id,
    title: visibleText(row.name),
    detail: `stability study · ${row.formula}`,
    page: 'statistics',
    parts: [],
    query: { tab: 'stability', study: row.id },
  };
}

function predictionItem(row: PredictionRow): Found {
  return {
    key: row.job,
    title: visibleText(row.name),
    detail: `prediction · ${row.label}`,
    page: 'statistics',
    parts: [],
    query: { tab: 'predictors', prediction: row.job },
  };
}

function evaluationItem(row: EvaluationRow): Found {
  return {
    key: row.id,
    title: visibleText(row.name),
    detail: `evaluation · ${row.conditions}`,
    page: 'statistics',
    parts: [],
    query: { tab: 'conditions', evaluation: row.id },
  };
}

function reportItem(row: ReportRow): Found {
  return {
    key: row.id,
    title: visibleText(row.title),
    detail: 'report',
    page: 'reports',
    parts: [row.id],
  };
}
