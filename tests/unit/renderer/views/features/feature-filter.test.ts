import { describe, expect, it } from 'vitest';
import type { FeatureFilter } from '../../../../../shared/contract/features.ts';
import {
  everyFeature,
  filterParameters,
  keepFilter,
  leavesOut,
  readFilter,
} from '../../../../../renderer/views/features/feature-filter.ts';

const some: FeatureFilter = {
  search: 'closing "quote" & more',
  dead: 'hide',
  labelled: 'no',
  minCount: 10,
  minRating: 3,
  list: 'to read',
  sort: 'max',
  descending: true,
};

describe('the filter of features in an address', () => {
  it('comes back as it was', () => {
    for (const filter of [everyFeature, some, { ...some, descending: false }]) {
      const given = Object.entries(filterParameters(filter)).filter((entry) => entry[1] !== null);
      const query = Object.fromEntries(given) as Record<string, string>;
      expect(readFilter(query)).toEqual(filter);
    }
  });

  it('takes no room where nothing is filtered', () => {
    expect(Object.values(filterParameters(everyFeature)).every((value) => value === null)).toBe(
      true,
    );
  });

  it('ignores what it does not understand', () => {
    const query = { dead: 'maybe', label: '', min: '-4', sort: '-password', f: '12' };
    expect(readFilter(query)).toEqual(everyFeature);
    expect(keepFilter({ ...query, q: 'a' })).toEqual({ q: 'a' });
  });

  it('leaves rows out by anything but the order', () => {
    expect(leavesOut({ ...everyFeature, sort: 'max', descending: true, search: ' ' })).toBe(false);
    expect(leavesOut({ ...everyFeature, minCount: 1 })).toBe(true);
    expect(leavesOut({ ...everyFeature, dead: 'only' })).toBe(true);
  });
});
