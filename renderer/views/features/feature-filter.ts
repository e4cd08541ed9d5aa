import { featureSortKeys, type FeatureFilter } from '../../../shared/contract/features.ts';
import type { Query } from '../../state/address.ts';

export const everyFeature: FeatureFilter = {
  search: '',
  dead: 'show',
  labelled: 'any',
  minCount: 0,
  sort: 'feature',
  descending: false,
};

/** Reads the filter from the parameters of an address; what it does not understand is left out. */
export function readFilter(query: Query): FeatureFilter {
  const { q = '', dead, label, min = '', sort = '' } = query;
  const key = featureSortKeys.find((known) => known === sort.replace(/^-/, ''));
  const minCount = /^\d{1,9}$/.test(min) ? Number(min) : 0;
  return {
    search: q,
    dead: dead === 'hide' || dead === 'only' ? dead : 'show',
    labelled: label === 'yes' || label === 'no' ? label : 'any',
    minCount,
    sort: key ?? everyFeature.sort,
    descending: key !== undefined && sort.startsWith('-'),
  };
}

/** The parameters that say a filter; null for those at their default, which an address leaves out. */
export function filterParameters(filter: FeatureFilter): Record<string, string | null> {
  const { search, dead, labelled, minCount, sort, descending } = filter;
  const isPlain = sort === everyFeature.sort && !descending;
  return {
    q: search === '' ? null : search,
    dead: dead === 'show' ? null : dead,
    label: labelled === 'any' ? null : labelled,
    min: minCount === 0 ? null : String(minCount),
    sort: isPlain ? null : `${descending ? '-' : ''}${sort}`,
  };
}

/** The part of an address's parameters that says the filter, to take along to another page. */
export function keepFilter(query: Query): Query {
  const known = Object.entries(filterParameters(readFilter(query)));
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Whether rows are left out; the order leaves none out. */
export function leavesOut({ search, dead, labelled, minCount }: FeatureFilter): boolean {
  return search.trim() !== '' || dead !== 'show' || labelled !== 'any' || minCount > 0;
}
