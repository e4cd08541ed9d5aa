import { AppError } from '../../../shared/errors.ts';
import type { EngineUsage, Sparse, Tensor } from '../engine.ts';

/** What an engine keeps numbers in: an array, or a piece of linear memory. */
export interface Storage {
  readonly bytes: number;
}

/** A storage and the number of tensors that look into it; released when the last one is disposed. */
interface Shared<S extends Storage> {
  readonly owner: Handles<S>;
  readonly storage: S;
  references: number;
}

/** An engine's own tensor: a shape over a storage, from `offset` elements into it. */
export class Handle<S extends Storage> implements Tensor {
  readonly id: number;
  readonly shape: readonly number[];
  readonly size: number;
  readonly kind: Tensor['kind'];
  readonly offset: number;
  /** Undefined once disposed. */
  shared: Shared<S> | undefined;

  constructor(
    id: number,
    shape: readonly number[],
    kind: Tensor['kind'],
    shared: Shared<S>,
    offset: number,
  ) {
    this.id = id;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.kind = kind;
    this.shared = shared;
    this.offset = offset;
  }

  /** The storage. Using a tensor after its disposal is a bug in the caller, so it throws as one. */
  get storage(): S {
    if (!this.shared) throw new Error(`Tensor ${this.id} was used after it was disposed.`);
    return this.shared.storage;
  }
}

/** Product of the sizes. Throws AppError `shape-mismatch` unless each is a whole number from 0. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0)
      throw new AppError(
        'shape-mismatch',
        `[${shape.join(', ')}] is not a shape: sizes are whole numbers from 0.`,
        { shape: [...shape] },
      );
    size *= length;
  }
  return size;
}

/** Counts the storages of one engine and who looks into them. */
export class Handles<S extends Storage> {
  readonly #release: (storage: S) => void;
  #nextId = 1;
  #tensors = 0;
  #bytes = 0;
  #peakBytes = 0;

  constructor(release: (storage: S) => void) {
    this.#release = release;
  }

  /** A tensor over a storage of its own. */
  own(storage: S, shape: readonly number[], kind: Tensor['kind']): Handle<S> {
    this.#tensors += 1;
    this.#bytes += storage.bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
    return new Handle(this.#nextId++, [...shape], kind, { owner: this, storage, references: 1 }, 0);
  }

  /** Another tensor over the storage of `tensor`, `skip` elements further in. */
  view(tensor: Tensor, shape: readonly number[], skip = 0): Handle<S> {
    const handle = this.of(tensor);
    const shared = handle.shared!;
    shared.references += 1;
    return new Handle(this.#nextId++, [...shape], handle.kind, shared, handle.offset + skip);
  }

  /** The engine's own side of a tensor. A disposed or foreign tensor is a bug in the caller. */
  of(tensor: Tensor): Handle<S> {
    const handle = tensor as Handle<S>;
    if (!handle.shared && tensor instanceof Handle)
      throw new Error(`Tensor ${tensor.id} was used after it was disposed.`);
    if (handle.shared?.owner !== this)
      throw new Error(`Tensor ${tensor.id} does not belong to this engine.`);
    return handle;
  }

  /** Throws AppError `bad-input` where an output shares entries with an operand that is still read. */
  requireApart(operation: string, out: Tensor, ...operands: Tensor[]): void {
    const target = this.of(out);
    for (const operand of operands) {
      const source = this.of(operand);
      const overlap =
        source.storage === target.storage &&
        source.offset < target.offset + target.size &&
        target.offset < source.offset + source.size;
      if (overlap)
        throw new AppError(
          'bad-input',
          `${operation}: the output may not be one of its operands.`,
          {
            operation,
          },
        );
    }
  }

  dispose(tensors: readonly (Tensor | Sparse)[]): void {
    for (const tensor of tensors) {
      if ('pointers' in tensor) this.dispose([tensor.pointers, tensor.indices, tensor.values]);
      else this.#disposeOne(this.of(tensor));
    }
  }

  #disposeOne(handle: Handle<S>): void {
    const shared = handle.shared!;
    handle.shared = undefined;
    shared.references -= 1;
    if (shared.references > 0) return;
    this.#tensors -= 1;
    this.#bytes -= shared.storage.bytes;
    this.#release(shared.storage);
  }

  usage(): EngineUsage {
    return { tensors: this.#tensors, bytes: this.#bytes, peakBytes: this.#peakBytes };
  }
}
