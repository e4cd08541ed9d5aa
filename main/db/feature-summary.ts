import type { FeatureSummary } from '../../shared/contract/features.ts';
import type { Reader } from './connection.ts';

/** Bins of the density histogram in one power of ten. */
const binsPerDecade = 4;
/** An AUC from which a feature is said to tell a property. */
const tellingAuc = 0.9;

/** How many features share one density; rising. */
interface Share {
  readonly density: number;
  readonly n: number;
  readonly labelled: number;
  readonly telling: number;
}

/** Counts over all features of a dictionary. */
export function summariseFeatures(db: Reader, dictionary: number): FeatureSummary {
  const shares = db.all<Share>(
    `SELECT density, count(*) AS n, count(label) AS labelled,
            count(*) FILTER (WHERE auc >= ?) AS telling
     FROM features WHERE dictionary = ? GROUP BY density ORDER BY density`,
    [tellingAuc, dictionary],
  );
  const alive = shares.filter(({ density }) => density > 0);
  const total = sum(shares, ({ n }) => n);
  return {
    total,
    dead: total - sum(alive, ({ n }) => n),
    labelled: sum(shares, ({ labelled }) => labelled),
    telling: sum(shares, ({ telling }) => telling),
    medianDensity: median(alive),
    density: densityHistogram(alive),
  };
}

function median(alive: readonly Share[]): number | null {
  const total = sum(alive, ({ n }) => n);
  if (total === 0) return null;
  const at = (rank: number) => {
    let before = 0;
    return alive.find(({ n }) => (before += n) > rank)!.density;
  };
  return (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2;
}

/** Bins of log10(density), from the one of the rarest feature to that of density 1. */
function densityHistogram(alive: readonly Share[]): FeatureSummary['density'] {
  // A density of 1 belongs to the bin that ends there, as the last bin of a histogram is closed.
  const binOf = ({ density }: Share) =>
    Math.min(-1, Math.floor(Math.log10(density) * binsPerDecade));
  const [rarest] = alive;
  if (!rarest) return { edges: [], counts: [] };
  const first = binOf(rarest);
  const counts = new Array<number>(-first).fill(0);
  for (const share of alive) counts[binOf(share) - first]! += share.n;
  return { edges: [...counts, 0].map((_, i) => (first + i) / binsPerDecade), counts };
}

function sum(shares: readonly Share[], value: (share: Share) => number): number {
  return shares.reduce((total, share) => total + value(share), 0);
}
