/** The k best partners of one feature, kept in order: row `row` of lists of k. */
export class PartnerList {
  /** A similarity must exceed it to get in. */
  least = -Infinity;
  readonly #index: Int32Array;
  readonly #value: Float32Array;
  #count = 0;

  constructor(
    { listIndex, listValue }: { listIndex: Int32Array; listValue: Float32Array },
    row: number,
    k: number,
  ) {
    this.#index = listIndex.subarray(row * k, (row + 1) * k);
    this.#value = listValue.subarray(row * k, (row + 1) * k);
    if (k === 0) this.least = Infinity;
  }

  add(partner: number, value: number): void {
    const index = this.#index;
    const values = this.#value;
    let place = this.#count < index.length ? this.#count++ : index.length - 1;
    for (; place > 0 && values[place - 1]! < value; place--) {
      index[place] = index[place - 1]!;
      values[place] = values[place - 1]!;
    }
    index[place] = partner;
    values[place] = value;
    if (this.#count === index.length) this.least = values[index.length - 1]!;
  }
}
