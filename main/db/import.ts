import type { StabilityDetail } from '../../shared/contract/stability.ts';
import type { FitDetail } from '../../shared/contract/statistics.ts';
import { AppError } from '../../shared/errors.ts';
import type { Writer } from './connection.ts';
import { insertComparison, type NewPair, type StoredComparison } from './comparisons.ts';
import {
  getDictionary,
  insertDictionary,
  setCountedFeatures,
  type CountedFeatures,
  type NewDictionary,
} from './dictionaries.ts';
import { insertFeatures, replaceFeatures, type FeatureColumns } from './features.ts';
import { getFit, insertFit } from './fits.ts';
import { addLabel, type LabelChange } from './labels.ts';
import { getJob, updateJob } from './jobs.ts';
import { replacePoints, type Point } from './points.ts';
import { finishRun, replaceArtifacts, type Artifact, type Metrics } from './runs.ts';
import { getStability, insertStability } from './stability-studies.ts';

/** The results of one attempt of a job, read from its folder and checked. */
export interface ImportedResult {
  readonly job: string;
  readonly attempt: number;
  readonly runs: readonly {
    readonly id: string;
    readonly seconds: number | null;
    readonly metrics: Metrics;
    readonly points: Iterable<Point>;
    /** Null for an imported run without one. */
    readonly dictionary: NewDictionary | null;
    readonly features: FeatureColumns | null;
    /** Labels that came with the features, oldest first. */
    readonly labels?: readonly (LabelChange & { readonly feature: number })[];
  }[];
  /** Of a features job: new figures for dictionaries that exist. */
  readonly counted: readonly {
    readonly dictionary: string;
    readonly columns: FeatureColumns;
    readonly about: CountedFeatures;
  }[];
  readonly fit: FitDetail | null;
  readonly comparison: {
    readonly comparison: StoredComparison;
    readonly pairs: Iterable<NewPair>;
  } | null;
  readonly stability: StabilityDetail | null;
  readonly artifacts: readonly (Artifact & { readonly run: string | null })[];
}

/**
 * Puts the results of one attempt into the database in one transaction. A job's results are imported
 * once and never changed: importing them again, after a crash or from a copied folder, does nothing.
 * Answers whether anything was new.
 */
export function importResult(db: Writer, result: ImportedResult): boolean {
  return db.transaction(() => {
    if (getJob(db, result.job)?.importedAttempt !== null) return false;
    for (const run of result.runs) {
      finishRun(db, run.id, run.seconds, run.metrics);
      replacePoints(db, run.id, run.points);
      if (!run.dictionary) continue;
      const key = insertDictionary(db, run.dictionary);
      if (run.features) insertFeatures(db, key, run.features);
      for (const { feature, ...label } of run.labels ?? []) addLabel(db, key, feature, label);
    }
    for (const { dictionary, columns, about } of result.counted) {
      const key = getDictionary(db, dictionary)?.key;
      if (key === undefined) throw noDictionary(dictionary, result.job);
      replaceFeatures(db, key, columns);
      setCountedFeatures(db, key, about);
    }
    if (result.fit && !getFit(db, result.fit.id)) insertFit(db, result.fit, result.job);
    if (result.comparison)
      insertComparison(db, result.comparison.comparison, result.comparison.pairs);
    if (result.stability && !getStability(db, result.stability.id))
      insertStability(db, result.stability, result.job);
    replaceArtifacts(db, result.job, result.artifacts);
    updateJob(db, result.job, { importedAttempt: result.attempt });
    return true;
  });
}

function noDictionary(dictionary: string, job: string): AppError {
  return new AppError(
    'not-found',
    `The job ${job} collected features of the dictionary ${dictionary}, which is not in this project. Import the dictionary first.`,
    { job, dictionary },
  );
}
