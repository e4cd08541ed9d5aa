import { setImmediate } from 'node:timers/promises';
import type { FeatureRow } from '../../shared/contract/features.ts';
import type { ReportSection } from '../../shared/contract/reports.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { bestPerProperty, pageFeatures, type FeatureQuery } from '../db/features.ts';
import { readSeries } from '../db/points.ts';
import type {
  FeaturesSectionData,
  ReportData,
  ReportSectionData,
  RunsSectionData,
} from '../reports/report-data.ts';
import { findDictionary, readFeature } from './handlers/features-handlers.ts';
import { readGroups, readRun } from './handlers/runs-handlers.ts';
import { findFit } from './handlers/statistics-handlers.ts';
import type { Project } from './project.ts';

/** Buckets of a curve in a report: as wide as it is printed. */
const curveBuckets = 400;
/** Tokens on each side of an activation. */
const around = 16;

/**
 * Gathers what a report is about. Runs, dictionaries and fits that are named must be there; features
 * are read one by one as the report is written, since a report may hold a thousand.
 * @throws AppError `not-found`
 */
export function gatherReport(
  project: Project,
  about: {
    title: string;
    sections: readonly ReportSection[];
    createdAt: number;
    version: string;
  },
): ReportData {
  const { title, createdAt, version, sections } = about;
  return {
    title,
    createdAt,
    version,
    project: project.info.name,
    sections: sections.map((section) => gatherSection(project, section)),
  };
}

function gatherSection(project: Project, section: ReportSection): ReportSectionData {
  if (section.kind === 'text') return section;
  if (section.kind === 'fit') return { kind: 'fit', fit: findFit(project, section.fit) };
  return section.kind === 'runs'
    ? gatherRuns(project, section.runs)
    : gatherFeatures(project, section);
}

/** Whole groups, so that no replicate is left out of an aggregate unseen. */
function gatherRuns(project: Project, ids: readonly string[]): RunsSectionData {
  for (const id of ids) readRun(project, id);
  const wanted = new Set(ids);
  const groups = readGroups(project, '').groups.filter(({ runs }) =>
    runs.some(({ id }) => wanted.has(id)),
  );
  const runs = groups.flatMap((group) => group.runs.map(({ id }) => id));
  const window = { names: null, buckets: curveBuckets, from: null, to: null };
  return {
    kind: 'runs',
    groups,
    details: runs.map((id) => readRun(project, id)),
    curves: runs.map((id) => ({ run: id, series: readSeries(project.db, id, window) })),
  };
}

function gatherFeatures(
  project: Project,
  section: ReportSection & { kind: 'features' },
): FeaturesSectionData {
  const dictionary = findDictionary(project, section.dictionary);
  const features = chooseFeatures(project, dictionary, section);
  return {
    kind: 'features',
    dictionary,
    choice: section.choice,
    features: readEach(project, dictionary, features),
  };
}

/** One at a time, so that the host answers other calls in between. */
async function* readEach(
  project: Project,
  dictionary: StoredDictionary,
  features: readonly number[],
) {
  for (const feature of features) {
    await setImmediate();
    yield readFeature(project, dictionary, feature, around);
  }
}

function chooseFeatures(
  project: Project,
  dictionary: StoredDictionary,
  section: ReportSection & { kind: 'features' },
): number[] {
  const { choice, limit } = section;
  if (choice === 'listed') return section.features.slice(0, limit);
  const numbers = (rows: readonly FeatureRow[]) => rows.map(({ feature }) => feature);
  if (choice === 'best-per-property')
    return numbers(bestPerProperty(project.db, dictionary.key)).slice(0, limit);
  const query: FeatureQuery = {
    search: '',
    dead: 'hide',
    labelled: choice === 'labelled' ? 'yes' : 'any',
    minCount: 0,
    sort: choice === 'labelled' ? 'label' : 'count',
    descending: choice !== 'labelled',
    offset: 0,
    limit,
  };
  return numbers(pageFeatures(project.db, dictionary.key, query).rows);
}
