import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  divideByNorms,
  kernelFloats,
  rowNorms,
  turn,
} from '../../../../main/formats/dictionaries/row-kernels.ts';

const places = {
  'in the memory of the kernels': kernelFloats,
  elsewhere: (length: number) => new Float32Array(length),
};

const size = fc.integer({ min: 1, max: 70 });

/** Numbers that differ from each other, at the start of larger memory. */
function numbers(length: number, place: (length: number) => Float32Array): Float32Array {
  const values = place(length);
  for (let i = 0; i < length; i++) values[i] = ((i * 7919) % 65_537) / 32_768 - 1;
  return values;
}

describe.each(Object.entries(places))('of numbers %s', (_, place) => {
  it('any part of a matrix is turned', () => {
    fc.assert(
      fc.property(size, size, fc.nat(), fc.nat(), (rows, columns, a, b) => {
        const [start, last] = [a % rows, b % rows].sort((x, y) => x - y) as [number, number];
        const matrix = numbers(rows * columns, kernelFloats);
        const out = place((last + 1 - start) * columns);
        turn(matrix, { rows, columns }, start, out);
        for (let row = start; row <= last; row++)
          for (let column = 0; column < columns; column++)
            if (out[(row - start) * columns + column] !== matrix[column * rows + row])
              expect.fail(`row ${row}, column ${column} of [${rows}, ${columns}] from ${start}`);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('rows get their norms, and are divided by them', () => {
    fc.assert(
      fc.property(size, size, (rows, columns) => {
        const values = numbers(rows * columns, place);
        const before = values.slice();
        const norms = rowNorms(values, columns);
        expect(values).toEqual(before);
        divideByNorms(values, columns);
        for (let row = 0; row < rows; row++) {
          const own = before.subarray(row * columns, (row + 1) * columns);
          const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
          expect(norms[row]).toBeCloseTo(norm, 12);
          own.forEach((value, i) =>
            expect(values[row * columns + i]! - value / norm).toBeCloseTo(0, 6),
          );
        }
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('a row of zeros stays one', () => {
    const values = place(6).fill(0);
    divideByNorms(values, 3);
    expect([...values]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('a row may be longer than what is brought at once', () => {
    const columns = 300_001;
    const values = place(2 * columns).fill(2);
    divideByNorms(values, columns);
    const expected = Math.fround(1 / Math.sqrt(columns));
    expect(
      Math.max(
        ...[0, columns - 1, columns, 2 * columns - 1].map((i) => Math.abs(values[i]! - expected)),
      ),
    ).toBeLessThan(1e-9);
    expect(rowNorms(values, columns)[1]).toBeCloseTo(1, 6);
  });
});

it('numbers stay where they are when others are asked for', () => {
  const first = numbers(1000, kernelFloats);
  const copy = first.slice();
  const second = kernelFloats(1 << 20).fill(7);
  expect(first).toEqual(copy);
  first.fill(1);
  expect(second[0]).toBe(7);
});
