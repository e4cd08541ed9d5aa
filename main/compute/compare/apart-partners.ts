import { minimumCounts } from '../../../shared/domain/comparison.ts';
import type { FeatureMajor } from '../features/activation-store.ts';
import type { ActivityClasses } from './activity-classes.ts';
import type { PartnerSearch } from './best-partners.ts';
import type { SharedSide } from './coactivation-tasks.ts';
import type { TokenMajor } from './sparse-activations.ts';

export interface ApartSides {
  readonly own: FeatureMajor;
  readonly ownSide: SharedSide;
  readonly partners: SharedSide;
  readonly partnerClasses: ActivityClasses;
  /** The partners' activations by token; asked for only where it is needed. */
  readonly partnersByToken: () => TokenMajor;
}

/**
 * Two features that share no token correlate at -sum sum / (tokens spread spread): a little below 0,
 * and above a partner that they share too few tokens with. So where the best partner met is negative,
 * the best of those not met is offered too: the one with the smallest sum / spread.
 */
export function addApartPartners(search: PartnerSearch, sides: ApartSides): void {
  const { own, ownSide, partners, partnerClasses } = sides;
  const orders = partnerClasses.members.map((members) => bySumOverSpread(members, partners));
  const met = new Uint8Array(partners.count.length);
  for (let feature = 0; feature < own.latents; feature++) {
    if (Number.isNaN(ownSide.spread[feature]!)) continue;
    const value = (partner: number) =>
      -((ownSide.sum[feature]! * partners.sum[partner]!) / own.tokens) /
      (ownSide.spread[feature]! * partners.spread[partner]!);
    let isMarked = false;
    // A class matters only where no class above it offers more: every threshold that keeps it keeps those.
    let best = -Infinity;
    for (let level = minimumCounts.length - 1; level >= 0; level--) {
      best = larger(best, search.valueOf(level, feature));
      const first = orders[level]![0];
      if (first === undefined || best >= value(first)) continue;
      if (!isMarked) markMet(met, feature, own, sides.partnersByToken());
      isMarked = true;
      const partner = orders[level]!.find((candidate) => met[candidate] === 0);
      if (partner === undefined) continue;
      search.offer(level, feature, partner, value(partner));
      best = larger(best, value(partner));
    }
    if (isMarked) met.fill(0);
  }
}

/** Partners whose activation varies, smallest sum / spread first; ties in order of number. */
function bySumOverSpread(members: Int32Array, { sum, spread }: SharedSide): Int32Array {
  const ratio = (feature: number) => sum[feature]! / spread[feature]!;
  return members
    .filter((feature) => !Number.isNaN(spread[feature]!))
    .sort((a, b) => ratio(a) - ratio(b) || a - b);
}

function markMet(met: Uint8Array, feature: number, own: FeatureMajor, other: TokenMajor): void {
  for (let at = own.pointers[feature]!; at < own.pointers[feature + 1]!; at++) {
    const token = own.token[at]!;
    for (let entry = other.pointers[2 * token]!; entry < other.pointers[2 * token + 1]!; entry++)
      met[other.feature[entry]!] = 1;
  }
}

/** The larger of two numbers, where the second may be NaN for none. */
function larger(a: number, b: number): number {
  return b > a ? b : a;
}
