import { minimumCounts } from '../../../shared/domain/comparison.ts';

/**
 * Nearly dead features pile up at similarity 1, so every comparison is made for several minimum
 * activation counts at once: features are put in classes between the thresholds, best partners are
 * found class against class, and a threshold keeps the classes above it.
 */

/** Features of one dictionary, sorted into the classes between minimum counts. */
export interface ActivityClasses {
  readonly counts: Float64Array;
  /** Class of each feature: the last threshold that its count reaches. */
  readonly classOf: Uint8Array;
  /** Features of each class, rising. */
  readonly members: readonly Int32Array[];
}

/**
 * @param counts tokens on which each feature is active, [n]
 */
export function activityClasses(counts: ArrayLike<number>): ActivityClasses {
  const classOf = Uint8Array.from(counts, (count) => {
    let level = 0;
    while (level + 1 < minimumCounts.length && count >= minimumCounts[level + 1]!) level++;
    return level;
  });
  const members = minimumCounts.map((_, level) =>
    Int32Array.from(counts, (_count, feature) => feature).filter(
      (feature) => classOf[feature] === level,
    ),
  );
  return { counts: Float64Array.from(counts), classOf, members };
}
