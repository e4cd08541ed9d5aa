import { minimumCounts } from '../../../shared/domain/comparison.ts';
import { AppError } from '../../../shared/errors.ts';
import type { FeatureMajor } from '../features/activation-store.ts';
import { loadKernels } from '../engines/wasm/kernel-module.ts';
import { runTasks, sharedFloats, sharedInts } from '../parallel/run-tasks.ts';
import { type ActivityClasses, activityClasses } from './activity-classes.ts';
import { PartnerSearch } from './best-partners.ts';
import type {
  CoactivationMeasure,
  CoactivationOutput,
  CoactivationShared,
  FeatureRange,
  SharedSide,
} from './coactivation-tasks.ts';
import { coactivationMemory } from './coactivation-memory.ts';
import type { BothWays, SearchControl } from './cosine-partners.ts';
import { keptAt, listLength, type PartnerLists } from './one-to-one.ts';
import {
  type ActivationMoments,
  momentsOf,
  tokenMajor,
  tokenMajorSize,
} from './sparse-activations.ts';
import { addApartPartners } from './apart-partners.ts';

export interface CoactivationOptions extends SearchControl {
  readonly measures: readonly CoactivationMeasure[];
  readonly threads: number;
  /** The threshold (place in `minimumCounts`) at which features are assigned one to one. */
  readonly level: number;
}

export interface CoactivationFound extends BothWays {
  /** Partners of the features of A at `level`, for the assignment. */
  readonly lists: PartnerLists;
}

/**
 * Best partners by what two dictionaries do on the same tokens, in both directions, exactly:
 * - `jaccard`: tokens on which both are active, over tokens on which either is;
 * - `weightedJaccard`: sum of the smaller activation over sum of the larger, for activations >= 0;
 * - `correlation`: Pearson's, over all tokens, zeros included; undefined for a feature that never changes.
 * The work is the number of pairs active on the same token; no more than a row of the n by n matrix is
 * ever there. A feature that shares a token with none has Jaccard 0 with partner -1.
 * Throws AppError `bad-input` where the two were not computed on the same tokens.
 */
export async function coactivationPartners(
  a: FeatureMajor,
  b: FeatureMajor,
  options: CoactivationOptions,
): Promise<ReadonlyMap<CoactivationMeasure, CoactivationFound>> {
  const { measures, threads, level, onProgress, pause } = options;
  if (a.tokens !== b.tokens)
    throw new AppError(
      'bad-input',
      `The dictionaries were run on ${a.tokens} and ${b.tokens} tokens. Compare activations on the same tokens.`,
      { tokensA: a.tokens, tokensB: b.tokens },
    );
  const withValues = measures.some((measure) => measure !== 'jaccard');
  const moments = { a: momentsOf(a, withValues), b: momentsOf(b, withValues) };
  const classes = {
    a: activityClasses(moments.a.count),
    b: activityClasses(moments.b.count),
  };
  // B is numbered class by class, so that the classes are runs of a row.
  const order = Int32Array.from(classes.b.members.flatMap((members) => Array.from(members)));
  const { entries, featureBytes, pointerBytes } = tokenMajorSize(b);
  const entryBytes = featureBytes + (withValues ? 4 : 0);
  const { memory, take } = coactivationMemory(await loadKernels(), {
    threads,
    partners: b.latents,
    levels: minimumCounts.length,
    withValues,
    bytes: entryBytes * entries + pointerBytes + 4 * b.latents,
  });
  const byToken = tokenMajor(b, { order, room: take, withValues });
  const counts = take(4 * b.latents);
  const floatCount = new Float32Array(counts.buffer, counts.byteOffset, b.latents);
  order.forEach((feature, at) => (floatCount[at] = moments.b.count[feature]!));
  const kept = { a: keptAt(classes.a, level).length, b: keptAt(classes.b, level).length };
  const k = listLength(kept.a, kept.b);
  const sides = { a: sideOf(moments.a, classes.a), b: sideOf(moments.b, classes.b) };
  const shared: CoactivationShared = {
    measures,
    tokens: a.tokens,
    lists: { level, k },
    a: {
      ...sides.a,
      pointers: a.pointers,
      token: sharedInts(a.token),
      value: sharedFloats(withValues ? a.value : new Float32Array(0)),
    },
    memory,
    b: {
      ...inOrder(sides.b, order),
      classStart: startsOf(classes.b),
      pointers: byToken.pointers,
      feature: byToken.feature,
      value: byToken.value,
      floatCount,
    },
  };
  const searches = measures.map(() => ({
    a: new PartnerSearch(a.latents),
    b: new PartnerSearch(b.latents),
    listIndex: new Int32Array(a.latents * k).fill(-1),
    listValue: new Float32Array(a.latents * k),
  }));
  const inputs = evenRanges(a, b);
  let done = 0;
  await runTasks<CoactivationShared, FeatureRange, CoactivationOutput>(
    {
      module: new URL('./coactivation-tasks.ts', import.meta.url),
      shared,
      inputs,
      threads,
    },
    {
      onOutput: (output) => {
        output.best.forEach((best, m) => {
          const { a: searchA, b: searchB, listIndex } = searches[m]!;
          const { from, to } = output;
          offerAll(searchA, to - from, best.aIndex, best.aValue, {
            own: (i) => from + i,
            partner: (j) => order[j]!,
          });
          offerAll(searchB, b.latents, best.bIndex, best.bValue, {
            own: (j) => order[j]!,
            partner: (i) => i,
          });
          listIndex.set(
            best.listIndex.map((j) => (j === -1 ? -1 : order[j]!)),
            from * k,
          );
          searches[m]!.listValue.set(best.listValue, output.from * k);
        });
        onProgress?.(++done, inputs.length);
      },
      pause,
    },
  );
  return new Map(
    measures.map((measure, m) => {
      const search = searches[m]!;
      if (measure === 'correlation') {
        addApartPartners(search.a, {
          own: a,
          ownSide: sides.a,
          partners: sides.b,
          partnerClasses: classes.b,
          partnersByToken: once(() => tokenMajor(b, { withValues: false })),
        });
        addApartPartners(search.b, {
          own: b,
          ownSide: sides.b,
          partners: sides.a,
          partnerClasses: classes.a,
          partnersByToken: once(() => tokenMajor(a, { withValues: false })),
        });
      }
      const whenNone = measure === 'correlation' ? NaN : 0;
      return [
        measure,
        {
          aToB: search.a.finish(classes.a, classes.b, whenNone),
          bToA: search.b.finish(classes.b, classes.a, whenNone),
          lists: {
            k,
            index: search.listIndex,
            value: search.listValue,
            isCut: k < kept.b,
          },
        },
      ];
    }),
  );
}

