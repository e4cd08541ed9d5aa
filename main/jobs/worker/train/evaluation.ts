import type { Metrics } from '../../../../shared/domain/metrics.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import { batchRows } from '../../../compute/features/feature-pass.ts';
import type { TokenBatch } from '../../../compute/model/transformer.ts';
import { Evaluation } from '../../../compute/sae/evaluate.ts';
import type { Architecture } from '../../../compute/sae/architecture.ts';
import { FrozenDictionary, type PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import type { Learner } from '../../../compute/sae/trainer.ts';
import type { TokenFile } from '../../../formats/token-file.ts';
import { stopped, type JobControl } from '../../control.ts';
import type { TrainInputs } from './inputs.ts';
import { openTokens } from '../tokens/prepare-tokens.ts';

/** Measures the dictionaries as they are now on the first sequences of the evaluation tokens. */
export async function evaluateOn(
  inputs: TrainInputs,
  learners: readonly Learner[],
  evaluation: NonNullable<TrainSpec['evaluation']>,
  control: JobControl,
): Promise<Metrics[]> {
  const dictionaries = placedCopies(inputs, learners);
  const tokens = openTokens(inputs.projectPath, evaluation.tokens, inputs.plan.spec.model);
  try {
    const measured = new Evaluation(inputs.model, dictionaries);
    for await (const batch of firstBatches(
      inputs,
      tokens,
      evaluation.sequences,
      control,
      'evaluating',
    ))
      measured.add(batch);
    return measured.metrics();
  } finally {
    tokens.close();
    for (const { dictionary } of dictionaries) dictionary.dispose();
  }
}

/** Frozen copies of the dictionaries in training, in the order of the runs. The caller disposes them. */
export function placedCopies(
  { engine, plan }: TrainInputs,
  learners: readonly Learner[],
): PlacedDictionary<Architecture>[] {
  return learners.map(({ architecture, parameters, buffers, target, pass }, index) => ({
    hook: plan.dictionaries[index]!.hook,
    target,
    pass,
    dictionary: FrozenDictionary.copy(engine, architecture, parameters, buffers),
  }));
}

/** The first sequences of a token file in batches, with progress; obeys pause and stop in between. */
export async function* firstBatches(
  inputs: TrainInputs,
  tokens: TokenFile,
  sequences: number,
  control: JobControl,
  phase: string,
): AsyncGenerator<TokenBatch> {
  const { context } = tokens;
  const atOnce = batchRows(inputs.engine, sequences, context);
  for (let start = 0; start < sequences; start += atOnce) {
    // There is nothing to save here that the last checkpoint does not have.
    if ((await control.next()) === 'stop') throw stopped();
    const end = Math.min(sequences, start + atOnce);
    const rows = Array.from({ length: end - start }, (_, i) => start + i);
    yield { ids: tokens.read(rows), sequences: rows.length, length: context };
    control.progress(phase, end * context, sequences * context, 'tokens');
  }
}
