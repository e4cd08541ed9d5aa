import { describe, expect, test } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import {
  findTensorflow,
  loadTensorflow,
} from '../../../../main/compute/engines/tensorflow/binding.ts';
import { createTensorflowEngine } from '../../../../main/compute/engines/tensorflow/tensorflow-engine.ts';
import type { Engine } from '../../../../main/compute/engine.ts';
import { sizeOf } from '../../../../main/compute/engines/handles.ts';
import { hasCode } from '../../../../shared/errors.ts';
import { Random } from '../../../support/random.ts';
import { missingTensorflow } from '../../../support/tensorflow.ts';
import { gradientCases, type GradientCase } from './gradient-cases.ts';
import { describeEngine } from './op-suite.ts';

const reason = missingTensorflow();
const threads = 2;
const open = () => createTensorflowEngine({ threads });

describe.skipIf(reason)(`on TensorFlow${reason ? ` (skipped: ${reason})` : ''}`, () => {
  describeEngine('the tensorflow engine', open);

  describe('each gradient is that of the reference', () => {
    function gradientsOn(engine: Engine, one: GradientCase, seed: number): number[][] {
      const random = new Random(seed);
      const operands = one.operands(random).map((shape) => {
        const values = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
        return engine.floats(values, shape);
      });
      const y = one.forward(engine, operands);
      const slope = Float32Array.from({ length: y.size }, () => random.normal());
      const gradients = one.gradients(engine, operands, engine.floats(slope, y.shape));
      return gradients.map((gradient) => (gradient ? Array.from(engine.read(gradient)) : []));
    }

    test.each(gradientCases)('$name', async (one) => {
      const [engine, oracle] = [open(), createReferenceEngine()];
      for (let seed = 1; seed <= 8; seed += 1) {
        const expected = gradientsOn(oracle, one, seed);
        gradientsOn(engine, one, seed).forEach((actual, i) => {
          // Where a gradient all but cancels, as in layer norms of two columns, its own size is no scale.
          const scale = Math.max(1, ...expected[i]!.map(Math.abs));
          expect(actual).toHaveLength(expected[i]!.length);
          actual.forEach((slope, at) => {
            const error = Math.abs(slope - expected[i]![at]!) / scale;
            expect(error, `operand ${i}, entry ${at}, seed ${seed}`).toBeLessThan(2e-5);
          });
        });
      }
      await engine.close();
    });
  });

  describe('what it holds', () => {
    const held = () => loadTensorflow(findTensorflow(), threads).getNumOfTensors();

    test('is nothing of TensorFlow after it is closed, whatever was left undisposed', async () => {
      const before = held();
      const engine = open();
      const x = engine.floats([1, -2, 3, 0], [2, 2]);
      engine.sparsify(x);
      engine.layerNorm(x, undefined, undefined, 1e-5);
      expect(held()).toBeGreaterThan(before);
      await engine.close();
      expect(held()).toBe(before);
      expect(() => engine.zeros([1])).toThrow('after it was closed');
    });

    test('does not grow over a thousand steps with other rates and sizes', async () => {
      const engine = open();
      const random = new Random(7);
      const normals = (shape: number[]) =>
        engine.floats(
          Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
          shape,
        );
      const [w, m, v] = [normals([12, 20]), engine.zeros([12, 20]), engine.zeros([12, 20])];
      const step = (number: number) => {
        const x = normals([1 + (number % 23), 12]);
        const pre = engine.matmul(x, w);
        const code = engine.activate(pre, 'relu');
        const sparse = engine.sparsify(code);
        const gradient = engine.matmul(x, code, { transA: true });
        const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: number, gradientScale: 1 };
        engine.adamStep(w, gradient, m, v, { learningRate: 1e-3 / number, ...options });
        engine.dispose(x, pre, code, sparse, gradient);
      };
      for (let number = 1; number <= 50; number += 1) step(number);
      const usage = engine.usage();
      for (let number = 51; number <= 1000; number += 1) step(number);
      expect(engine.usage()).toEqual({ ...usage, peakBytes: engine.usage().peakBytes });
      // Beside the three tensors there are the small constants, of which it keeps some hundreds.
      expect(held()).toBeLessThan(700);
      await engine.close();
    });

    test('never is the memory of an array that was handed in', async () => {
      const engine = open();
      for (const length of [4, 100, 4096, 1 << 20])
        for (let i = 0; i < 20; i += 1) {
          const numbers = new Float32Array(length).fill(1);
          const x = engine.floats(numbers, [length]);
          numbers.fill(2);
          expect(engine.sum(x)).toBe(length);
          engine.dispose(x);
        }
      await engine.close();
    });
  });

  test('a copy keeps its numbers when its origin takes an optimiser step, and the reverse', async () => {
    const engine = open();
    const [w, g] = [engine.floats([1, 2], [2]), engine.floats([1, 1], [2])];
    const [m, v] = [engine.zeros([2]), engine.zeros([2])];
    const copy = engine.clone(w);
    const view = engine.reshape(w, [1, 2]);
    const options = { learningRate: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 0, gradientScale: 1 };
    engine.adamStep(w, g, m, v, { ...options, step: 1 });
    expect([...engine.read(copy)]).toEqual([1, 2]);
    expect([...engine.read(view)]).toEqual([expect.closeTo(0.5, 6), expect.closeTo(1.5, 6)]);
    engine.addInto(copy, g);
    expect([...engine.read(w)][0]).toBeCloseTo(0.5, 6);
    await engine.close();
  });

  test('another number of threads in the same process is refused in words', () => {
    open();
    let caught: unknown;
    try {
      createTensorflowEngine({ threads: 1 });
    } catch (error) {
      caught = error;
    }
    expect(hasCode(caught, 'engine-unavailable')).toBe(true);
    expect(String(caught)).toContain('already runs with 2 threads');
  });
});