/** A dead feature and one that never changes have no correlation: their spread is NaN. */
function sideOf(
  { tokens, count, sum, sumSquares }: ActivationMoments,
  classes: ActivityClasses,
): SharedSide {
  const spread = sumSquares.map((squares, feature) => {
    const centred = squares - sum[feature]! ** 2 / tokens;
    return centred > 1e-12 * squares ? Math.sqrt(centred) : NaN;
  });
  return { classOf: classes.classOf, count, sum, spread };
}

function inOrder(side: SharedSide, order: Int32Array): SharedSide {
  const pick = (values: Float64Array) => Float64Array.from(order, (feature) => values[feature]!);
  return {
    classOf: Uint8Array.from(order, (feature) => side.classOf[feature]!),
    count: pick(side.count),
    sum: pick(side.sum),
    spread: pick(side.spread),
  };
}

/** Where each class begins in the order of the classes; [levels + 1]. */
function startsOf({ members }: ActivityClasses): Int32Array {
  const starts = new Int32Array(members.length + 1);
  members.forEach((class_, level) => (starts[level + 1] = starts[level]! + class_.length));
  return starts;
}

/** Offers what a task found, class by class of the partner, in the numbers of the dictionaries. */
function offerAll(
  search: PartnerSearch,
  features: number,
  index: Int32Array,
  value: Float64Array,
  numbers: { own: (at: number) => number; partner: (at: number) => number },
): void {
  for (let level = 0; level < minimumCounts.length; level++)
    for (let i = 0; i < features; i++) {
      const at = level * features + i;
      if (index[at] === -1) continue;
      search.offer(level, numbers.own(i), numbers.partner(index[at]!), value[at]!);
    }
}

/**
 * Tasks of about as much work, whatever the number of threads: of a feature, the tokens on which it is
 * active, times those active there, and a look at each partner.
 */
function evenRanges({ latents, pointers, tokens }: FeatureMajor, b: FeatureMajor): FeatureRange[] {
  const l0 = b.token.length / Math.max(1, tokens);
  const work = Float64Array.from(
    { length: latents },
    (_, feature) => (pointers[feature + 1]! - pointers[feature]!) * l0 + b.latents / 16 + 1,
  );
  const share = work.reduce((sum, value) => sum + value, 0) / 32;
  const ranges: FeatureRange[] = [];
  let from = 0;
  let sum = 0;
  for (let feature = 0; feature < latents; feature++) {
    sum += work[feature]!;
    if (sum < share && feature + 1 < latents) continue;
    ranges.push({ from, to: feature + 1 });
    from = feature + 1;
    sum = 0;
  }
  return ranges;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
