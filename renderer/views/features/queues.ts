import type { FeatureFilter } from '../../../shared/contract/features.ts';
import { everyFeature } from './feature-filter.ts';

/** Orders in which features are gone through one after the other. */
export interface Queue {
  readonly value: string;
  readonly label: string;
  readonly why: string;
  readonly filter: FeatureFilter;
}

const unlabelled = { ...everyFeature, dead: 'hide', labelled: 'no' } as const;

export const queues: readonly Queue[] = [
  {
    value: 'dense',
    label: 'dense, unlabelled',
    why: 'Those that fire most often first.',
    filter: { ...unlabelled, sort: 'count', descending: true },
  },
  {
    value: 'unstable',
    label: 'unstable, unlabelled',
    why: 'Those least like any feature of the other seeds first; active on 10 tokens or more.',
    filter: { ...unlabelled, minCount: 10, sort: 'stability', descending: false },
  },
  {
    value: 'strong',
    label: 'strong, unlabelled',
    why: 'Those with the largest activation first.',
    filter: { ...unlabelled, sort: 'max', descending: true },
  },
  {
    value: 'unclear',
    label: 'rated lowest',
    why: 'Those whose rating is lowest first.',
    filter: { ...everyFeature, minRating: 1, sort: 'rating', descending: false },
  },
];

/** The queue that a filter is; `none` for one of the user's own. */
export function queueOf(filter: FeatureFilter): string {
  const found = queues.find(({ filter: other }) =>
    Object.entries(other).every(([key, value]) => filter[key as keyof FeatureFilter] === value),
  );
  return found?.value ?? 'none';
}
