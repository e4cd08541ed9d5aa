import type { BaseMetric, LaterMetric, Metrics } from '../../../shared/domain/metrics.ts';
import type { Engine, Tensor } from '../engine.ts';
import { ReconstructionStats } from './reconstruction.ts';

/** Metrics of a reconstruction that are also taken at later hook points. */
const laterMetrics = [
  'explainedVariance',
  'explainedVariancePerToken',
  'explainedVariancePerTokenStd',
  'explainedVarianceLayerNormed',
  'explainedVarianceLayerNormedStd',
] as const satisfies readonly BaseMetric[];

/** How far the spliced model's activations at later hook points are from those of the model as it is. */
export class LaterStreams {
  readonly #stats = new Map<string, ReconstructionStats>();

  /** Adds one batch at a hook point; both [r, d]. */
  add(engine: Engine, hook: string, original: Tensor, spliced: Tensor): void {
    let stats = this.#stats.get(hook);
    if (!stats) {
      stats = new ReconstructionStats(original.shape[1]!, 'original');
      this.#stats.set(hook, stats);
    }
    stats.add(engine.read(original), engine.read(spliced));
  }

  /** Every metric, its name followed by the hook point. */
  metrics(): Metrics {
    const out: Metrics = {};
    for (const [hook, stats] of this.#stats) {
      const found = stats.metrics();
      out[at('inToOrig', hook)] = found.mse ?? null;
      for (const name of laterMetrics) out[at(name, hook)] = found[name] ?? null;
    }
    return out;
  }
}

function at(metric: string, hook: string): LaterMetric {
  return `${metric}.${hook}` as LaterMetric;
}
