import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { fitDetail, type FitDetail } from '../../shared/contract/statistics.ts';
import { parseJobSpec, type JobSpec } from '../../shared/domain/job-spec.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Writer } from '../db/connection.ts';
import { importResult, type ImportedResult } from '../db/import.ts';
import { getJob, insertJob } from '../db/jobs.ts';
import { insertRun } from '../db/runs.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { jobFiles, jobFolder, runFiles, type JobResult } from '../jobs/job-folder.ts';
import { readPoints } from '../jobs/job-io.ts';
import { readResult, verifyResult } from '../jobs/result.ts';
import { gatherComparison, type GatheredComparison } from './import-comparison.ts';
import { readFeatureColumns } from './feature-files.ts';
import { insertRunsOfJob } from './job-store.ts';

/**
 * Brings what a job has left in its folder into the database: checks every file, then writes all of
 * it in one transaction. Does nothing where it is there already.
 * @throws AppError `not-found`, `corrupt`, `truncated` or `hash-mismatch` naming the file.
 */
export async function importJobFolder(db: Writer, projectPath: string, job: string): Promise<void> {
  if ((getJob(db, job)?.importedAttempt ?? null) !== null) return;
  const folder = jobFolder(projectPath, job);
  const result = readResult(folder);
  if (!result)
    throw new AppError(
      'not-found',
      `${join(folder, jobFiles.result)} does not exist: the job left no result. Run it again.`,
      { file: folder },
    );
  if (result.job !== job)
    throw new AppError('corrupt', `${folder} holds the result of another job, ${result.job}.`, {
      file: folder,
    });
  await verifyResult(folder, result);
  db.transaction(() => {
    insertImportedRuns(db, result);
    importResult(db, gather(db, folder, result));
  });
}

/** Takes in the folder of a finished job that the database does not know. @throws AppError */
export async function importUnknownFolder(
  db: Writer,
  projectPath: string,
  job: string,
  now: number,
): Promise<void> {
  const folder = jobFolder(projectPath, job);
  const result = readResult(folder);
  if (result?.job !== job) return;
  await verifyResult(folder, result);
  db.transaction(() => {
    register(db, folder, result, now);
    importResult(db, gather(db, folder, result));
  });
}

/**
 * Finds finished jobs that the database does not know, such as those of a cluster node or those from
 * before a repair, and imports them. Answers the ids of those that could not be, with their errors.
 */
export async function importUnknownFolders(
  db: Writer,
  projectPath: string,
  now: number,
): Promise<{ job: string; error: unknown }[]> {
  const failed: { job: string; error: unknown }[] = [];
  for (const job of listFolders(join(projectPath, '.assay', 'runs'))) {
    if (getJob(db, job)) continue;
    try {
      await importUnknownFolder(db, projectPath, job, now);
    } catch (error) {
      failed.push({ job, error });
    }
  }
  return failed;
}

function listFolders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function register(db: Writer, folder: string, result: JobResult, now: number): void {
  const spec = readSpec(folder);
  const { job, attempt } = result;
  insertJob(db, { id: job, spec, state: 'succeeded', createdAt: now, attempt });
  insertRunsOfJob(db, { job, spec, createdAt: now }, result.runs);
  insertImportedRuns(db, result);
}

/** The runs of an import are known once it has been read. */
function insertImportedRuns(db: Writer, { job, runs }: JobResult): void {
  const record = getJob(db, job);
  if (record?.spec.kind !== 'import' || record.importedAttempt !== null) return;
  runs.forEach(({ id, seed, hook, imported }, position) => {
    if (!imported) return;
    const { name, model, groupKey, x, config } = imported;
    const { createdAt } = record;
    insertRun(db, {
      id,
      job,
      position,
      seed,
      name,
      hook,
      model,
      groupKey,
      createdAt,
      imported: { x, config },
    });
  });
}

function readSpec(folder: string): JobSpec {
  const path = join(folder, jobFiles.spec);
  return parseJobSpec(parseStrictJson(readText(path), path), path);
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > limits.documentBytes)
      throw new AppError('too-large', `${path} is larger than such a document can be.`, {
        file: path,
      });
    return bytes.toString('utf8');
  } catch (error) {
    throw fileError(error, path);
  }
}

function gather(db: Writer, folder: string, result: JobResult): ImportedResult {
  const { name, model, createdAt } = describeJob(db, result.job);
  const ids = new Set(result.runs.map(({ id }) => id));
  return {
    job: result.job,
    attempt: result.attempt,
    fit: readFit(folder),
    comparison: readComparison(db, folder, result.job),
    artifacts: result.files.map((file) => {
      const run = file.path.split('/', 1)[0]!;
      return { ...file, run: ids.has(run) ? run : null };
    }),
    runs: result.runs.map((run) => {
      const runFolder = join(folder, run.id);
      const features = readFeatureColumns(join(runFolder, runFiles.features), result.featureTokens);
      const points = join(runFolder, runFiles.points);
      return {
        id: run.id,
        seconds: run.seconds,
        metrics: run.metrics,
        points: existsSync(points) ? readPoints(points) : [],
        features: features?.columns ?? null,
        labels: readLabels(join(runFolder, runFiles.labels)),
        dictionary:
          run.dictionary === null
            ? null
            : {
                id: run.dictionary,
                run: run.id,
                name: run.imported?.name ?? name,
                seed: run.seed,
                hook: run.hook,
                model: run.imported?.model ?? model,
                architecture: run.architecture,
                dIn: run.dIn,
                latents: run.latents,
                tokens: features ? result.featureTokens : 0,
                context: result.context,
                alive: features?.alive ?? run.metrics['alive'] ?? null,
                properties: features?.properties ?? [],
                createdAt,
              },
      };
    }),
  };
}

const labelsSchema = v.array(
  v.object({
    feature: v.pipe(v.number(), v.integer(), v.minValue(0)),
    text: v.string(),
    author: v.string(),
    time: v.number(),
  }),
);

/** Labels that an import brought; longer ones are cut to what a label may be. */
function readLabels(path: string): v.InferOutput<typeof labelsSchema> {
  if (!existsSync(path)) return [];
  const parsed = v.safeParse(labelsSchema, parseStrictJson(readText(path), path));
  if (!parsed.success)
    throw new AppError('corrupt', `${path} is not a list of labels. Import it again.`, {
      file: path,
    });
  return parsed.output.map((label) => ({
    ...label,
    text: label.text.slice(0, limits.labelCharacters),
    author: label.author.slice(0, 200),
  }));
}

function readComparison(db: Writer, folder: string, job: string): GatheredComparison | null {
  const record = getJob(db, job);
  if (record?.spec.kind !== 'compare') return null;
  return gatherComparison(folder, { ...record, spec: record.spec });
}

function describeJob(db: Writer, job: string) {
  const record = getJob(db, job);
  if (!record) throw new AppError('not-found', `There is no job ${job} in this project.`, { job });
  const { name, spec, createdAt } = record;
  return { name, createdAt, model: spec.kind === 'train' ? spec.model : '' };
}

/** A regression job leaves its fit as the contract shows it. */
function readFit(folder: string): FitDetail | null {
  const path = join(folder, jobFiles.fit);
  if (!existsSync(path)) return null;
  const parsed = v.safeParse(fitDetail, parseStrictJson(readText(path), path));
  if (parsed.success) return parsed.output;
  const place = v.getDotPath(parsed.issues[0]) ?? 'top level';
  throw new AppError('corrupt', `${path}: ${place}: ${parsed.issues[0].message}.`, {
    file: path,
    place,
  });
}
