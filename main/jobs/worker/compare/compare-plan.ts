import { createHash } from 'node:crypto';
import {
  comparedPairs,
  isDictionaryId,
  type CompareSpec,
} from '../../../../shared/domain/compare-spec.ts';
import { directionMeasures } from '../../../../shared/domain/comparison.ts';
import type { WeightProcessing } from '../../../../shared/domain/job-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { findDictionaryById } from '../../find-dictionary.ts';
import { readDictionaryMetadata } from '../dictionary-file.ts';
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
  const sources = spec.dictionaries.map((source) => planSource(projectPath, source));
  const pairs = comparedPairs(spec);
  const direction = directionMeasures.find((measure) => spec.measures.includes(measure));
  for (const [a, b] of direction ? pairs : []) {
    const [one, other] = [sources[a]!, sources[b]!];
    if (one.dIn === other.dIn) continue;
    throw new AppError(
      'shape-mismatch',
      `${one.source} has directions of width ${one.dIn}, and ${other.source} of width ${other.dIn}: they have no cosine. Leave decoder and encoder out of measures, or name pairs of equal width.`,
      { place: 'measures', widths: [one.dIn, other.dIn] },
    );
  }
  return { spec, sources, pairs };
}

function planSource(projectPath: string, source: string): PlannedSource {
  const found = isDictionaryId(source)
    ? findDictionaryById(projectPath, source)
    : { path: insideProject(projectPath, source), group: undefined };
  const { model, hook, processing, architecture, seed, target } = readDictionaryMetadata(
    found.path,
  );
  const [dIn = 0, latents = 0] = shapeOf(found.path);
  const alike = [model, processing, hook, target ?? '', architecture, dIn, latents];
  return {
    source,
    path: found.path,
    group: found.group ?? createHash('sha256').update(alike.join('\n')).digest('hex').slice(0, 32),
    seed: /^\d{1,10}$/.test(seed) ? Number(seed) : null,
    hook,
    model,
    processing,
    architecture,
    dIn,
    latents,
  };
}

function shapeOf(path: string): readonly number[] {
  const reader = openSafetensors(path);
  try {
    return reader.tensors.get('W_enc')?.shape ?? [];
  } finally {
    reader.close();
  }
}
