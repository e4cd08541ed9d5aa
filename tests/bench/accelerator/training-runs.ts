import type { Engine } from '../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../main/compute/engines/reference/reference-engine.ts';
import { parseHook } from '../../../main/compute/model/hooks.ts';
import { RandomStream } from '../../../main/compute/random.ts';
import { reluArchitecture } from '../../../main/compute/sae/architectures/relu.ts';
import { comparedBy, type Objective } from '../../../main/compute/sae/objective.ts';
import { OriginalPass } from '../../../main/compute/sae/original-pass.ts';
import { Trainer } from '../../../main/compute/sae/trainer.ts';
import { randomModel } from '../../../main/headless/bench/e2e-step.ts';

/** What a short run came to: its loss at the first and the last step, and how far it is from reference. */
export interface ShortRun {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Largest relative difference of the loss, over all steps. */
  readonly deviation: number;
}

const steps = 12;
const size = { layers: 2, width: 64, vocabulary: 200, sequences: 2, length: 16 };
const objectives: readonly { name: string; objective: Objective }[] = [
  {
    name: 'local',
    objective: [
      { kind: 'sparsity', coefficient: 0.01, p: 1 },
      { kind: 'outToIn', coefficient: 1 },
    ],
  },
  {
    name: 'e2e',
    objective: [
      { kind: 'sparsity', coefficient: 0.01, p: 1 },
      { kind: 'logitsKl', coefficient: 1, direction: 'model-to-spliced' },
    ],
  },
];

/** A short local and a short end-to-end run on a small random model, beside the same on `reference`. */
export function shortRuns(engine: Engine): ShortRun[] {
  return objectives.map(({ name, objective }) => {
    const [own, oracle] = [engine, createReferenceEngine()].map((each) => losses(each, objective));
    const differences = own!.map((loss, i) => Math.abs(loss - oracle![i]!) / Math.abs(oracle![i]!));
    return { name, first: own![0]!, last: own!.at(-1)!, deviation: Math.max(...differences) };
  });
}

function losses(engine: Engine, objective: Objective): number[] {
  const model = randomModel(engine, size);
  const hook = parseHook('blocks.1.hook_resid_pre', model.config);
  const trainer = new Trainer(
    engine,
    {
      schedule: {
        kind: 'constant',
        steps,
        warmupSteps: 0,
        cooldownSteps: 0,
        minimumFactor: 1,
      },
      gradientClip: 10,
      adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    },
    [
      {
        key: '0',
        seed: 0,
        architecture: reluArchitecture('graph'),
        shape: { dIn: size.width, latents: 8 * size.width },
        learningRate: 1e-3,
        objective,
        hook,
      },
    ],
  );
  const { sequences, length, vocabulary } = size;
  const random = new RandomStream(1, 99);
  return Array.from({ length: steps }, () => {
    const draws = random.uniforms(sequences * length, 1);
    const ids = Int32Array.from(draws, (draw) =>
      Math.min(vocabulary - 1, Math.floor((Math.abs(draw) * vocabulary) % vocabulary)),
    );
    const point = { hook, compared: comparedBy(objective) };
    const original = new OriginalPass(model, { ids, sequences, length }, [point]);
    const [report] = trainer.train([() => ({ x: original.at(hook), original })]);
    original.dispose();
    return report!.loss;
  });
}
