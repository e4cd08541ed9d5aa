import { describe, expect, it } from 'vitest';
import {
  assignCandidates,
  type Candidates,
} from '../../../../main/compute/compare/assign-candidates.ts';
import { assignExactly } from '../../../../main/compute/compare/assign-exactly.ts';
import { Random } from '../../../support/random.ts';

function randomScores(seed: number, rows: number, columns: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length: rows * columns }, () => random.uniform());
}

/** The largest total over all assignments, by trying each. */
function largestTotal(score: Float64Array, rows: number, columns: number): number {
  const best = (row: number, used: number): number => {
    if (row === rows) return 0;
    let most = -Infinity;
    for (let j = 0; j < columns; j++)
      if (!(used & (1 << j)))
        most = Math.max(most, score[row * columns + j]! + best(row + 1, used | (1 << j)));
    return most;
  };
  return best(0, 0);
}

function candidatesOf(score: Float64Array, rows: number, columns: number, k: number): Candidates {
  const index = new Int32Array(rows * k);
  const value = new Float64Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const order = Array.from({ length: columns }, (_, j) => j).sort(
      (a, b) => score[row * columns + b]! - score[row * columns + a]!,
    );
    order.slice(0, k).forEach((column, rank) => {
      index[row * k + rank] = column;
      value[row * k + rank] = score[row * columns + column]!;
    });
  }
  return { rows, columns, k, index, value, isCut: k < columns };
}

const isOneToOne = (column: Int32Array) => {
  const taken = column.filter((j) => j !== -1);
  return new Set(taken).size === taken.length;
};

describe('assignExactly', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'finds the largest total of all assignments, seed %i',
    (seed) => {
      const [rows, columns] = [1 + (seed % 6), 7];
      const score = randomScores(seed, rows, columns);
      const { column, total } = assignExactly(score, rows, columns);
      expect(isOneToOne(column)).toBe(true);
      expect(total).toBeCloseTo(largestTotal(score, rows, columns), 12);
    },
  );

  it('takes negative scores and ties', () => {
    const { total } = assignExactly([-1, -1, -1, -1], 2, 2);
    expect(total).toBe(-2);
  });
});

describe('assignCandidates', () => {
  it.each([1, 2, 3])('is within rows x epsilon of the exact total, seed %i', (seed) => {
    const [rows, columns] = [80, 95];
    const score = randomScores(seed, rows, columns);
    const exact = assignExactly(score, rows, columns).total;
    const found = assignCandidates(candidatesOf(score, rows, columns, columns), 1e-4);
    expect(isOneToOne(found.column)).toBe(true);
    expect(found.total).toBeLessThanOrEqual(exact + 1e-9);
    expect(found.total).toBeGreaterThanOrEqual(exact - rows * 1e-4);
    expect(found.bound).toBeGreaterThanOrEqual(exact - 1e-9);
    expect(found.bound - found.total).toBeLessThanOrEqual(rows * 1e-4 + 1e-9);
  });

  it('bounds what the columns that were cut off could add', () => {
    const [rows, columns] = [80, 95];
    const score = randomScores(4, rows, columns);
    const exact = assignExactly(score, rows, columns).total;
    const found = assignCandidates(candidatesOf(score, rows, columns, 4));
    expect(found.total).toBeLessThanOrEqual(exact + 1e-9);
    expect(found.bound).toBeGreaterThanOrEqual(exact - 1e-9);
  });

  it('leaves a row alone rather than take a negative score', () => {
    const one = { rows: 1, columns: 1, k: 1, index: Int32Array.of(0), isCut: false };
    expect(assignCandidates({ ...one, value: Float64Array.of(-0.5) }).column[0]).toBe(-1);
    expect(assignCandidates({ ...one, value: Float64Array.of(0.5) }).column[0]).toBe(0);
  });
});
