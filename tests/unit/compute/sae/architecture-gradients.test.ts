import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { encodeSelected } from '../../../../main/compute/ops/codes.ts';
import {
  mapParameters,
  type DictionaryParameters,
} from '../../../../main/compute/sae/architecture.ts';
import {
  openArchitecture,
  type ArchitectureSpec,
} from '../../../../main/compute/sae/architectures/open-architecture.ts';
import { Auxiliary } from '../../../../main/compute/sae/dead-latents.ts';
import { dictionaryGradients } from '../../../../main/compute/sae/dictionary-gradients.ts';
import type { Objective } from '../../../../main/compute/sae/objective.ts';
import { Tape } from '../../../../main/compute/tape.ts';
import { Random } from '../../../support/random.ts';

const engine = createReferenceEngine();
const random = new Random(4);
const shape = { dIn: 6, latents: 32 };
const tokens = 9;
const normals = (size: number, scale = 1) =>
  Float64Array.from({ length: size }, () => scale * random.normal());
const x = engine.floats(normals(tokens * shape.dIn), [tokens, shape.dIn]);

/** Initial parameters, moved so that biases and scales matter. */
function parametersOf(spec: ArchitectureSpec, shift: Readonly<Record<string, number>> = {}) {
  const architecture = openArchitecture(spec);
  const initial = architecture.initialise(engine, shape, 2);
  const parameters = mapParameters<Tensor, Tensor>(initial, (value, name) => {
    const moved = normals(value.size, 0.2).map((noise) => noise + (shift[name] ?? 0));
    const noise = engine.floats(moved, value.shape);
    const sum = engine.add(value, noise);
    engine.dispose(noise, value);
    return sum;
  });
  return { architecture, parameters, buffers: architecture.buffers?.(shape) ?? {} };
}

type Dictionary = ReturnType<typeof parametersOf>;

function measure(dictionary: Dictionary, objective: Objective) {
  const { loss, gradients } = dictionaryGradients(engine, { ...dictionary, objective }, { x });
  const numbers = mapParameters<Tensor, Float64Array>(gradients, (gradient) =>
    Float64Array.from(engine.read(gradient)),
  );
  engine.dispose(...Object.values<Tensor>(gradients));
  return { loss, gradients: numbers };
}

/** Largest difference of a gradient to central differences of `loss`, relative to its largest entry. */
function worst(
  parameters: DictionaryParameters,
  name: string,
  gradient: Float64Array,
  loss: () => number,
): number {
  const tensor = parameters[name as 'encoder'];
  const before = Array.from(engine.read(tensor));
  const step = 1e-6;
  const lossAt = (index: number, by: number) => {
    const moved = engine.floats(
      before.map((value, i) => (i === index ? value + by : value)),
      tensor.shape,
    );
    engine.copyInto(tensor, moved);
    engine.dispose(moved);
    const value = loss();
    const back = engine.floats(before, tensor.shape);
    engine.copyInto(tensor, back);
    engine.dispose(back);
    return value;
  };
  const scale = Math.max(...gradient.map(Math.abs));
  let difference = 0;
  for (let i = 0; i < gradient.length; i += 5) {
    const slope = (lossAt(i, step) - lossAt(i, -step)) / (2 * step);
    difference = Math.max(difference, Math.abs(slope - gradient[i]!) / scale);
  }
  return difference;
}

const objective: Objective = [
  { kind: 'sparsity', coefficient: 0.3, p: 1 },
  { kind: 'outToIn', coefficient: 1 },
];
const withoutAuxiliary = { coefficient: 0 };
const gateOnly = ['encoder', 'gateBias', 'magnitudeScale', 'magnitudeBias'];

const cases: [
  what: string,
  spec: ArchitectureSpec,
  checked?: string[] | undefined,
  shift?: Record<string, number>,
][] = [
  ['topk', { architecture: 'topk', k: 3, auxiliary: withoutAuxiliary }],
  ['batchtopk', { architecture: 'batchtopk', k: 3, auxiliary: withoutAuxiliary }],
  ['matryoshka', { architecture: 'matryoshka', k: 4, auxiliary: withoutAuxiliary }],
  ['gated, with dense codes', { architecture: 'gated', auxiliary: withoutAuxiliary }],
  [
    'gated, with sparse codes',
    { architecture: 'gated', auxiliary: withoutAuxiliary },
    undefined,
    { gateBias: -2, magnitudeBias: 0.5 },
  ],
  // Its decoder is a constant of the auxiliary loss, and so is b_dec where it adds to the output.
  ['gated, with its auxiliary loss', { architecture: 'gated' }, gateOnly],
  // What teaches thresholds is no derivative: see below.
  [
    'jumprelu, with dense codes',
    { architecture: 'jumprelu' },
    ['encoder', 'encoderBias', 'decoder', 'decoderBias'],
  ],
  [
    'jumprelu, with sparse codes',
    { architecture: 'jumprelu', threshold: 2 },
    ['encoder', 'encoderBias', 'decoder', 'decoderBias'],
  ],
];

