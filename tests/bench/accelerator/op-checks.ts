import type { Engine } from '../../../main/compute/engine.ts';
import { sizeOf } from '../../../main/compute/engines/handles.ts';
import { createReferenceEngine } from '../../../main/compute/engines/reference/reference-engine.ts';
import { Random } from '../../support/random.ts';
import { gradientCases, type GradientCase } from '../../unit/compute/engines/gradient-cases.ts';
import { opCases } from '../../unit/compute/engines/op-cases.ts';
import { deviation, numbersOf, Workbench } from '../../unit/compute/engines/workbench.ts';

/** A case that did not come out as on `reference`. */
export interface Failure {
  readonly name: string;
  readonly why: string;
}

/** Bound of a gradient's error, as in the unit tests of the engine. */
const gradientTolerance = 2e-5;
const gradientSeeds = 4;

/**
 * Every operation and gradient of the op suite on an engine against `reference` in float64, without a
 * test runner.
 */
export function checkOperations(engine: Engine): { cases: number; failures: Failure[] } {
  const failures: Failure[] = [];
  const attempt = (name: string, work: () => string | undefined) => {
    try {
      const why = work();
      if (why) failures.push({ name, why });
    } catch (error) {
      failures.push({ name, why: String(error) });
    }
  };
  const oracle = createReferenceEngine();
  for (const { name, run, tolerance, repetitions } of opCases)
    attempt(name, () => {
      for (let seed = 1; seed <= repetitions; seed += 1) {
        const [actual, expected] = [engine, oracle].map((each) => {
          const bench = new Workbench(each, new Random(seed));
          const outputs = run(bench);
          const numbers = outputs.map((output) => numbersOf(each, output));
          bench.clear(outputs);
          return numbers;
        });
        const worst = Math.max(
          0,
          ...expected!.map((numbers, i) => deviation(actual![i]!, numbers)),
        );
        if (!(worst <= tolerance)) return `seed ${seed}: off by ${worst}, not at most ${tolerance}`;
      }
      const { tensors } = engine.usage();
      return tensors === 0 ? undefined : `${tensors} tensors were left`;
    });
  for (const one of gradientCases)
    attempt(`gradient of ${one.name}`, () => {
      for (let seed = 1; seed <= gradientSeeds; seed += 1) {
        const worst = worstGradient(engine, oracle, one, seed);
        if (!(worst <= gradientTolerance)) return `seed ${seed}: off by ${worst}`;
      }
      return undefined;
    });
  return { cases: opCases.length + gradientCases.length, failures };
}

function worstGradient(engine: Engine, oracle: Engine, one: GradientCase, seed: number): number {
  const [actual, expected] = [engine, oracle].map((each) => {
    const random = new Random(seed);
    const normals = (shape: readonly number[]) =>
      each.floats(
        Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
        shape,
      );
    const operands = one.operands(random).map(normals);
    const y = one.forward(each, operands);
    const gradients = one.gradients(each, operands, normals(y.shape));
    return gradients.map((gradient) => (gradient ? Array.from(each.read(gradient)) : []));
  });
  return Math.max(
    0,
    ...expected!.flatMap((numbers, i) => {
      const scale = Math.max(1, ...numbers.map(Math.abs));
      return numbers.map((value, at) => Math.abs(actual![i]![at]! - value) / scale);
    }),
  );
}
