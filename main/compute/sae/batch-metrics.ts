import type { Metrics } from '../../../shared/domain/metrics.ts';
import type { Transformer } from '../model/transformer.ts';
import type { DictionaryShape } from './architecture.ts';
import { compareOutputs } from './compare-outputs.ts';
import type { StepView } from './dictionary-gradients.ts';
import { LaterStreams } from './later-streams.ts';
import { MetricSums } from './metric-sums.ts';
import type { Objective } from './objective.ts';

/**
 * Every metric of one dictionary on a batch of training tokens, as far as its objective runs the model:
 * the reconstruction always, later hook points and predictions where terms compare them.
 */
export class BatchMetrics {
  readonly #model: Transformer;
  readonly #objective: Objective;
  readonly #latents: number;
  readonly #sums: MetricSums;
  readonly #later = new LaterStreams();

  constructor(model: Transformer, objective: Objective, { dIn, latents }: DictionaryShape) {
    this.#model = model;
    this.#objective = objective;
    this.#latents = latents;
    this.#sums = new MetricSums(dIn);
  }

  /** Adds one part of the batch. */
  add({ input, output, active, spliced }: StepView): void {
    const { engine } = this.#model;
    this.#sums.reconstruction.add(engine.read(input.target ?? input.x), engine.read(output));
    this.#sums.active += active;
    if (!spliced) return;
    const { original } = spliced;
    for (const term of this.#objective) {
      if (term.kind === 'inToOrig') {
        const { hook } = term;
        this.#later.add(engine, hook.name, original.at(hook), spliced.at(hook).value);
      }
      if (term.kind === 'logitsKl')
        compareOutputs(
          this.#model,
          original.stream,
          spliced.stream.value,
          original.tokens,
          (_, values) => this.#sums.addComparison(values),
        );
    }
  }

  metrics(): Metrics {
    return { ...this.#sums.metrics(this.#latents), ...this.#later.metrics() };
  }
}
