import type { FitDetail } from '../../shared/contract/statistics.ts';
import type { Writer } from './connection.ts';
import { insertComparison, type NewPair, type StoredComparison } from './comparisons.ts';
import { insertDictionary, type NewDictionary } from './dictionaries.ts';
import { insertFeatures, type FeatureColumns } from './features.ts';
import { getFit, insertFit } from './fits.ts';
import { addLabel, type StoredLabel } from './labels.ts';
import { getJob, updateJob } from './jobs.ts';
import { replacePoints, type Point } from './points.ts';
import { finishRun, replaceArtifacts, type Artifact, type Metrics } from './runs.ts';

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
    readonly labels?: readonly (StoredLabel & { readonly feature: number })[];
  }[];
  readonly fit: FitDetail | null;
  readonly comparison: {
    readonly comparison: StoredComparison;
    readonly pairs: Iterable<NewPair>;
  } | null;
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
    if (result.fit && !getFit(db, result.fit.id)) insertFit(db, result.fit, result.job);
    if (result.comparison)
      insertComparison(db, result.comparison.comparison, result.comparison.pairs);
    replaceArtifacts(db, result.job, result.artifacts);
    updateJob(db, result.job, { importedAttempt: result.attempt });
    return true;
  });
}
