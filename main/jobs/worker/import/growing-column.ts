/** A list of numbers of one type that grows without holding each as an object. */
export class GrowingColumn<T extends Int32Array | Float32Array | Float64Array> {
  #values: T;
  #length = 0;

  constructor(make: new (length: number) => T) {
    this.#values = new make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new (this.#values.constructor as new (length: number) => T)(2 * this.#length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** The values so far; valid until the next push. */
  get values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }
}

/** A list of lists of numbers, each belonging to one feature; features come in any order. */
export class RaggedColumn<T extends Int32Array | Float32Array | Float64Array> {
  readonly #values: GrowingColumn<T>;
  readonly #places = new Map<number, readonly [start: number, end: number]>();
  #widest = 0;

  constructor(make: new (length: number) => T) {
    this.#values = new GrowingColumn(make);
  }

  get widest(): number {
    return this.#widest;
  }

  set(feature: number, values: ArrayLike<number>): void {
    const start = this.#values.length;
    for (let i = 0; i < values.length; i++) this.#values.push(values[i]!);
    this.#places.set(feature, [start, this.#values.length]);
    this.#widest = Math.max(this.#widest, values.length);
  }

  /** Empty for a feature that has none. */
  of(feature: number): T {
    const [start, end] = this.#places.get(feature) ?? [0, 0];
    return this.#values.values.subarray(start, end) as T;
  }
}
