import { existsSync } from 'node:fs';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { AppError } from '../../shared/errors.ts';
import { wilsonInterval } from '../../shared/stats/intervals.ts';
import type { FeatureColumns } from '../db/features.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { parseStrictJson } from '../formats/strict-json.ts';

export interface ReadFeatures {
  readonly columns: FeatureColumns;
  readonly properties: string[];
  readonly alive: number;
}

/**
 * The sortable columns of a run's features.safetensors (layout: main/jobs/job-folder.ts), counted
 * over `tokens` tokens; undefined where the job kept no features.
 * @throws AppError `corrupt` and the like naming the file.
 */
export function readFeatureColumns(path: string, tokens: number): ReadFeatures | undefined {
  if (!existsSync(path)) return undefined;
  const reader = openSafetensors(path);
  try {
    const properties = readProperties(reader);
    const count = reader.ints('count');
    const sum = reader.floats('sum');
    const max = reader.floats('max');
    const n = count.length;
    const intervals = Array.from(count, (k) => wilsonInterval(k, tokens));
    const best = bestProperties(reader, count, properties);
    const active = (values: ArrayLike<number>, i: number) => (count[i]! > 0 ? values[i]! : NaN);
    const column = (value: (i: number) => number) =>
      Float64Array.from({ length: n }, (_, i) => value(i));
    return {
      properties,
      alive: count.reduce((alive, k) => alive + (k > 0 ? 1 : 0), 0),
      columns: {
        count,
        density: column((i) => (tokens > 0 ? count[i]! / tokens : 0)),
        densityLow: column((i) => intervals[i]!.low),
        densityHigh: column((i) => intervals[i]!.high),
        mean: column((i) => active(sum, i) / count[i]!),
        max: column((i) => active(max, i)),
        stability: rowMeans(reader, 'match_cosine', n),
        property: best.property,
        auc: best.auc,
      },
    };
  } finally {
    reader.close();
  }
}

/** Names of the ground-truth properties, from the metadata. */
export function readProperties(reader: TensorReader): string[] {
  const text = reader.metadata.get('properties');
  if (text === undefined) return [];
  const names = parseStrictJson(text, reader.source);
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new AppError('corrupt', `${reader.source}: 'properties' is not a list of names.`, {
    file: reader.source,
    place: 'properties',
  });
}

/** Mean of each row of a float tensor [n, k]; NaN where k is 0 or the tensor is missing. */
function rowMeans(reader: TensorReader, name: string, n: number): Float64Array {
  const means = new Float64Array(n).fill(NaN);
  const width = reader.tensors.get(name)?.shape[1] ?? 0;
  if (width === 0) return means;
  const values = reader.floats(name);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += values[i * width + k]!;
    means[i] = sum / width;
  }
  return means;
}

/** The property that each feature tells best, and how well; none for a dead feature. */
function bestProperties(reader: TensorReader, count: Int32Array, properties: readonly string[]) {
  const n = count.length;
  const property: (string | null)[] = new Array<string | null>(n).fill(null);
  const auc = new Float64Array(n).fill(NaN);
  if (properties.length === 0 || !reader.tensors.has('auc')) return { property, auc };
  const values = reader.floats('auc');
  const width = properties.length;
  for (let i = 0; i < n; i++)
    for (let k = 0; k < width && count[i]! > 0; k++) {
      const value = values[i * width + k]!;
      if (Number.isNaN(value) || value <= (auc[i]! || 0)) continue;
      auc[i] = value;
      property[i] = properties[k]!;
    }
  return { property, auc };
}
