import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../../main/compute/engine.ts';
import { loadKernels } from '../../../../main/compute/engines/wasm/kernel-module.ts';
import { ThreadPool } from '../../../../main/compute/engines/wasm/thread-pool.ts';
import { createWasmEngine } from '../../../../main/compute/engines/wasm/wasm-engine.ts';
import { AppError, hasCode } from '../../../../shared/errors.ts';
import { Random } from '../../../support/random.ts';
import { type OpCase, opCases } from './op-cases.ts';
import { numbersOf, Workbench } from './workbench.ts';

function bitsOf(engine: Engine, { run }: OpCase, seed: number): Uint8Array[] {
  const bench = new Workbench(engine, new Random(seed));
  const outputs = run(bench);
  const bits = outputs.map((output) => {
    const numbers = Float64Array.from(numbersOf(engine, output));
    return new Uint8Array(numbers.buffer);
  });
  bench.clear(outputs);
  return bits;
}

describe('results are the same bits', async () => {
  const engines = await Promise.all([1, 2, 3, 5].map((threads) => createWasmEngine({ threads })));
  afterAll(() => Promise.all(engines.map((engine) => engine.close())));

  test.each(opCases)('$name on 1, 2, 3 and 5 threads', (one) => {
    for (let seed = 1; seed <= Math.min(4, one.repetitions); seed += 1) {
      const [first, ...others] = engines.map((engine) => bitsOf(engine, one, seed));
      for (const other of others) expect(other).toEqual(first);
    }
  });

  test('run after run of a product shared by all threads', () => {
    const engine = engines[3]!;
    const random = new Random(3);
    const values = Array.from({ length: 400 * 400 }, () => random.normal());
    const x = engine.floats(values, [400, 400]);
    const read = () => {
      const y = engine.matmul(x, x);
      const bits = engine.read(y);
      engine.dispose(y);
      return bits;
    };
    const first = read();
    for (let i = 0; i < 20; i += 1) expect(read()).toEqual(first);
    engine.dispose(x);
  });
});

describe('a kernel that traps', () => {
  const beyondMemory = 0xfff0_0000;

  async function startPool(threads: number): Promise<ThreadPool> {
    const { module } = await loadKernels();
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
    return ThreadPool.start(module, memory, threads);
  }

  test.each([1, 2, 4])('is an error that names it, with %s threads', async (threads) => {
    const pool = await startPool(threads);
    let caught: unknown;
    try {
      pool.run('clear', 1 << 20, 1 << 10, beyondMemory);
    } catch (error) {
      caught = error;
    }
    expect(hasCode(caught, 'worker-crashed'), String(caught)).toBe(true);
    expect((caught as AppError).details['kernel']).toBe('clear');
    expect(String(caught)).toContain('out of bounds');
    await pool.close();
  });

  test('leaves all threads at work for the next job', async () => {
    const pool = await startPool(3);
    for (let i = 0; i < 50; i += 1) {
      expect(() => pool.run('clear', 1 << 12, 1 << 6, beyondMemory)).toThrow(AppError);
      pool.run('clear', 1 << 12, 1 << 6, 4096);
    }
    await pool.close();
  });

  test('a kernel that does not exist, or takes other arguments, is a bug', async () => {
    const pool = await startPool(1);
    expect(() => pool.run('nothing', 1, 1)).toThrow('There is no kernel nothing');
    expect(() => pool.run('clear', 1, 1, 4096, 7)).toThrow('no kernel clear that takes 2');
    await pool.close();
  });
});

describe('the life of an engine', () => {
  test('a closed engine cannot be used', async () => {
    const engine = await createWasmEngine({ threads: 2 });
    await engine.close();
    expect(() => engine.zeros([3])).toThrow('after it was closed');
  });

  test('closing twice is harmless', async () => {
    const engine = await createWasmEngine({ threads: 2 });
    await engine.close();
    await engine.close();
  });

  test('an engine that is never closed does not keep the process alive', async () => {
    const file = new URL('../../../../main/compute/engines/wasm/wasm-engine.ts', import.meta.url)
      .href;
    const script = `const { createWasmEngine } = await import(${JSON.stringify(file)});
      const engine = await createWasmEngine({ threads: 3 });
      const x = engine.zeros([500, 500]);
      console.log(engine.sum(engine.matmul(x, x)));`;
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 30_000,
    });
    expect(stdout.trim()).toBe('0');
  });

  test('two engines at once do not disturb each other', async () => {
    const [a, b] = await Promise.all([
      createWasmEngine({ threads: 2 }),
      createWasmEngine({ threads: 2 }),
    ]);
    const [x, y] = [a.floats([1, 2], [2]), b.floats([3, 4], [2])];
    expect([...a.read(x), ...b.read(y)]).toEqual([1, 2, 3, 4]);
    expect(() => a.read(y)).toThrow('does not belong');
    await Promise.all([a.close(), b.close()]);
  });
});

describe('memory', () => {
  test('out of memory is an error in numbers, and the engine goes on', async () => {
    const engine = await createWasmEngine({ threads: 1, memoryBytes: 32 << 20 });
    const x = engine.zeros([1 << 20]);
    let caught: unknown;
    try {
      engine.zeros([8 << 20]);
    } catch (error) {
      caught = error;
    }
    expect(hasCode(caught, 'out-of-memory')).toBe(true);
    expect((caught as AppError).details).toMatchObject({ bytes: 32 << 20, limit: 32 << 20 });
    expect(engine.usage().tensors).toBe(1);
    const y = engine.add(x, x);
    expect(engine.sum(y)).toBe(0);
    engine.dispose(x, y);
    await engine.close();
  });

  test('ten thousand small steps leave usage and memory where they were', async () => {
    const engine = await createWasmEngine({ threads: 2, memoryBytes: 8 << 20 });
    const random = new Random(5);
    const made = (shape: number[]) =>
      engine.floats(
        Array.from({ length: shape[0]! * shape[1]! }, () => random.normal()),
        shape,
      );
    const [w, m, v] = [made([24, 40]), engine.zeros([24, 40]), engine.zeros([24, 40])];
    const step = (number: number) => {
      // A batch of another size each time, so that blocks of many sizes come and go.
      const x = made([1 + (number % 37), 24]);
      const pre = engine.matmul(x, w);
      const code = engine.activate(pre, 'relu');
      const sparse = engine.sparsifyAbove(pre)!;
      // Turns the pattern by columns, which it then keeps.
      const turned = engine.sparseTransposeMatmul(sparse, x);
      const largest = engine.largestEntries(pre, x.shape[0]!);
      const slope = engine.activateGradient(pre, code, 'relu');
      const gradient = engine.matmul(x, slope, { transA: true });
      engine.adamStep(w, gradient, m, v, {
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        step: number,
        gradientScale: 1,
      });
      engine.dispose(x, pre, code, sparse, turned, largest, slope, gradient);
    };
    step(1);
    const before = engine.usage();
    for (let number = 2; number <= 10_000; number += 1) step(number);
    expect(engine.usage()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    engine.dispose(w, m, v);
    expect(engine.usage()).toMatchObject({ tensors: 0, bytes: 0 });
    await engine.close();
  });
});
