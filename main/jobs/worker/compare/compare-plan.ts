import { createHash } from 'node:crypto';
import {
  comparedPairs,
  isDictionaryId,
  type CompareSpec,
} from '../../../../shared/domain/compare-spec.ts';
import type { WeightProcessing } from '../../../../shared/domain/train-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import { findDictionaryById } from '../../find-dictionary.ts';
import { openDictionary } from '../dictionary-file.ts';
import { insideProject } from '../inside-project.ts';

/** A dictionary that a spec names, found, with what its file says of itself. */
export interface PlannedSource {
  /** As the spec names it. */
  readonly source: string;
  /** Absolute path of its file. */
  readonly path: string;
  /** Equal for replicates. */
  readonly group: string;
  readonly seed: number | null;
  readonly hook: string;
  readonly model: string;
  readonly processing: WeightProcessing;
  readonly architecture: string;
  readonly dIn: number;
  readonly dOut: number;
  readonly latents: number;
}

export interface ComparePlan {
  readonly spec: CompareSpec;
  readonly sources: readonly PlannedSource[];
  readonly pairs: readonly (readonly [number, number])[];
}

/**
 * Finds all dictionaries of a spec and checks that the measures can be taken between them.
 * @throws AppError `not-found`, `unsupported`, `bad-spec`, or `shape-mismatch` for directions of
 *   different width.
 */
export function planComparison(projectPath: string, spec: CompareSpec): ComparePlan {
  const sources = spec.dictionaries.map((source) => planSource(projectPath, spec, source));
  const pairs = comparedPairs(spec);
  for (const [a, b] of pairs) refuseWidths(spec, sources[a]!, sources[b]!);
  return { spec, sources, pairs };
}

function refuseWidths({ measures }: CompareSpec, a: PlannedSource, b: PlannedSource): void {
  for (const [measure, side] of [
    ['decoder', 'dOut'],
    ['encoder', 'dIn'],
  ] as const) {
    if (!measures.includes(measure) || a[side] === b[side]) continue;
    throw new AppError(
      'shape-mismatch',
      `The ${measure} directions of ${a.source} have width ${a[side]}, and those of ${b.source} ${b[side]}: they have no cosine. Leave ${measure} out of measures, or name pairs of equal width.`,
      { place: 'measures', widths: [a[side], b[side]] },
    );
  }
}

function planSource(projectPath: string, spec: CompareSpec, source: string): PlannedSource {
  const located = isDictionaryId(source)
    ? findDictionaryById(projectPath, source)
    : { path: insideProject(projectPath, source), group: undefined, seed: null };
  const { found, close } = openDictionary(located.path);
  close();
  const { hook, target, processing, architecture, sizes } = found;
  const model = spec.model ?? found.model;
  const { dIn, dOut, latents } = sizes;
  const alike = [model, processing, hook, target, architecture, dIn, latents];
  return {
    source,
    path: located.path,
    group: located.group ?? shortHash(alike.join('\n')),
    seed: located.seed,
    hook,
    model,
    processing,
    architecture,
    dIn,
    dOut,
    latents,
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
