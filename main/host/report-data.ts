import { setImmediate } from 'node:timers/promises';
import type { FeatureRow } from '../../shared/contract/features.ts';
import type { FitDiagnostics } from '../../shared/contract/fit-diagnostics.ts';
import type { ReportSection } from '../../shared/contract/reports.ts';
import type { FitDetail } from '../../shared/contract/statistics.ts';
import { AppError } from '../../shared/errors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { bestPerProperty, pageFeatures, type FeatureQuery } from '../db/features.ts';
import { readSeries } from '../db/points.ts';
import type {
  FeaturesSectionData,
  FitSectionData,
  ReportData,
  ReportSectionData,
  RunsSectionData,
} from '../reports/report-data.ts';
import type { WrittenFile } from '../reports/write-file.ts';
import { writeReport } from '../reports/write-report.ts';
import { gatherComparisonSection } from './comparison-data.ts';
import { findDictionary, readFeature } from './read-features.ts';
import { readGroups, readRun } from './read-runs.ts';
import { findStability } from './read-stability.ts';
import { readPrediction } from './predictions.ts';
import { findEvaluation } from './read-evaluations.ts';
import { findFit } from './read-fits.ts';
import { readRecovery } from './property-recovery.ts';
import type { ProjectView } from './project-view.ts';
import { gatherStudy } from './study-data.ts';

export interface ReportRequest {
  readonly title: string;
  readonly sections: readonly ReportSection[];
  readonly createdAt: number;
  /** Of Assay. */
  readonly version: string;
}

/** Buckets of a curve in a report: as wide as it is printed. */
const curveBuckets = 400;
/** Tokens on each side of an activation. */
const around = 16;

/**
 * Gathers what a report is about. Runs, dictionaries and fits that are named must be there; features
 * are read one by one as the report is written, since a report may hold a thousand.
 * @throws AppError `not-found`
 */
export function gatherReport(view: ProjectView, about: ReportRequest): ReportData {
  const { title, createdAt, version, sections } = about;
  return {
    title,
    createdAt,
    version,
    project: view.name,
    sections: sections.map((section) => gatherSection(view, section)),
  };
}

/** Calculates the diagnostics of a fit from its table. @throws AppError */
export type Diagnose = (fit: FitDetail) => Promise<FitDiagnostics>;

/** Gathers a report, calculates what it says beyond what is kept, and writes it to a file. @throws AppError */
export async function writeReportOf(
  view: ProjectView,
  path: string,
  about: ReportRequest,
  diagnose: Diagnose,
): Promise<WrittenFile> {
  const report = gatherReport(view, about);
  const sections: ReportSectionData[] = [];
  for (const section of report.sections)
    sections.push(section.kind === 'fit' ? await withDiagnostics(section, diagnose) : section);
  return writeReport(path, { ...report, sections });
}

/** A table that changed or went since the fit has other diagnostics than the fit had: none are shown. */
async function withDiagnostics(
  section: FitSectionData,
  diagnose: Diagnose,
): Promise<FitSectionData> {
  const { fit } = section;
  const without = (why: string): FitSectionData => ({
    ...section,
    notShown: [`Diagnostics of rows and variables: ${why}`],
  });
  try {
    const diagnostics = await diagnose(fit);
    return diagnostics.tableSha256 === fit.tableSha256
      ? { ...section, diagnostics }
      : without(`${fit.spec.table} has changed since the fit.`);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    return without(error.message);
  }
}

function gatherSection(view: ProjectView, section: ReportSection): ReportSectionData {
  if (section.kind === 'text') return section;
  if (section.kind === 'study') return gatherStudy(view, section);
  if (section.kind === 'evaluation')
    return { kind: 'evaluation', evaluation: findEvaluation(view, section.evaluation) };
  if (section.kind === 'comparison') return gatherComparisonSection(view, section.comparison);
  if (section.kind === 'stability')
    return { kind: 'stability', study: findStability(view, section.study) };
  if (section.kind === 'prediction')
    return { kind: 'prediction', prediction: readPrediction(view, section.prediction) };
  if (section.kind === 'fit') return { kind: 'fit', fit: findFit(view, section.fit) };
  return section.kind === 'runs' ? gatherRuns(view, section.runs) : gatherFeatures(view, section);
}

/** Whole groups, so that no replicate is left out of an aggregate unseen. */
function gatherRuns(view: ProjectView, ids: readonly string[]): RunsSectionData {
  for (const id of ids) readRun(view, id);
  const wanted = new Set(ids);
  const groups = readGroups(view, '').groups.filter(({ runs }) =>
    runs.some(({ id }) => wanted.has(id)),
  );
  const runs = groups.flatMap((group) => group.runs.map(({ id }) => id));
  const window = { names: null, buckets: curveBuckets, from: null, to: null };
  return {
    kind: 'runs',
    groups,
    details: runs.map((id) => readRun(view, id)),
    curves: runs.map((id) => ({ run: id, series: readSeries(view.db, id, window) })),
  };
}

function gatherFeatures(
  view: ProjectView,
  section: ReportSection & { kind: 'features' },
): FeaturesSectionData {
  const dictionary = findDictionary(view, section.dictionary);
  const recovery = section.choice === 'best-per-property' ? readRecovery(view, dictionary) : [];
  const features =
    recovery.length > 0
      ? [...new Set(recovery.map(({ feature }) => feature))].slice(0, section.limit)
      : chooseFeatures(view, dictionary, section);
  return {
    kind: 'features',
    dictionary,
    choice: section.choice,
    ...(recovery.length > 0 ? { recovery } : {}),
    features: readEach(view, dictionary, features),
  };
}

/** One at a time, so that the host answers other calls in between. */
async function* readEach(
  view: ProjectView,
  dictionary: StoredDictionary,
  features: readonly number[],
) {
  for (const feature of features) {
    await setImmediate();
    yield readFeature(view, dictionary, feature, around);
  }
}

function chooseFeatures(
  view: ProjectView,
  dictionary: StoredDictionary,
  section: ReportSection & { kind: 'features' },
): number[] {
  const { choice, limit } = section;
  if (choice === 'listed') return section.features.slice(0, limit);
  const numbers = (rows: readonly FeatureRow[]) => rows.map(({ feature }) => feature);
  if (choice === 'best-per-property')
    return numbers(bestPerProperty(view.db, dictionary.key)).slice(0, limit);
  const query: FeatureQuery = {
    search: '',
    dead: 'hide',
    labelled: choice === 'labelled' ? 'yes' : 'any',
    minCount: 0,
    minRating: 0,
    list: '',
    sort: choice === 'labelled' ? 'label' : 'count',
    descending: choice !== 'labelled',
    offset: 0,
    limit,
  };
  return numbers(pageFeatures(view.db, dictionary.key, query).rows);
}
