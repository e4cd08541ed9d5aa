import { instantiateKernels } from '../engines/wasm/kernel-module.ts';
import { listEntries, type ThreadRoom } from './coactivation-memory.ts';
import type { CoactivationShared } from './coactivation-tasks.ts';

type Run = (name: string, ...list: number[]) => void;

/** What one feature of A shares with each feature of B, added up by the kernels in a thread's room. */
export class CoactivationRow {
  /** Tokens shared, [nB]; not to be read where Jaccard alone is asked for. */
  readonly overlap: Uint32Array;
  /** Sum over tokens of the smaller activation, and of the product; empty where nobody asks. */
  readonly smaller: Float64Array;
  readonly product: Float64Array;
  /** Whether the counters of the feature filled in last have 16 bits. */
  isShort = false;
  /** Runs a kernel. */
  readonly run: Run;
  /** Address of a part of the room. */
  readonly at: (part: keyof ThreadRoom) => number;
  readonly #shared: CoactivationShared;
  readonly #needsValues: boolean;
  readonly #list: Int32Array;
  readonly #listValue: Float32Array;

  constructor(shared: CoactivationShared) {
    const { memory, module, taken, rooms, room } = shared.memory;
    const { buffer } = memory;
    const { names, kernels } = instantiateKernels(module, memory);
    const byName = new Map(names.map((name, number) => [name, kernels[number]!]));
    this.run = (name, begin, end, ...list) => byName.get(name)!(0, begin, end, ...list);
    const own = rooms + Atomics.add(new Int32Array(buffer, taken, 1), 0, 1) * room.bytes;
    this.at = (part) => own + room[part];
    const n = shared.b.count.length;
    this.#shared = shared;
    this.#needsValues = shared.measures.some((measure) => measure !== 'jaccard');
    const values = this.#needsValues ? n : 0;
    this.overlap = new Uint32Array(buffer, this.at('row'), n);
    this.smaller = new Float64Array(buffer, this.at('smaller'), values);
    this.product = new Float64Array(buffer, this.at('product'), values);
    this.#list = new Int32Array(buffer, this.at('list'), listEntries);
    this.#listValue = new Float32Array(
      buffer,
      this.at('listValue'),
      this.#needsValues ? listEntries : 0,
    );
  }

  /** Adds up what a feature shares; the row was all 0 before. */
  fill(feature: number): void {
    const { a, b } = this.#shared;
    const [from, to] = [a.pointers[feature]!, a.pointers[feature + 1]!];
    const isWide = b.feature.BYTES_PER_ELEMENT === 4;
    this.isShort = !this.#needsValues && !isWide && to - from < 1 << 16;
    const partners = [b.pointers.byteOffset, b.feature.byteOffset] as const;
    for (let start = from; start < to; start += listEntries) {
      const end = Math.min(to, start + listEntries);
      const count = end - start;
      this.#list.set(a.token.subarray(start, end));
      if (this.#needsValues) {
        this.#listValue.set(a.value.subarray(start, end));
        this.run(
          isWide ? 'addSharedWide' : 'addShared',
          0,
          count,
          this.at('list'),
          this.at('listValue'),
          ...partners,
          b.value.byteOffset,
          this.at('row'),
          this.at('smaller'),
          this.at('product'),
          this.at('touched'),
        );
      } else
        this.run(
          isWide ? 'countSharedWide' : this.isShort ? 'countShared16' : 'countShared32',
          0,
          count,
          this.at('list'),
          ...partners,
          this.at('row'),
          this.at('touched'),
        );
    }
  }

  /** @param isCounted the counters are 0 already, as the search for candidates leaves them */
  clear(isCounted: boolean): void {
    if (!isCounted) this.overlap.fill(0);
    this.smaller.fill(0);
    this.product.fill(0);
  }
}
