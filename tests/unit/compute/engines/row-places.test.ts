import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { Random } from '../../../support/random.ts';

describe('a product on wasm', () => {
  it('has the same row, bit for bit, wherever in the left side it stands', async () => {
    const engine = await openEngine('wasm', { threads: 2 });
    const random = new Random(4);
    const numbers = (size: number) => Float32Array.from({ length: size }, () => random.normal());
    const [rows, depth, columns] = [700, 70, 45];
    const [x, w] = [numbers(rows * depth), numbers(depth * columns)];
    const right = engine.floats(w, [depth, columns]);
    const bias = engine.floats(numbers(columns), [columns]);
    const product = (first: number, count: number) => {
      const part = x.slice(first * depth, (first + count) * depth);
      return [...engine.read(engine.matmul(engine.floats(part, [count, depth]), right, { bias }))];
    };
    const whole = product(0, rows);
    for (const [first, count] of [
      [0, 6],
      [1, 5],
      [500, 97],
      [599, 101],
    ] as const)
      expect(product(first, count)).toEqual(
        whole.slice(first * columns, (first + count) * columns),
      );
    await engine.close();
  });
});
