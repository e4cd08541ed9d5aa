import type { FeatureSummary } from '../../shared/contract/features.ts';
import type { Reader } from './connection.ts';

/** Bins of the density histogram in one power of ten. */
const binsPerDecade = 4;
/** An AUC from which a feature is said to tell a property. */
const tellingAuc = 0.9;

/** Counts over all features of a dictionary. */
export function summariseFeatures(db: Reader, dictionary: number): FeatureSummary {
  const totals = db.get<Record<'total' | 'dead' | 'labelled' | 'telling', number>>(
    `SELECT count(*) AS total, count(*) FILTER (WHERE count = 0) AS dead,
            count(label) AS labelled, count(*) FILTER (WHERE auc >= ?) AS telling
     FROM features WHERE dictionary = ?`,
    [tellingAuc, dictionary],
  )!;
  const alive = totals.total - totals.dead;
  const median = db.all<{ density: number }>(
    `SELECT density FROM features WHERE dictionary = ? AND count > 0
     ORDER BY density LIMIT ? OFFSET ?`,
    [dictionary, alive % 2 === 0 ? 2 : 1, Math.max(0, Math.floor((alive - 1) / 2))],
  );
  return {
    ...totals,
    medianDensity:
      alive === 0 ? null : median.reduce((sum, row) => sum + row.density, 0) / median.length,
    density: densityHistogram(db, dictionary),
  };
}

/** Bins of log10(density), from the one of the rarest feature to that of density 1. */
function densityHistogram(db: Reader, dictionary: number): FeatureSummary['density'] {
  // A density of 1 belongs to the bin that ends there, as the last bin of a histogram is closed.
  const found = db.all<{ bin: number; n: number }>(
    `SELECT CAST(min(floor(log10(density) * ?), -1) AS INTEGER) AS bin, count(*) AS n
     FROM features WHERE dictionary = ? AND count > 0 GROUP BY bin ORDER BY bin`,
    [binsPerDecade, dictionary],
  );
  const first = found[0]?.bin;
  if (first === undefined) return { edges: [], counts: [] };
  const counts = new Array<number>(-first).fill(0);
  for (const { bin, n } of found) counts[bin - first] = n;
  return { edges: [...counts, 0].map((_, i) => (first + i) / binsPerDecade), counts };
}
