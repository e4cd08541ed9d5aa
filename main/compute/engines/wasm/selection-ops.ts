import type { Engine, Sparse, Tensor } from '../../engine.ts';
import { matrix, requireEntryCount, requireTopCount, requireVector } from '../checks.ts';
import type { WasmStore } from './store.ts';

type SelectionOps = Pick<Engine, 'sparsifyAbove' | 'largestOfRows' | 'largestEntries'>;

/** Entries of a task of the histogram. */
const blockEntries = 1 << 17;
/** The bits of a positive float, in parts that are found one after the other, the highest first. */
const digits = [
  { shift: 20, bits: 11 },
  { shift: 10, bits: 10 },
  { shift: 0, bits: 10 },
] as const;
const infinityBits = 0x7f800000;

/** Picks of pre-activations. */
export function selectionOps(store: WasmStore): SelectionOps {
  const { at, atOptional } = store.addresses();

  /** An empty code with a row of `kept(row)` entries each, for a kernel to fill. */
  function reserve(rows: number, columns: number, kept: (row: number) => number): Sparse {
    const pointers = store.create([rows + 1], 'int');
    const list = store.ints(pointers);
    list[0] = 0;
    for (let row = 0; row < rows; row += 1) list[row + 1] = list[row]! + kept(row);
    const count = list[rows]!;
    const [indices, values] = [store.create([count], 'int'), store.create([count])];
    store.trust({ rows, columns, count, pointers, indices, values });
    return { rows, columns, count, pointers, indices, values };
  }

  /** The smallest of the `count` largest entries above 0, and how many equal to it belong to them. */
  function cutOf(x: Tensor, count: number): { cut: number; ties: number } | undefined {
    const blocks = Math.ceil(x.size / blockEntries);
    let [prefix, left] = [0, count];
    for (const { shift, bits } of digits) {
      const bins = 1 << bits;
      const low = floatOf(Math.max(1, prefix));
      const high = floatOf(
        prefix === 0 && bits === 11 ? infinityBits : prefix + (bins << shift) - 1,
      );
      const digit = store.lend(4 * bins * blocks, (counters) => {
        const range = [low, high, shift, bins];
        store.run('histogram', blocks, 1, at(x), x.size, blockEntries, ...range, counters);
        const found = store.intsAt(counters, bins * blocks);
        for (let bin = bins - 1; bin >= 0; bin -= 1) {
          let inBin = 0;
          for (let block = 0; block < blocks; block += 1) inBin += found[block * bins + bin]!;
          if (left <= inBin) return bin;
          left -= inBin;
        }
        return undefined;
      });
      if (digit === undefined) return undefined;
      prefix += digit << shift;
    }
    return { cut: floatOf(prefix), ties: left };
  }

  function sparsifyAbove(x: Tensor, limits?: Tensor, most = Infinity): Sparse | undefined {
    const { rows, columns } = matrix('sparsifyAbove', x);
    if (limits) requireVector('sparsifyAbove', 'limits', limits, columns);
    return store.lend(4 * rows, (counts) => {
      const operands = [at(x), atOptional(limits)];
      store.runRows('countAbove', rows, columns, ...operands, counts, columns);
      const list = store.intsAt(counts, rows);
      if (list.reduce((sum, found) => sum + found, 0) >= most) return undefined;
      const kept = Int32Array.from(list);
      const code = reserve(rows, columns, (row) => kept[row]!);
      operands.push(at(code.pointers), at(code.indices), at(code.values));
      store.runRows('compressAbove', rows, columns, ...operands, columns);
      return code;
    });
  }

  return {
    sparsifyAbove,
    largestOfRows(x, k) {
      const { rows, columns } = matrix('largestOfRows', x);
      requireTopCount(k, x);
      if (k === 0) return reserve(rows, columns, () => 0);
      return store.lend(4 * rows * (2 * k + 1), (ranked) => {
        const places = ranked + 4 * rows * k;
        const counts = places + 4 * rows * k;
        store.runRows('topK', rows, columns, at(x), ranked, places, columns, k);
        store.runRows('countRanked', rows, k, ranked, counts, k);
        const kept = Int32Array.from(store.intsAt(counts, rows));
        const code = reserve(rows, columns, (row) => kept[row]!);
        const outputs = [at(code.pointers), at(code.indices), at(code.values)];
        store.runRows('orderRanked', rows, k, ranked, places, ...outputs, k);
        return code;
      });
    },
    largestEntries(x, count) {
      const { rows, columns } = matrix('largestEntries', x);
      requireEntryCount('largestEntries', count);
      if (count === 0) return reserve(rows, columns, () => 0);
      const found = cutOf(x, count);
      if (!found) return sparsifyAbove(x)!;
      const { cut } = found;
      return store.lend(8 * rows, (above) => {
        const equal = above + 4 * rows;
        store.runRows('countFrom', rows, columns, at(x), cut, above, equal, columns);
        const list = Int32Array.from(store.intsAt(above, 2 * rows));
        let { ties } = found;
        const code = reserve(rows, columns, (row) => {
          const taken = Math.min(ties, list[rows + row]!);
          ties -= taken;
          return list[row]! + taken;
        });
        const outputs = [at(code.pointers), at(code.indices), at(code.values)];
        store.runRows('compressFrom', rows, columns, at(x), cut, above, ...outputs, columns);
        return code;
      });
    },
  };
}

/** The float of these bits. */
function floatOf(bits: number): number {
  bitsView[0] = bits;
  return floatView[0]!;
}

const bitsView = new Int32Array(1);
const floatView = new Float32Array(bitsView.buffer);
