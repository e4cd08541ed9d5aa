import { AppError } from '../../../shared/errors.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { HostTensor, LinearWeights, NormWeights } from './weights.ts';

/** Reads the tensors of a checkpoint under a common prefix, each held against the shape it must have. */
export class WeightReader {
  readonly #reader: TensorReader;
  readonly #prefix: string;

  /**
   * @param prefix what exports of the whole language model put before the names of those of its
   *   trunk alone; taken where a tensor `probe` is found with it.
   */
  constructor(reader: TensorReader, prefix: string, probe: string) {
    this.#reader = reader;
    this.#prefix = reader.tensors.has(prefix + probe) ? prefix : '';
  }

  /**
   * @throws AppError `not-found` for a missing tensor, `shape-mismatch` for one of another shape,
   *   `dtype-mismatch` for one that does not hold floats; each names file and tensor.
   */
  tensor(name: string, shape: readonly number[]): HostTensor {
    return this.whole(this.#prefix + name, shape);
  }

  /** A tensor under its full name. */
  whole(name: string, shape: readonly number[]): HostTensor {
    const { source, tensors } = this.#reader;
    const found = tensors.get(name)?.shape;
    if (found && (found.length !== shape.length || found.some((n, axis) => n !== shape[axis])))
      throw new AppError(
        'shape-mismatch',
        `${source}: tensor '${name}' is [${found.join(', ')}], where config.json calls for [${shape.join(', ')}]. Use the config.json that belongs to these weights.`,
        { file: source, place: name },
      );
    return { shape, values: this.#reader.floats(name) };
  }

  /** `name.weight` and `name.bias` of a layer norm. */
  layerNorm(name: string, width: number): NormWeights<HostTensor> {
    return {
      gain: this.tensor(`${name}.weight`, [width]),
      bias: this.tensor(`${name}.bias`, [width]),
    };
  }

  /** `name.weight` of an RMS norm; `offset` is added to it. */
  rmsNorm(name: string, width: number, offset = 0): NormWeights<HostTensor> {
    const { shape, values } = this.tensor(`${name}.weight`, [width]);
    return { gain: { shape, values: values.map((gain) => gain + offset) }, bias: undefined };
  }

  /** `name.weight`, stored [in, out], and `name.bias`. */
  conv1d(name: string, input: number, output: number): LinearWeights<HostTensor> {
    return {
      weight: this.tensor(`${name}.weight`, [input, output]),
      bias: this.tensor(`${name}.bias`, [output]),
    };
  }

  /** `name.weight`, stored [out, in], and `name.bias` where there is one. */
  linear(name: string, input: number, output: number, bias: boolean): LinearWeights<HostTensor> {
    return {
      weight: transposed(this.tensor(`${name}.weight`, [output, input])),
      bias: bias ? this.tensor(`${name}.bias`, [output]) : undefined,
    };
  }
}

/** A row-major matrix turned. */
export function transposed({ shape, values }: HostTensor): HostTensor {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return { shape: [columns, rows], values: out };
}

/** Columns `start` up to `start + count` of a row-major matrix, or entries of a vector. */
export function columnsOf({ shape, values }: HostTensor, start: number, count: number): HostTensor {
  const columns = shape.at(-1)!;
  const rows = values.length / columns;
  const out = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const from = row * columns + start;
    out.set(values.subarray(from, from + count), row * count);
  }
  return { shape: [...shape.slice(0, -1), count], values: out };
}
