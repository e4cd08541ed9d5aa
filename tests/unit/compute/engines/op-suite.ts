import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { hasCode } from '../../../../shared/errors.ts';
import { Random } from '../../../support/random.ts';
import { misfits } from './misfits.ts';
import { opCases } from './op-cases.ts';
import { deviation, numbersOf, Workbench } from './workbench.ts';

/** What every engine must do, whatever it is built on; `open` makes a fresh engine. */
export function describeEngine(name: string, open: () => Engine | Promise<Engine>): void {
  describe(name, () => {
    const oracle = createReferenceEngine();
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine.close());

    describe('agrees with the reference', () => {
      test.each(opCases)('$name', ({ run, tolerance, repetitions }) => {
        for (let seed = 1; seed <= repetitions; seed += 1) {
          const [actual, expected] = [engine, oracle].map((each) => {
            const bench = new Workbench(each, new Random(seed));
            const outputs = run(bench);
            const numbers = outputs.map((output) => numbersOf(each, output));
            bench.clear(outputs);
            return numbers;
          });
          const worst = expected!.map((numbers, i) => deviation(actual![i]!, numbers));
          expect(Math.max(0, ...worst), `seed ${seed}: ${worst.join(', ')}`).toBeLessThanOrEqual(
            tolerance,
          );
        }
        expect(engine.usage()).toMatchObject({ tensors: 0, bytes: 0 });
      });
    });

    describe('refuses operands that do not fit', () => {
      test.each(misfits)('$name', ({ code, run }) => {
        const bench = new Workbench(engine, new Random(1));
        let caught: unknown;
        try {
          run(bench);
        } catch (error) {
          caught = error;
        }
        bench.clear([]);
        expect(hasCode(caught, code), String(caught)).toBe(true);
        expect(engine.usage().tensors).toBe(0);
      });
    });

    describeLifetimes(() => engine);
  });
}

function describeLifetimes(current: () => Engine): void {
  describe('keeps its lifetimes', () => {
    test('an uploaded array may be overwritten at once', () => {
      const engine = current();
      const values = new Float32Array([1, 2, 3]);
      const whole = new Int32Array([4, 5]);
      const [x, ids] = [engine.floats(values, [3]), engine.ints(whole, [2])];
      values.fill(9);
      whole.fill(9);
      expect([...engine.read(x), ...engine.readInts(ids)]).toEqual([1, 2, 3, 4, 5]);
      engine.dispose(x, ids);
    });

    test('what was read does not follow later writes', () => {
      const engine = current();
      const x = engine.floats([1, 2], [2]);
      const before = engine.read(x);
      engine.addInto(x, x);
      expect([...before]).toEqual([1, 2]);
      expect([...engine.read(x)]).toEqual([2, 4]);
      engine.dispose(x);
    });

    test('a view keeps its storage alive after its origin is disposed', () => {
      const engine = current();
      const x = engine.floats([1, 2, 3, 4, 5, 6], [3, 2]);
      const turned = engine.reshape(x, [2, 3]);
      const last = engine.rows(x, 2, 3);
      engine.dispose(x);
      expect(engine.usage().tensors).toBeGreaterThan(0);
      expect([...engine.read(turned)]).toEqual([1, 2, 3, 4, 5, 6]);
      expect([...engine.read(last)]).toEqual([5, 6]);
      engine.dispose(turned, last);
      expect(engine.usage()).toMatchObject({ tensors: 0, bytes: 0 });
    });

    test('a reshaped view counts with the storage that it looks into', () => {
      const engine = current();
      const x = engine.zeros([4, 4]);
      const before = engine.usage();
      const view = engine.reshape(x, [16]);
      expect(engine.usage()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
      engine.dispose(x, view);
    });

    test('the peak stays after everything is disposed', () => {
      const engine = current();
      const x = engine.zeros([1000]);
      const { peakBytes } = engine.usage();
      engine.dispose(x);
      expect(peakBytes).toBeGreaterThanOrEqual(4000);
      expect(engine.usage().peakBytes).toBe(peakBytes);
    });

    test('a sparse matrix is disposed as a whole, its shared pattern with its last owner', () => {
      const engine = current();
      const x = engine.floats([0, 1, 2, 0], [2, 2]);
      const values = engine.floats([7, 8], [2]);
      const first = engine.sparsify(x);
      const second = engine.withValues(first, values);
      engine.dispose(x, values, first);
      expect([...engine.readInts(second.indices)]).toEqual([1, 0]);
      expect([...engine.read(second.values)]).toEqual([7, 8]);
      engine.dispose(second);
      expect(engine.usage().tensors).toBe(0);
    });

    test('a disposed tensor cannot be used or disposed again', () => {
      const engine = current();
      const x = engine.zeros([2]);
      engine.dispose(x);
      expect(() => engine.read(x)).toThrow('after it was disposed');
      expect(() => engine.dispose(x)).toThrow('after it was disposed');
      expect(engine.usage().tensors).toBe(0);
    });

    test('a tensor of another engine is refused', () => {
      const foreign = createReferenceEngine().zeros([2]);
      expect(() => current().read(foreign)).toThrow('does not belong to this engine');
    });
  });
}
