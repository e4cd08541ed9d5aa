import { AppError } from '../../../../shared/errors.ts';
import type { SparseColumns } from './columns.ts';

/** How the activations on the tokens of a sequence become one number. */
export const aggregations = ['max', 'mean', 'any', 'last'] as const;
export type Aggregation = (typeof aggregations)[number];

/** The rows of a fit: tokens or sequences whose label is known. */
export interface Samples {
  readonly unit: 'token' | 'sequence';
  readonly aggregation: Aggregation;
  /** Tokens of a sequence. */
  readonly length: number;
  /** Row of each token or sequence; -1 for one that has no label. */
  readonly rowOf: Int32Array;
  readonly rows: number;
}

/** Rows in the order of tokens or sequences. @param labels NaN where missing */
export function sampleRows(
  labels: Float64Array,
  options: Pick<Samples, 'unit' | 'aggregation' | 'length'>,
): Samples {
  const rowOf = new Int32Array(labels.length);
  let rows = 0;
  for (let i = 0; i < labels.length; i++) rowOf[i] = Number.isNaN(labels[i]!) ? -1 : rows++;
  return { ...options, rowOf, rows };
}

/** Feature-major activations, entries of feature j at pointers[j] up to pointers[j + 1]. */
export interface Activations {
  readonly latents: number;
  readonly pointers: Float64Array;
  readonly token: Int32Array;
  readonly value: Float32Array;
}

/**
 * Collects sparse columns from activations that come by ranges of features. A feature that is active on
 * fewer than `leastRows` rows makes no column: nothing could be said of it.
 */
export class ColumnCollector {
  readonly #samples: Samples;
  readonly #leastRows: number;
  readonly #mostEntries: number;
  readonly #features: number[] = [];
  readonly #parts: { readonly row: Int32Array; readonly value: Float32Array }[] = [];
  readonly #pointers: number[] = [0];

  /** @param mostEntries beyond which `add` throws `too-large` */
  constructor(samples: Samples, leastRows: number, mostEntries: number) {
    this.#samples = samples;
    this.#leastRows = leastRows;
    this.#mostEntries = mostEntries;
  }

  /** Adds features `first` onwards. @throws AppError `too-large` */
  add(first: number, { latents, pointers, token, value }: Activations): void {
    for (let j = 0; j < latents; j++) {
      const [from, to] = [pointers[j]!, pointers[j + 1]!];
      if (to - from < this.#leastRows) continue;
      const part = toRows(this.#samples, token.subarray(from, to), value.subarray(from, to));
      if (part.row.length < this.#leastRows) continue;
      const end = this.#pointers.at(-1)! + part.row.length;
      if (end > this.#mostEntries) throw this.#tooLarge(first + j);
      this.#parts.push(part);
      this.#features.push(first + j);
      this.#pointers.push(end);
    }
  }

  finish(): { readonly features: Int32Array; readonly columns: SparseColumns } {
    const pointers = Float64Array.from(this.#pointers);
    const row = new Int32Array(pointers.at(-1)!);
    const value = new Float32Array(pointers.at(-1)!);
    for (const [k, part] of this.#parts.splice(0).entries()) {
      row.set(part.row, pointers[k]);
      value.set(part.value, pointers[k]);
    }
    const columns = pointers.length - 1;
    return {
      features: Int32Array.from(this.#features),
      columns: { rows: this.#samples.rows, columns, pointers, row, value },
    };
  }

  #tooLarge(feature: number): AppError {
    return new AppError(
      'too-large',
      `The activations of the features up to ${feature} alone are more than the ${this.#mostEntries} that fit into the memory this job may take. Leave out rare features (leastRows), predict sequences instead of tokens, or allow more (memoryBytes).`,
      { activations: this.#mostEntries, feature },
    );
  }
}

/** One feature's activations as a column: tokens, or the tokens of each sequence taken together. */
function toRows(samples: Samples, token: Int32Array, value: Float32Array) {
  const { unit, rowOf } = samples;
  const row = new Int32Array(token.length);
  const out = new Float32Array(token.length);
  let count = 0;
  if (unit === 'token') {
    for (let e = 0; e < token.length; e++) {
      const found = rowOf[token[e]!] ?? -1;
      if (found < 0) continue;
      row[count] = found;
      out[count++] = value[e]!;
    }
  } else count = aggregate(samples, token, value, row, out);
  return { row: row.slice(0, count), value: out.slice(0, count) };
}

function aggregate(
  { aggregation, length, rowOf }: Samples,
  token: Int32Array,
  value: Float32Array,
  row: Int32Array,
  out: Float32Array,
): number {
  let count = 0;
  for (let e = 0; e < token.length;) {
    const sequence = Math.floor(token[e]! / length);
    let [most, sum, last] = [-Infinity, 0, 0];
    for (; e < token.length && Math.floor(token[e]! / length) === sequence; e++) {
      most = Math.max(most, value[e]!);
      sum += value[e]!;
      if (token[e]! % length === length - 1) last = value[e]!;
    }
    const found = rowOf[sequence] ?? -1;
    const taken = { max: most, mean: sum / length, any: 1, last }[aggregation];
    if (found < 0 || taken === 0) continue;
    row[count] = found;
    out[count++] = taken;
  }
  return count;
}
