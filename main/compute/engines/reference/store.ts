import type { Tensor } from '../../engine.ts';
import { type Handle, Handles, sizeOf, type Storage } from '../handles.ts';

interface ArrayStorage extends Storage {
  readonly numbers: Float64Array | Int32Array;
}

/** Tensors over plain typed arrays: float64 for floats, int32 for ints. */
export class ReferenceStore {
  readonly handles = new Handles<ArrayStorage>(() => undefined);

  /** A new float tensor of zeros and its numbers, to be filled in. */
  create(shape: readonly number[]): { tensor: Tensor; out: Float64Array } {
    const out = new Float64Array(sizeOf(shape));
    return { tensor: this.wrap(out, shape), out };
  }

  /** A tensor over the given numbers, which it takes over. */
  wrap(numbers: Float64Array | Int32Array, shape: readonly number[]): Tensor {
    const kind = numbers instanceof Int32Array ? 'int' : 'float';
    return this.handles.own({ bytes: numbers.byteLength, numbers }, shape, kind);
  }

  /** The numbers of a float tensor, in place. */
  floats(tensor: Tensor): Float64Array {
    return this.#numbers(tensor) as Float64Array;
  }

  /** The numbers of an int tensor, in place. */
  ints(tensor: Tensor): Int32Array {
    return this.#numbers(tensor) as Int32Array;
  }

  #numbers(tensor: Tensor): Float64Array | Int32Array {
    const handle: Handle<ArrayStorage> = this.handles.of(tensor);
    return handle.storage.numbers.subarray(handle.offset, handle.offset + handle.size);
  }
}
