import type { BaseMetric } from '../../../shared/domain/metrics.ts';
import type { Comparison } from './compare-outputs.ts';
import { ReconstructionStats } from './reconstruction.ts';

const comparisonMetrics = ['kl', 'klReverse', 'totalVariation', 'topOneAgreement'] as const;

/** Running sums behind every metric of one dictionary over some tokens. */
export class MetricSums {
  readonly reconstruction: ReconstructionStats;
  active = 0;
  readonly #sums = new Map<BaseMetric, number>();
  #compared = 0;
  #targets = 0;

  constructor(width: number) {
    this.reconstruction = new ReconstructionStats(width);
  }

  addComparison(values: Comparison): void {
    this.#compared++;
    for (const name of comparisonMetrics) this.#add(name, values[name]);
    if (!values.hasTarget) return;
    this.#targets++;
    this.#add('ceOriginal', values.ceOriginal);
    this.#add('ceSpliced', values.ceSpliced);
  }

  /** Every metric that the sums allow; none for no tokens, null for what is undefined. */
  metrics(latents: number): Partial<Record<BaseMetric, number | null>> {
    const { tokens } = this.reconstruction;
    if (tokens === 0) return {};
    const l0 = this.active / tokens;
    const out: Partial<Record<BaseMetric, number | null>> = {
      ...this.reconstruction.metrics(),
      l0,
      fractionZero: 1 - l0 / latents,
    };
    if (this.#compared === 0) return out;
    for (const name of comparisonMetrics) out[name] = this.#mean(name, this.#compared);
    out.ceOriginal = this.#mean('ceOriginal', this.#targets);
    out.ceSpliced = this.#mean('ceSpliced', this.#targets);
    out.ceIncrease =
      out.ceSpliced === null || out.ceOriginal === null ? null : out.ceSpliced - out.ceOriginal;
    return out;
  }

  #add(name: BaseMetric, value: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
  }

  #mean(name: BaseMetric, count: number): number | null {
    return count === 0 ? null : (this.#sums.get(name) ?? 0) / count;
  }
}
