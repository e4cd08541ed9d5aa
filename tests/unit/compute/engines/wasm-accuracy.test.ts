import { expect, test } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import type { KernelBuild } from '../../../../main/compute/engines/wasm/kernel-module.ts';
import { createWasmEngine } from '../../../../main/compute/engines/wasm/wasm-engine.ts';

const points = 100_001;

/** Largest relative error over an even grid; the exponentials inside are exact to 1.5e-7. */
const bounds = [
  { activation: 'silu', from: -85, to: 85, relative: 3e-7 },
  { activation: 'gelu', from: -5, to: 10, relative: 1e-6 },
  { activation: 'gelu_new', from: -4, to: 10, relative: 2e-6 },
] as const;

const cases = (['relaxed', 'simd'] as KernelBuild[]).flatMap((build) =>
  bounds.map((bound) => ({ build, ...bound })),
);

test.each(cases)(
  '$activation of the $build kernels keeps its relative accuracy from $from to $to',
  async ({ build, activation, from, to, relative }) => {
    const grid = Float32Array.from(
      { length: points },
      (_, i) => from + ((to - from) * i) / (points - 1),
    );
    const [actual, expected] = [
      await createWasmEngine({ threads: 1, build }),
      createReferenceEngine(),
    ].map((engine) => engine.read(engine.activate(engine.floats(grid, [points]), activation)));
    let worst = 0;
    actual!.forEach((value, i) => {
      const exact = expected![i]!;
      if (exact !== 0) worst = Math.max(worst, Math.abs(value / exact - 1));
    });
    expect(worst).toBeLessThan(relative);
    expect(worst).toBeGreaterThan(0);
  },
);
