import { describe, expect, test } from 'vitest';
import type { Engine, Tensor } from '../../../../main/compute/engine.ts';
import { sizeOf } from '../../../../main/compute/engines/handles.ts';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { Random } from '../../../support/random.ts';
import { type GradientCase, gradientCases } from './gradient-cases.ts';

/** Random shapes per case: more than 200 in all. */
const shapesPerCase = Math.ceil(200 / gradientCases.length);
/** Central differences lose h^2 to curvature and 1e-16 / h to rounding; both are about 1e-10 here. */
const step = 1e-5;

/** Away from 0, where relu and the p-norms have a kink that a difference would straddle. */
function draw(random: Random): number {
  const value = random.normal();
  return value + Math.sign(value) * 0.1;
}

/** <seed, f(operands)>, the scalar that is differentiated. */
function scalar(engine: Engine, one: GradientCase, operands: Tensor[], seed: Tensor): number {
  const y = one.forward(engine, operands);
  return engine.sum(engine.multiply(y, engine.reshape(seed, y.shape)));
}

/** Gradient of `scalar` with respect to one operand, entry by entry. */
function centralDifferences(
  engine: Engine,
  one: GradientCase,
  values: number[][],
  shapes: number[][],
  which: number,
  seed: Tensor,
): number[] {
  return values[which]!.map((_, at) => {
    const [up, down] = [step, -step].map((shift) => {
      const operands = values.map((list, operand) =>
        engine.floats(
          list.map((value, i) => (operand === which && i === at ? value + shift : value)),
          shapes[operand]!,
        ),
      );
      return scalar(engine, one, operands, seed);
    });
    return (up! - down!) / (2 * step);
  });
}

describe('each gradient of the reference engine is that of its forward operation', () => {
  test.each(gradientCases)('$name', (one) => {
    for (let seedNumber = 1; seedNumber <= shapesPerCase; seedNumber += 1) {
      const engine = createReferenceEngine();
      const random = new Random(seedNumber);
      const shapes = one.operands(random);
      const values = shapes.map((shape) =>
        Array.from({ length: sizeOf(shape) }, () => draw(random)),
      );
      const operands = values.map((list, i) => engine.floats(list, shapes[i]!));
      const y = one.forward(engine, operands);
      const seed = engine.floats(
        Array.from({ length: y.size }, () => random.normal()),
        y.shape,
      );
      const gradients = one.gradients(engine, operands, seed);
      gradients.forEach((gradient, which) => {
        if (!gradient) return;
        const actual = engine.read(gradient);
        const expected = centralDifferences(engine, one, values, shapes, which, seed);
        const scale = Math.max(1e-3, ...expected.map(Math.abs));
        expect(actual).toHaveLength(expected.length);
        expected.forEach((slope, i) => {
          const error = Math.abs(actual[i]! - slope) / scale;
          expect(error, `operand ${which}, entry ${i}, seed ${seedNumber}`).toBeLessThan(1e-5);
        });
      });
    }
  });
});
