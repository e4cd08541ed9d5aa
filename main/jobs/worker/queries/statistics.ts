import type { QueryHandler } from './handler.ts';
import * as fits from './fits.ts';
import * as tables from './tables.ts';

/** The queries of the statistics pages, under the names of the contract's operations. */
export const statisticsQueries: Readonly<Record<string, QueryHandler>> = {
  'tables.describe': tables.describe,
  'tables.rows': tables.rows,
  'tables.correlation': tables.correlation,
  'fits.check': fits.check,
  'fits.diagnostics': fits.diagnostics,
  'fits.create': fits.create,
};
