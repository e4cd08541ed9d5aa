import { minimumCounts } from '../../../shared/domain/comparison.ts';
import type { ActivityClasses } from './activity-classes.ts';

/**
 * For each minimum count, the best partner of each feature of one dictionary among the features of
 * another, with replacement; both sides keep only features that reach the count.
 */
export interface BestPartners {
  /** Features of the side that looks for partners. */
  readonly features: number;
  /** [levels, features]; -1 for a feature that is dropped or has no partner at all. */
  readonly index: Int32Array;
  /** [levels, features]; NaN for a feature that is dropped, or whose similarity is not defined. */
  readonly value: Float64Array;
}

/** Best partners being found, class of partner by class of partner. */
export class PartnerSearch {
  readonly features: number;
  readonly #index: Int32Array;
  readonly #value: Float64Array;

  constructor(features: number) {
    this.features = features;
    this.#index = new Int32Array(minimumCounts.length * features).fill(-1);
    this.#value = new Float64Array(minimumCounts.length * features).fill(NaN);
  }

  /** Offers a partner of class `level`; ties go to the partner of smaller number. */
  offer(level: number, feature: number, partner: number, value: number): void {
    const at = level * this.features + feature;
    const held = this.#index[at]!;
    const best = this.#value[at]!;
    if (held !== -1 && (value < best || (value === best && partner > held))) return;
    this.#index[at] = partner;
    this.#value[at] = value;
  }

  /** Best value found among partners of class `level`; NaN before any. */
  valueOf(level: number, feature: number): number {
    return this.#value[level * this.features + feature]!;
  }

  /**
   * Best partners at each threshold: those of its own class and of all classes above.
   * @param own classes of the features that look for partners
   * @param partners classes of those looked at
   * @param whenNone value of a feature for which no partner was offered while some were there
   */
  finish(own: ActivityClasses, partners: ActivityClasses, whenNone = NaN): BestPartners {
    const { features } = this;
    for (let level = minimumCounts.length - 2; level >= 0; level--)
      for (let feature = 0; feature < features; feature++) {
        const above = (level + 1) * features + feature;
        if (this.#index[above] !== -1)
          this.offer(level, feature, this.#index[above]!, this.#value[above]!);
      }
    let present = 0;
    for (let level = minimumCounts.length - 1; level >= 0; level--) {
      present += partners.members[level]!.length;
      for (let feature = 0; feature < features; feature++) {
        const at = level * features + feature;
        if (own.classOf[feature]! < level) {
          this.#index[at] = -1;
          this.#value[at] = NaN;
        } else if (this.#index[at] === -1 && present > 0) this.#value[at] = whenNone;
      }
    }
    return { features, index: this.#index, value: this.#value };
  }
}

/** The part of one threshold. */
export function partnersAt(
  { features, index, value }: BestPartners,
  level: number,
): { index: Int32Array; value: Float64Array } {
  const [from, to] = [level * features, (level + 1) * features];
  return { index: index.subarray(from, to), value: value.subarray(from, to) };
}
