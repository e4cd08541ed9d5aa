import type { Tensor } from '../../engine.ts';
import type { Attributes, NumberType, TensorflowStore, Value } from './store.ts';

/**
 * TensorFlow's operations within one operation of the engine, under short names. What they make is
 * deleted by `clear`, but for what `keep` and `put` hand over.
 */
export class RawOps {
  readonly #store: TensorflowStore;
  readonly #made = new Set<number>();

  constructor(store: TensorflowStore) {
    this.#store = store;
  }

  // ---- lifetimes -------------------------------------------------------------------------------

  /** An operand, in its own shape. */
  at(tensor: Tensor): Value {
    return this.reshape(this.#store.storageOf(tensor).value, tensor.shape);
  }

  /** Hands a value over to a new tensor. */
  keep(value: Value, kind: Tensor['kind'] = 'float'): Tensor {
    return this.#store.own(this.release(value), kind);
  }

  /** Puts a value into the storage of `out`. */
  put(out: Tensor, value: Value): void {
    const { shape } = this.#store.storageOf(out).value;
    this.#store.replace(out, this.release(this.reshape(value, shape)));
  }

  /** Takes over a value that was made elsewhere. */
  adopt(value: Value): Value {
    this.#made.add(value.id);
    return value;
  }

  /** The value as one that is no longer ours; a copy in name where it never was. */
  release(value: Value): Value {
    const ours = this.#made.has(value.id) ? value : this.call('Identity', [value]);
    this.#made.delete(ours.id);
    return ours;
  }

  /** Deletes a large value before the end. */
  drop(...values: Value[]): void {
    for (const value of values) if (this.#made.delete(value.id)) this.#store.delete(value);
  }

  clear(): void {
    for (const id of this.#made) this.#store.delete({ id, shape: [] });
    this.#made.clear();
  }

  // ---- calls -----------------------------------------------------------------------------------

  call(name: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.callMany(name, inputs, attributes, 1)[0]!;
  }

  callMany(
    name: string,
    inputs: readonly Value[],
    attributes: Attributes,
    outputs: number,
  ): Value[] {
    const values = this.#store.execute(name, inputs, attributes, outputs);
    for (const { id } of values) this.#made.add(id);
    return values;
  }

  // ---- arguments -------------------------------------------------------------------------------

  number(value: number): Value {
    return this.#store.constant(Float32Array.of(value), []);
  }

  numbers(values: readonly number[]): Value {
    return this.#store.constant(Float32Array.from(values), [values.length]);
  }

  int(value: number): Value {
    return this.#store.constant(Int32Array.of(value), []);
  }

  list(values: readonly number[]): Value {
    return this.#store.constant(Int32Array.from(values), [values.length]);
  }

  // ---- shapes ----------------------------------------------------------------------------------

  /** Shares its numbers with x. */
  reshape(x: Value, shape: readonly number[]): Value {
    const same = shape.length === x.shape.length && shape.every((size, i) => size === x.shape[i]);
    return same ? x : this.call('Reshape', [x, this.list(shape)]);
  }

  transpose(x: Value, order: readonly number[]): Value {
    return this.call('Transpose', [x, this.list(order)]);
  }

  slice(x: Value, begin: readonly number[], size: readonly number[]): Value {
    return this.call('Slice', [x, this.list(begin), this.list(size)]);
  }

  /** Entries `start` up to `end` of the first axis. */
  part(x: Value, start: number, end: number): Value {
    if (start === 0 && end === x.shape[0]) return x;
    const rest = x.shape.slice(1);
    return this.slice(x, [start, ...rest.map(() => 0)], [end - start, ...rest]);
  }

  concat(values: readonly Value[], axis: number, type: NumberType = 'float32'): Value {
    if (values.length === 1) return values[0]!;
    const attributes = { N: values.length, T: type };
    return this.call('ConcatV2', [...values, this.int(axis)], attributes);
  }

  /** A value per row as a column, to be combined with a matrix. */
  column(x: Value): Value {
    return this.reshape(x, [x.shape[0]!, 1]);
  }

  cast(x: Value, type: NumberType): Value {
    return this.call('Cast', [x], { DstT: type });
  }

  gather(x: Value, indices: Value, axis = 0, batch = 0): Value {
    return this.call('GatherV2', [x, indices, this.int(axis)], { batch_dims: batch });
  }

  // ---- arithmetic, with broadcasting -----------------------------------------------------------

  add = (x: Value, y: Value) => this.call('AddV2', [x, y]);
  subtract = (x: Value, y: Value) => this.call('Sub', [x, y]);
  multiply = (x: Value, y: Value) => this.call('Mul', [x, y]);
  divide = (x: Value, y: Value) => this.call('RealDiv', [x, y]);
  power = (x: Value, exponent: number) => this.call('Pow', [x, this.number(exponent)]);
  square = (x: Value) => this.call('Square', [x]);
  root = (x: Value) => this.call('Sqrt', [x]);
  exp = (x: Value) => this.call('Exp', [x]);
  select = (which: Value, yes: Value, no: Value) => this.call('SelectV2', [which, yes, no]);

  scale(x: Value, factor: number): Value {
    return factor === 1 ? x : this.multiply(x, this.number(factor));
  }

  shift(x: Value, by: number): Value {
    return this.add(x, this.number(by));
  }

  /** Sum over an axis, which stays with length 1 where `keep`. */
  sum(x: Value, axis: number, keep = false): Value {
    return this.call('Sum', [x, this.list([axis])], { keep_dims: keep });
  }

  mean(x: Value, axis: number, keep = false): Value {
    return this.call('Mean', [x, this.list([axis])], { keep_dims: keep });
  }

  largest(x: Value, axis: number, keep = false): Value {
    return this.call('Max', [x, this.list([axis])], { keep_dims: keep });
  }

  /** 1 where x is 0, else x: what may be divided by. */
  nonzero(x: Value): Value {
    return this.select(this.call('Equal', [x, this.number(0)]), this.number(1), x);
  }

  /** Products of the matrices in the last two axes. */
  products(x: Value, y: Value, transX = false, transY = false): Value {
    return this.call('BatchMatMulV2', [x, y], { adj_x: transX, adj_y: transY });
  }
}
