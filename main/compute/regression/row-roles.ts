import { AppError } from '../../../shared/errors.ts';
import { parse } from '../../../shared/formula/syntax.ts';
import { toCodes } from './factors.ts';
import { Evaluator } from './language/evaluate.ts';
import { take, type RowView } from './language/row-view.ts';

/** Weights of the rows of a view; NaN where missing or 0. */
export interface Weights {
  readonly label: string;
  readonly values: Float64Array;
  take(rows: Int32Array | undefined): Float64Array;
}

/**
 * Evaluates an expression as weights. A row of weight 0 counts as missing, so that it is left out and
 * counted: it says nothing, and must not count as a degree of freedom.
 * @throws AppError `bad-input` for negative weights, `non-finite` for infinite ones
 */
export function readWeights(expression: string, view: RowView): Weights {
  const evaluator = new Evaluator(view, expression, 'formula');
  const { data } = evaluator.numbers(parse(expression, 'formula'));
  const at = data.findIndex((value) => value < 0 || value === Infinity);
  if (at >= 0) {
    const row = view.rowNumber(at);
    const infinite = data[at] === Infinity;
    throw new AppError(
      infinite ? 'non-finite' : 'bad-input',
      `The weight ${expression} is ${infinite ? 'infinite' : String(data[at])} in row ${row} of ${view.table.source}. Weights must be finite and not negative.`,
      { file: view.table.source, place: `row ${row}`, row, term: expression },
    );
  }
  const values = data.map((value) => (value === 0 ? NaN : value));
  return {
    label: `weight ${expression}`,
    values,
    take: (rows) => (rows ? take(values, rows, new Float64Array(rows.length)) : values),
  };
}

/** The clusters of the rows of a view; -1 where missing. */
export interface Clusters {
  readonly label: string;
  readonly codes: Int32Array;
  take(rows: Int32Array | undefined): { codes: Int32Array; count: number };
}

/** Evaluates an expression as names of clusters: texts, truth values, or numbers of any count. */
export function readClusters(expression: string, view: RowView): Clusters {
  const node = parse(expression, 'formula');
  const evaluator = new Evaluator(view, expression, 'formula');
  const value = evaluator.evaluate(node);
  const codes =
    value.kind === 'number'
      ? numberCodes(value.data)
      : toCodes(expression, value, evaluator, node).codes;
  return {
    label: `cluster ${expression}`,
    codes,
    take(rows) {
      const used = rows ? take(codes, rows, new Int32Array(rows.length)) : codes;
      const known = new Map<number, number>();
      const renumbered = used.map((code) => {
        if (!known.has(code)) known.set(code, known.size);
        return known.get(code)!;
      });
      return { codes: renumbered, count: known.size };
    },
  };
}

function numberCodes(data: Float64Array): Int32Array {
  const known = new Map<number, number>();
  return Int32Array.from(data, (value) => {
    if (Number.isNaN(value)) return -1;
    if (!known.has(value)) known.set(value, known.size);
    return known.get(value)!;
  });
}
