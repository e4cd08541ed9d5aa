import type { JobRow } from '../../../shared/contract/jobs.ts';

/** A page of the program, as the router is told it. */
export interface Place {
  readonly page: string;
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** Where what a job makes is looked at; undefined before there is such a place. */
export function placeOf({ id, kind, runs, dictionaries, state }: JobRow): Place | undefined {
  const at = (page: string, query: Place['query'] = {}, parts: readonly string[] = []) => ({
    page,
    parts,
    query,
  });
  if (runs[0] !== undefined) return at('runs', {}, [runs[0]]);
  switch (kind) {
    case 'train':
      return undefined;
    case 'features':
      return at('features', {}, dictionaries.slice(0, 1));
    case 'import':
      return at('features');
    case 'compare':
      return at('compare');
    case 'regress':
      return at('statistics', { tab: 'fits' });
    case 'stability':
      return at('statistics', { tab: 'stability' });
    case 'predict':
      return at('statistics', {
        tab: 'predictors',
        ...(state === 'succeeded' && { prediction: id }),
      });
  }
}
