import { basename } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';
import { readJson } from '../documents.ts';
import type { ForeignRun } from './foreign-run.ts';
import { seedKeys } from './convert-run.ts';

const record = v.record(v.string(), v.unknown());

/** As sae_bench/evals/base_eval_output.py writes it (SAEBench 0.6). */
const result = v.object({
  eval_type_id: v.string(),
  eval_config: record,
  eval_result_metrics: record,
  sae_bench_commit_hash: v.optional(v.nullable(v.string())),
  sae_lens_id: v.optional(v.nullable(v.string())),
  sae_lens_release_id: v.optional(v.nullable(v.string())),
  sae_cfg_dict: v.optional(v.nullable(record)),
});
type Result = v.InferOutput<typeof result>;

/** True for a document of SAEBench. */
export function isSaeBench(document: unknown): boolean {
  return v.is(result, document);
}

/**
 * Results of SAEBench: the files of one dictionary and one seed, each of one kind of evaluation, become
 * one run without curves, whose metrics are named `EVALUATION/GROUP/METRIC`. Nothing in a file says that
 * others belong to it, so they are told apart by release, dictionary and `random_seed`; runs that differ in
 * the seed alone are replicates.
 * @throws AppError `corrupt` naming file and place.
 */
export function readSaeBench(files: readonly string[]): ForeignRun[] {
  const results = files.map((file) => ({ file, result: parse(file) }));
  const groups = Map.groupBy(results, ({ file, result: found }) =>
    JSON.stringify([nameOf(file, found), seedOf(found)]),
  );
  return [...groups.values()].map((members) => {
    const [first] = members;
    const summary: Record<string, unknown> = {};
    const evaluations: Record<string, unknown> = {};
    const notes: string[] = [];
    for (const { file, result: found } of members) {
      const kind = found.eval_type_id;
      if (kind in summary)
        notes.push(
          `${basename(file)} repeats the evaluation ${kind} of the same dictionary and seed; the last file counts.`,
        );
      summary[kind] = found.eval_result_metrics;
      evaluations[kind] = withoutSeeds(found.eval_config);
    }
    const { result: found, file } = first!;
    const seed = seedOf(found);
    return {
      name: nameOf(file, found),
      config: {
        ...(found.sae_cfg_dict ?? {}),
        sae: nameOf(file, found),
        evaluations,
        ...(seed === null ? {} : { seed }),
      },
      summary,
      history: [],
      notes: [
        ...notes,
        `SAEBench ${found.sae_bench_commit_hash ?? 'of an unknown version'}: ${members.map(({ file: path }) => basename(path)).join(', ')}.`,
      ],
    };
  });
}

function parse(file: string): Result {
  const parsed = v.safeParse(result, readJson(file));
  if (parsed.success) return parsed.output;
  const place = v.getDotPath(parsed.issues[0]) ?? 'top level';
  throw new AppError('corrupt', `${file}: ${place}: ${parsed.issues[0].message}.`, { file, place });
}

function nameOf(file: string, { sae_lens_release_id: release, sae_lens_id: id }: Result): string {
  const parts = [release, id].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join('/') : basename(file).replace(/(_eval_results)?\.json$/, '');
}

function seedOf({ eval_config: config }: Result): number | null {
  for (const key of seedKeys) if (typeof config[key] === 'number') return config[key];
  return null;
}

function withoutSeeds(config: Result['eval_config']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => !seedKeys.some((name) => name === key)),
  );
}
