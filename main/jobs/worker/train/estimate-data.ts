import { existsSync, statSync } from 'node:fs';
import { tokensOf } from '../../../../shared/domain/run-spec.ts';
import { SequenceOrder } from '../../../compute/data/sequence-order.ts';
import { slotBytes } from '../activations/activation-set.ts';
import { tokenSource } from '../tokens/token-source.ts';
import type { TrainingPlan } from './plan.ts';

/** Memory while documents are tokenised: one of them, a row group of parquet, or a batch of 1,000. */
const documentBytes = 256e6;

/** What the data of a job take: order and batch in memory, prepared tokens and activations on the disk. */
export function estimateData(
  projectPath: string,
  plan: TrainingPlan,
): { memoryBytes: number; diskBytes: number } {
  const { spec, context, steps, dictionaries, model } = plan;
  const { training, activationCache } = spec;
  const batch = training.microBatch ?? training.batch;
  const rows = plan.rows ?? steps * training.batch;
  const toPrepare = bytesToPrepare(projectPath, plan);
  const hooks = new Set(dictionaries.map(({ hook }) => hook.name)).size;
  const slot =
    activationCache && slotBytes({ context, width: model.width, dtype: activationCache.dtype });
  // A batch of activations is held as numbers of the disk, and once more on its way to the engine.
  const kept = slot === undefined ? 0 : hooks * (batch * context * model.width * 8 + slot);
  return {
    memoryBytes:
      SequenceOrder.bytes(rows) + 8 * batch * context + kept + (toPrepare > 0 ? documentBytes : 0),
    diskBytes:
      toPrepare + (slot === undefined ? 0 : hooks * slot * Math.min(rows, steps * training.batch)),
  };
}

/** Bytes of text and lists that are yet to become tokens, which take about as many at most. */
function bytesToPrepare(projectPath: string, { spec }: TrainingPlan): number {
  const waiting = new Map<string, readonly string[]>();
  for (const [, ref] of tokensOf(spec)) {
    const { files, prepared } = tokenSource(projectPath, ref, spec.model);
    if (prepared !== undefined && !existsSync(prepared)) waiting.set(prepared, files);
  }
  const files = [...waiting.values()].flat();
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}
