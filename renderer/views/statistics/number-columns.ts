import type { Interval, Proportion } from '../../../shared/contract/stability-parts.ts';
import { fromExtended } from '../../../shared/domain/schemas.ts';
import type { Column } from '../../components/data-table/columns.ts';
import {
  exactNumber,
  formatInterval,
  formatNumber,
  formatP,
  formatShare,
  type Figure,
} from '../../components/format.ts';

interface Options {
  readonly definition?: string;
  readonly width?: number;
  readonly digits?: number;
  /** Shown as a p value. */
  readonly isP?: boolean;
  readonly sortable?: boolean;
}

/** A column of figures: right-aligned, every digit on hover, sorted by value. */
export function figureColumn<Row>(
  key: string,
  title: string,
  read: (row: Row) => Figure,
  { definition, width = 88, digits = 3, isP = false, sortable = true }: Options = {},
): Column<Row> {
  return {
    key,
    title,
    width,
    sortable,
    numeric: true,
    ...(definition === undefined ? {} : { definition }),
    text: (row) => (isP ? formatP(read(row)) : formatNumber(read(row), digits)),
    exact: (row) => exactNumber(read(row)),
    value: (row) => {
      const figure = read(row);
      return figure === null || figure === undefined ? null : fromExtended(figure);
    },
  };
}

/** A share of refits with its 95 % Wilson interval. */
export function proportionColumn<Row>(
  key: string,
  title: string,
  read: (row: Row) => Proportion,
): Column<Row> {
  return {
    key,
    title,
    width: 150,
    sortable: true,
    numeric: true,
    definition: 'Share with its 95 % interval (Wilson), and the count',
    text: (row) => {
      const { share, low, high } = read(row);
      return `${formatShare(share)} (${formatShare(low)}–${formatShare(high)})`;
    },
    exact: (row) => exactNumber(read(row).share),
    value: (row) => read(row).share,
  };
}

/** A mean with its interval, where there is one. */
export function intervalColumn<Row>(
  key: string,
  title: string,
  read: (row: Row) => Interval | null,
  definition: string,
): Column<Row> {
  return {
    key,
    title,
    width: 170,
    sortable: true,
    numeric: true,
    definition,
    text: (row) => {
      const value = read(row);
      return value === null ? '–' : formatInterval(value.mean, value.low, value.high);
    },
    exact: (row) => exactNumber(read(row)?.mean),
    value: (row) => read(row)?.mean ?? null,
  };
}
