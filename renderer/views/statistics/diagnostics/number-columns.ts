import { fromExtended } from '../../../../shared/domain/schemas.ts';
import type { Column } from '../../../components/data-table/columns.ts';
import { exactNumber, formatNumber, formatP, type Figure } from '../../../components/format.ts';

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
