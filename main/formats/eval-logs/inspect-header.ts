import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';
import type { EvalHeader, EvalSolver } from './eval-log.ts';

const record = v.record(v.string(), v.unknown());
const someText = v.nullish(v.string());

/** The parts of an EvalLog (version 2) that Assay reads; whatever else it holds is let be. */
const headerSchema = v.object({
  version: v.optional(v.number()),
  status: someText,
  tags: v.nullish(v.array(v.string())),
  metadata: v.nullish(record),
  plan: v.nullish(
    v.object({
      steps: v.nullish(v.array(v.object({ solver: v.string(), params: v.nullish(record) }))),
    }),
  ),
  eval: v.object({
    task: v.string(),
    model: v.string(),
    created: someText,
    solver: someText,
    tags: v.nullish(v.array(v.string())),
    metadata: v.nullish(record),
    config: v.nullish(record),
    model_generate_config: v.nullish(record),
    scorers: v.nullish(v.array(v.object({ name: v.string() }))),
  }),
  results: v.nullish(v.object({ scores: v.nullish(v.array(v.object({ name: v.string() }))) })),
});

const newestVersion = 2;

/**
 * Reads the header of an Inspect log: the log without its samples, or `_journal/start.json`, which
 * has neither status nor results.
 * @throws AppError `corrupt` or `unsupported` naming file and place.
 */
export function readInspectHeader(
  document: unknown,
  about: { file: string; place: string; format: EvalHeader['format']; samples: number },
): EvalHeader {
  const { file, place, format, samples } = about;
  const parsed = v.safeParse(headerSchema, document);
  if (!parsed.success) {
    const path = `${place}: ${v.getDotPath(parsed.issues[0]) ?? 'top level'}`;
    throw new AppError(
      'corrupt',
      `${file}: ${path}: ${parsed.issues[0].message}. It is no Inspect log, or a damaged one.`,
      { file, place: path },
    );
  }
  const {
    version = newestVersion,
    eval: spec,
    plan,
    status,
    results,
    metadata,
    tags,
  } = parsed.output;
  if (version > newestVersion)
    throw new AppError(
      'unsupported',
      `${file} is an Inspect log of version ${version}; Assay reads version ${newestVersion}. Update Assay.`,
      { file, place: `${place}: version` },
    );
  const named = { ...spec.metadata, ...metadata }['condition'];
  const epochs = spec.config?.['epochs'];
  return {
    format,
    task: spec.task,
    model: spec.model,
    created: spec.created ?? null,
    status: status ?? 'started',
    solvers: solversOf(plan?.steps ?? [], spec.solver),
    tags: [...new Set([...(tags ?? []), ...(spec.tags ?? [])])],
    condition: typeof named === 'string' && named.trim() !== '' ? named.trim().slice(0, 80) : null,
    reasoning: reasoningOf(spec.model_generate_config ?? {}),
    samples,
    epochs: typeof epochs === 'number' && epochs > 0 ? epochs : 1,
    scorers: [
      ...new Set([...(results?.scores ?? []), ...(spec.scorers ?? [])].map(({ name }) => name)),
    ],
  };
}

function solversOf(
  steps: readonly { solver: string; params?: Record<string, unknown> | null | undefined }[],
  solver: string | null | undefined,
): EvalSolver[] {
  const found = steps.map((step) => ({
    name: lastPart(step.solver),
    cot: step.params?.['cot'] === true,
  }));
  return found.length === 0 && solver ? [{ name: lastPart(solver), cot: false }] : found;
}

/** `inspect_ai/react` is `react`. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function reasoningOf(config: Readonly<Record<string, unknown>>): string[] {
  return ['reasoning_effort', 'reasoning_tokens'].flatMap((name) => {
    const value = config[name];
    const isOn = value !== undefined && value !== null && value !== 'none' && value !== 0;
    return isOn && typeof value !== 'object' ? [`${name} ${String(value)}`.slice(0, 80)] : [];
  });
}
