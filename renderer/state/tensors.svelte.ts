import type { FetchedTensors } from '../../shared/contract/comparisons.ts';
import { AppError } from '../../shared/errors.ts';
import { asAppError } from './errors.ts';

export type TensorArray = Int32Array | Float32Array;
export type Tensors = Readonly<Record<string, TensorArray>>;

/** Reads tensors that the host offers as bytes. @throws AppError `not-found` or `truncated` */
export async function readTensors(from: FetchedTensors, signal?: AbortSignal): Promise<Tensors> {
  const answer = await fetch(from.url, signal ? { signal } : {});
  if (!answer.ok)
    throw new AppError(
      'not-found',
      `The figures could not be fetched (${answer.status}). Load the page again.`,
      { status: answer.status },
    );
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength !== from.bytes)
    throw new AppError(
      'truncated',
      `The figures came incomplete: ${bytes.byteLength} of ${from.bytes} bytes. Load the page again.`,
      { bytes: bytes.byteLength },
    );
  return Object.fromEntries(from.tensors.map((tensor) => [tensor.name, viewOf(bytes, tensor)]));
}

function viewOf(bytes: ArrayBuffer, tensor: FetchedTensors['tensors'][number]): TensorArray {
  const { dtype, shape, offset } = tensor;
  const size = shape.reduce((product, length) => product * length, 1);
  return dtype === 'I32'
    ? new Int32Array(bytes, offset, size)
    : new Float32Array(bytes, offset, size);
}

/** Tensors that a component shows, fetched anew whenever their source is another. */
export class FetchedArrays {
  #value = $state.raw<Tensors | undefined>();
  #error = $state.raw<AppError | null>(null);

  get value(): Tensors | undefined {
    return this.#value;
  }

  get error(): AppError | null {
    return this.#error;
  }

  /** @param source undefined while it is not known */
  constructor(source: () => FetchedTensors | null | undefined) {
    $effect(() => {
      const from = source();
      this.#value = undefined;
      this.#error = null;
      if (!from) return;
      const abort = new AbortController();
      readTensors(from, abort.signal).then(
        (value) => (this.#value = abort.signal.aborted ? this.#value : value),
        (error: unknown) => {
          if (!abort.signal.aborted) this.#error = asAppError(error);
        },
      );
      return () => abort.abort();
    });
  }
}