describe('gradients agree with central differences, what is selected held fixed', () => {
  it.each(cases)('%s', (_, spec, checked, shift) => {
    const dictionary = parametersOf(spec, shift);
    const { gradients } = measure(dictionary, objective);
    for (const name of checked ?? Object.keys(dictionary.parameters)) {
      const gradient = gradients[name]!;
      const loss = () => measure(dictionary, objective).loss;
      expect(worst(dictionary.parameters, name, gradient, loss), name).toBeLessThan(1e-6);
    }
  });

  it('the auxiliary loss of dead latents, what is left over held fixed', () => {
    const { parameters } = parametersOf({ architecture: 'topk', k: 3 });
    const idle = Float64Array.from({ length: shape.latents }, (_, j) => (j % 3 === 0 ? 100 : 0));
    const revival = new Auxiliary({ k: 4, coefficient: 1, deadAfter: 100 }, idle, shape.dIn);
    const output = engine.floats(normals(x.size), x.shape);
    const run = () => {
      const tape = new Tape(engine);
      const variables = mapParameters<Tensor, ReturnType<Tape['parameter']>>(parameters, (value) =>
        tape.parameter(value),
      );
      const { encoder, decoder } = variables;
      const bias = variables['encoderBias']!;
      const selections = revival.selections(engine);
      const [dead] = encodeSelected(tape, tape.constant(x), encoder, bias, selections);
      const fired = new Set(engine.readInts(dead!.value.indices));
      const { rows, scale } = revival.term(tape, dead, { target: x, output, decoder });
      const loss = scale * engine.sum(rows.value);
      tape.backward([{ variable: rows, weight: scale }]);
      const gradients = { encoder, encoderBias: bias, decoder };
      const numbers = Object.entries(gradients).map(([name, variable]) => {
        const gradient = tape.gradient(variable)!;
        const values = Float64Array.from(engine.read(gradient));
        engine.dispose(gradient);
        return [name, values] as const;
      });
      tape.dispose();
      return { loss, fired, gradients: numbers };
    };
    const { fired, gradients } = run();
    expect(fired.size).toBeGreaterThan(4);
    expect([...fired].every((j) => j % 3 === 0)).toBe(true);
    for (const [name, gradient] of gradients)
      expect(
        worst(parameters, name, gradient, () => run().loss),
        name,
      ).toBeLessThan(1e-6);
    engine.dispose(output);
  });
});

describe('the thresholds of jumprelu', () => {
  // Where the step is smoothed by the kernel, the estimate is the derivative itself.
  it.each([
    ['dense', 0.5],
    ['sparse', 2],
  ])('learn the smoothed count of active latents, with %s codes', (_, threshold) => {
    const bandwidth = 0.4;
    const dictionary = parametersOf({ architecture: 'jumprelu', threshold, bandwidth });
    const { parameters } = dictionary;
    const smoothed = () => {
      const pre = engine.matmul(x, parameters.encoder, {
        transB: true,
        bias: parameters['encoderBias']!,
      });
      const logThresholds = engine.read(parameters['logThreshold']!);
      const sum = Array.from(engine.read(pre)).reduce((total, z, at) => {
        const t = Math.exp(logThresholds[at % shape.latents]!);
        return total + Math.min(1, Math.max(0, (z - t) / bandwidth + 0.5));
      }, 0);
      engine.dispose(pre);
      return (0.3 * sum) / (tokens * shape.dIn);
    };
    const { gradients } = measure(dictionary, [objective[0]!]);
    const gradient = gradients['logThreshold']!;
    expect(gradient.some((value) => value !== 0)).toBe(true);
    expect(worst(parameters, 'logThreshold', gradient, smoothed)).toBeLessThan(1e-6);
  });
});

describe('the memory of a step with dense codes', () => {
  it.each<ArchitectureSpec>([
    { architecture: 'relu' },
    { architecture: 'topk', k: 5 },
    { architecture: 'matryoshka', k: 5 },
    { architecture: 'jumprelu' },
    { architecture: 'gated' },
  ])('is what $architecture says of itself', (spec) => {
    const fresh = createReferenceEngine();
    const size = { dIn: 4, latents: 300 };
    const [rows, bytes] = [200, 8];
    const architecture = openArchitecture(spec);
    const parameters = architecture.initialise(fresh, size, 1);
    const buffers = architecture.buffers?.(size) ?? {};
    // Dead latents take memory too.
    buffers['idle']?.fill(1e9, 100);
    const inputs = fresh.floats(normals(rows * size.dIn), [rows, size.dIn]);
    const before = fresh.usage().bytes;
    dictionaryGradients(fresh, { architecture, parameters, buffers, objective }, { x: inputs });
    const peak = (fresh.usage().peakBytes - before) / (rows * size.latents * bytes);
    expect(peak).toBeLessThan(architecture.codesAtPeak + 0.2);
    expect(peak).toBeGreaterThan(architecture.codesAtPeak - 1.2);
  });
});
