import { describe, expect, it } from 'vitest';
import { ComputedPermutation } from '../../../main/compute/data/computed-permutation.ts';
import { SequenceOrder } from '../../../main/compute/data/sequence-order.ts';
import { codePointPieces } from '../../../main/compute/data/code-point-pieces.ts';

describe('the order of sequences', () => {
  it('takes each row once in an epoch, in another order in the next', () => {
    const order = new SequenceOrder(50, 3);
    const [first, second] = [order.take(0, 50), order.take(50, 50)];
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([...second].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([...second]).not.toEqual([...first]);
  });

  it.each([50, 30_000_000])('is the same from any cursor, of %i rows', (rows) => {
    const whole = new SequenceOrder(rows, 3).take(0, 130);
    for (const cursor of [0, 1, 49, 50, 51, 99, 129])
      expect([...new SequenceOrder(rows, 3).take(cursor, 130 - cursor)]).toEqual([
        ...whole.subarray(cursor),
      ]);
  });

  it('of very many rows takes no memory and repeats none', () => {
    const rows = 100_000_007;
    const taken = new SequenceOrder(rows, 3).take(0, 20_000);
    expect(new Set(taken).size).toBe(20_000);
    expect(Math.max(...taken)).toBeLessThan(rows);
    const mean = taken.reduce((sum, row) => sum + row / rows, 0) / taken.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(SequenceOrder.bytes(rows)).toBe(0);
  });
});

describe('a permutation that is computed', () => {
  it.each([1, 2, 3, 17, 1000, 4097])('of %i has each number once', (count) => {
    const order = new ComputedPermutation(count, 5, 1, 0);
    const numbers = Array.from({ length: count }, (_, i) => order.at(i));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
  });

  it('leaves few neighbours together, and differs by seed and epoch', () => {
    const orders = [
      [1, 0],
      [1, 1],
      [2, 0],
    ].map(([seed, epoch]) => {
      const order = new ComputedPermutation(10_000, seed!, 5, epoch!);
      return Array.from({ length: 10_000 }, (_, i) => order.at(i));
    });
    for (const order of orders) {
      const close = order.filter((row, i) => i > 0 && Math.abs(row - order[i - 1]!) <= 2).length;
      expect(close).toBeLessThan(30);
    }
    expect(orders[0]!.filter((row, i) => row === orders[1]![i]).length).toBeLessThan(20);
    expect(orders[0]!.filter((row, i) => row === orders[2]![i]).length).toBeLessThan(20);
  });
});

describe('pieces of a text', () => {
  it('count code points as Python does', () => {
    expect(codePointPieces('a😀b😀c', 3)).toEqual(['a😀', 'b😀', 'c']);
    expect(codePointPieces('abc', 5)).toEqual(['a', 'b', 'c', '', '']);
    expect(codePointPieces('', 2)).toEqual(['', '']);
  });
});
