import { featureSortKeys, type FeatureFilter } from '../../../shared/contract/features.ts';
import type { Query } from '../../state/address.ts';

export const everyFeature: FeatureFilter = {
  search: '',
  dead: 'show',
  labelled: 'any',
  minCount: 0,
  minRating: 0,
  list: '',
  sort: 'feature',
  descending: false,
};

/** Reads the filter from the parameters of an address; what it does not understand is left out. */
export function readFilter(query: Query): FeatureFilter {
  const { q = '', dead, label, min = '', rating = '', list = '', sort = '' } = query;
  const key = featureSortKeys.find((known) => known === sort.replace(/^-/, ''));
  const minCount = /^\d{1,9}$/.test(min) ? Number(min) : 0;
  return {
    search: q,
    dead: dead === 'hide' || dead === 'only' ? dead : 'show',
    labelled: label === 'yes' || label === 'no' ? label : 'any',
    minCount,
    minRating: /^[1-5]$/.test(rating) ? Number(rating) : 0,
    list,
    sort: key ?? everyFeature.sort,
    descending: key !== undefined && sort.startsWith('-'),
  };
}

/** The parameters that say a filter; null for those at their default, which an address leaves out. */
export function filterParameters(filter: FeatureFilter): Record<string, string | null> {
  const { search, dead, labelled, minCount, minRating, list, sort, descending } = filter;
  const isPlain = sort === everyFeature.sort && !descending;
  return {
    q: search === '' ? null : search,
    dead: dead === 'show' ? null : dead,
    label: labelled === 'any' ? null : labelled,
    min: minCount === 0 ? null : String(minCount),
    rating: minRating === 0 ? null : String(minRating),
    list: list === '' ? null : list,
    sort: isPlain ? null : `${descending ? '-' : ''}${sort}`,
  };
}

/** The part of an address's parameters that says the filter, to take along to another page. */
export function keepFilter(query: Query): Query {
  const known = Object.entries(filterParameters(readFilter(query)));
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Whether rows are left out; the order leaves none out. */
export function leavesOut(filter: FeatureFilter): boolean {
  const { search, dead, labelled, minCount, minRating, list } = filter;
  const isCounted = minCount > 0 || minRating > 0;
  return search.trim() !== '' || dead !== 'show' || labelled !== 'any' || isCounted || list !== '';
}
