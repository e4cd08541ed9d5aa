import { AppError } from '../../../../shared/errors.ts';
import type { Tensor } from '../../engine.ts';
import { type Handle, Handles, sizeOf, type Storage } from '../handles.ts';
import type { Binding, BindingAttribute } from './binding.ts';
import { RawOps } from './raw-ops.ts';

/** A tensor of TensorFlow's. */
export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
}

/**
 * TensorFlow's tensors never change, so an operation in place puts another one in the storage, and
 * all views of the storage see it.
 */
interface TensorStorage extends Storage {
  value: Value;
  /** The numbers of an int tensor that came from here: checks of indices need not copy them back. */
  readonly host?: Int32Array;
  /** What was worked out from the numbers of an int tensor, which never change; goes with it. */
  readonly derived: Map<string, Value>;
}

/** Numbers stand for INT, lists for SHAPE, `text` and `texts` for STRING; a bare string names a number type. */
export type Attributes = Readonly<
  Record<
    string,
    | boolean
    | number
    | NumberType
    | readonly number[]
    | { readonly text: string }
    | { readonly texts: readonly string[] }
  >
>;

/** Number types by TensorFlow's codes. */
const typeCodes = { float32: 1, float64: 2, int32: 3, int64: 9, bool: 10 } as const;
export type NumberType = keyof typeof typeCodes;

/** Small tensors that operations take as arguments; more than so many are dropped and made again. */
const maximumConstants = 512;
/** TensorFlow's status for memory that could not be had. */
const exhausted = 'Invalid TF_Status: 8';

/** Tensors over TensorFlow's, and the calls that make them. */
export class TensorflowStore {
  readonly handles = new Handles<TensorStorage>((storage) => {
    if (this.#alive.delete(storage)) this.#deleteStorage(storage);
  });
  readonly #alive = new Set<TensorStorage>();
  readonly #binding: Binding;
  readonly #constants = new Map<string, Value>();
  #closed = false;

  /** Whether operations run on a GPU, where small pieces and int32 arithmetic cost more than memory. */
  readonly onGpu: boolean;

  constructor(binding: Binding) {
    this.#binding = binding;
    this.onGpu = binding.isUsingGpuDevice();
  }

  /** Runs `work`; all tensors that it makes and does not keep are deleted after it. */
  run<T>(work: (ops: RawOps) => T): T {
    if (this.#constants.size > maximumConstants) this.#dropConstants();
    const ops = new RawOps(this);
    try {
      return work(ops);
    } finally {
      ops.clear();
    }
  }

  execute(
    name: string,
    inputs: readonly Value[],
    attributes: Attributes,
    outputs: number,
  ): Value[] {
    this.#requireOpen();
    const list = Object.entries(attributes).map(([key, value]) => this.#attribute(key, value));
    const ids = inputs.map(({ id }) => id);
    try {
      return this.#binding.executeOp(name, list, ids, outputs);
    } catch (error) {
      if (!String(error).includes(exhausted)) throw error;
      throw new AppError(
        'out-of-memory',
        `TensorFlow has no memory left for ${name}. Use a smaller batch, fewer latents or a shorter context.`,
        { operation: name, bytes: this.handles.usage().bytes },
        error,
      );
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error('The tensorflow engine was used after it was closed.');
  }

  #attribute(name: string, value: Attributes[string]): BindingAttribute {
    const { TF_ATTR_BOOL, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE } =
      this.#binding;
    if (typeof value === 'boolean') return { name, type: TF_ATTR_BOOL, value };
    if (typeof value === 'number') return { name, type: TF_ATTR_INT, value };
    if (typeof value === 'string') return { name, type: TF_ATTR_TYPE, value: typeCodes[value] };
    if ('text' in value) return { name, type: TF_ATTR_STRING, value: value.text };
    if ('texts' in value) return { name, type: TF_ATTR_STRING, value: value.texts };
    return { name, type: TF_ATTR_SHAPE, value };
  }

  delete({ id }: Value): void {
    this.#binding.deleteTensor(id);
  }

  /** Copies numbers in; the array may be reused at once (see `patch` in main/bootstrap/tensorflow.mjs). */
  upload(numbers: Float32Array | Int32Array, shape: readonly number[]): Value {
    this.#requireOpen();
    const { TF_FLOAT, TF_INT32 } = this.#binding;
    const dtype = numbers instanceof Int32Array ? TF_INT32 : TF_FLOAT;
    return { id: this.#binding.createTensor(shape, dtype, numbers), shape };
  }

  download({ id }: Value): Float32Array | Int32Array | BigInt64Array {
    return this.#binding.tensorDataSync(id);
  }

  #deleteStorage({ value, derived }: TensorStorage): void {
    this.delete(value);
    for (const each of derived.values()) this.delete(each);
  }

  /** A small tensor that is kept for the next call that needs it. */
  constant(numbers: Float32Array | Int32Array, shape: readonly number[]): Value {
    const key = `${numbers instanceof Int32Array ? 'i' : 'f'}${shape.join()}:${numbers.join()}`;
    let value = this.#constants.get(key);
    if (!value) this.#constants.set(key, (value = this.upload(numbers, shape)));
    return value;
  }

  #dropConstants(): void {
    for (const value of this.#constants.values()) this.delete(value);
    this.#constants.clear();
  }

  /** Gives all memory back. Tensors that are still alive cannot be used afterwards. */
  close(): void {
    this.#closed = true;
    this.#dropConstants();
    for (const storage of this.#alive) this.#deleteStorage(storage);
    this.#alive.clear();
  }

  /** A tensor over a value, which it takes over. */
  own(value: Value, kind: Tensor['kind'] = 'float', host?: Int32Array): Tensor {
    const bytes = 4 * sizeOf(value.shape);
    const storage = { bytes, value, derived: new Map<string, Value>(), ...(host && { host }) };
    this.#alive.add(storage);
    return this.handles.own(storage, value.shape, kind);
  }

  storageOf(tensor: Tensor): TensorStorage {
    const handle: Handle<TensorStorage> = this.handles.of(tensor);
    return handle.storage;
  }

  /** Puts another value into a tensor's storage. */
  replace(tensor: Tensor, value: Value): void {
    const storage = this.storageOf(tensor);
    this.delete(storage.value);
    storage.value = value;
  }

  /** The numbers of an int tensor, not to be written to. */
  ints(tensor: Tensor): Int32Array {
    const { host, value } = this.storageOf(tensor);
    return host ?? (this.download(value) as Int32Array);
  }
}
