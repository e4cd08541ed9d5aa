import type { Engine, Tensor } from '../../../main/compute/engine.ts';
import type { ByParameter } from '../../../main/compute/sae/architecture.ts';
import { RandomStream } from '../../../main/compute/random.ts';
import { benchTrainer } from '../../../main/headless/bench/bench-trainer.ts';
import { prepare } from '../../../main/headless/bench/e2e-step.ts';
import { median } from '../../../main/headless/bench/row.ts';

/** A local step. */
export interface LocalSize {
  readonly width: number;
  readonly latents: number;
  /** Tokens in one step. */
  readonly batch: number;
  /** Active latents per token. */
  readonly active: number;
}

/** Rows of the batch that the encoder's bias is chosen by. */
const sampleRows = 64;
const warmUps = 5;

/** Median seconds of a step, after some that are not counted. */
function timed(steps: number, step: () => void): number {
  for (let i = 0; i < warmUps; i += 1) step();
  const times = Array.from({ length: steps }, () => {
    const start = performance.now();
    step();
    return (performance.now() - start) / 1000;
  });
  return median(times);
}

/** Seconds of a local step of one dictionary, and the active latents per token that it had. */
export function localStep(engine: Engine, size: LocalSize, steps: number) {
  const { width, latents, batch, active } = size;
  const trainer = benchTrainer(engine, {
    shape: { dIn: width, latents },
    objective: [
      { kind: 'sparsity', coefficient: 1, p: 1 },
      { kind: 'outToIn', coefficient: 1 },
    ],
  });
  const x = engine.floats(new RandomStream(1, 1).normals(batch * width), [batch, width]);
  leaveActive(
    engine,
    trainer.learners[0]!.parameters as ByParameter<Tensor, 'encoderBias'>,
    x,
    active,
  );
  let l0 = 0;
  // A step queues its last operations; a number read back waits for them.
  const seconds = timed(steps, () => {
    l0 = trainer.train([() => ({ x })])[0]!.l0;
    finish(engine, trainer.learners[0]!.parameters);
  });
  trainer.dispose();
  engine.dispose(x);
  return { seconds, l0 };
}

/** Waits until the parameters are there: what is read comes after all that was queued before it. */
function finish(engine: Engine, parameters: ByParameter<Tensor>): void {
  for (const parameter of Object.values(parameters)) {
    const row = engine.rows(parameter, 0, 1);
    engine.read(row);
    engine.dispose(row);
  }
}

/** Lowers all encoder biases alike until about `active` latents fire per token. */
function leaveActive(
  engine: Engine,
  { encoder, encoderBias }: ByParameter<Tensor, 'encoderBias'>,
  x: Tensor,
  active: number,
): void {
  const sample = engine.rows(x, 0, sampleRows);
  const pre = engine.matmul(sample, encoder, { transB: true });
  const sorted = Float32Array.from(engine.read(pre)).sort();
  const threshold = sorted[Math.max(0, sorted.length - active * sampleRows)]!;
  const biases = engine.floats(
    new Float64Array(encoderBias.size).fill(-threshold),
    encoderBias.shape,
  );
  engine.copyInto(encoderBias, biases);
  engine.dispose(sample, pre, biases);
}

/** Seconds of an end-to-end step on a random GPT-2. */
export function e2eStep(engine: Engine, size: Parameters<typeof prepare>[1], steps: number) {
  return { seconds: timed(steps, prepare(engine, size)) };
}
