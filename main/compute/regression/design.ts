import { AppError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { multiplyDd, type DoubleDouble } from '../linalg/double-double.ts';
import type { ModelFrame } from './model-frame.ts';
import { termLabel } from '../../../shared/formula/formula.ts';
import type { Variable } from './variables.ts';

export const interceptName = '(Intercept)';

/** One factor of a column of the design: a number, or the indicator of a level. */
interface ColumnPart {
  readonly variable: number;
  /** -1 for a numeric variable, the column of a basis. */
  readonly level: number;
}

export interface DesignColumn {
  /** As R prints it: `wt`, `factor(cyl)6`, `wt:hp`. */
  readonly name: string;
  /** Index into the design's terms; -1 for the intercept. */
  readonly term: number;
  /** Columns of a table as they stand, and indicators: values known to their last printed digit. */
  readonly plain: boolean;
  readonly parts: readonly ColumnPart[];
}

export interface DesignTerm {
  readonly label: string;
  /** Indices into the frame's variables. */
  readonly variables: readonly number[];
  /** Indices of its columns. */
  readonly columns: readonly number[];
  readonly hasFactor: boolean;
}

/**
 * A design matrix that is never held whole: its columns are products of variables, and are
 * calculated for a block of rows when they are needed.
 */
export interface Design {
  readonly rows: number;
  readonly intercept: boolean;
  readonly columns: readonly DesignColumn[];
  readonly terms: readonly DesignTerm[];
  /** Writes rows start up to start + count of column j to out[offset …]. */
  fill(j: number, start: number, count: number, out: Float64Array, offset: number): void;
  /** All rows of column j in double-double arithmetic, as high + low. */
  fillPrecise(j: number, high: Float64Array, low: Float64Array, offset: number): void;
}

/**
 * The columns of a model, named and coded as R does with treatment contrasts: factors lose their
 * first level where the term without them is in the model (Chambers & Hastie 1992, section 2.4.1);
 * without an intercept the first factor keeps all its levels; in products the first variable varies
 * fastest.
 * @throws AppError `too-large` for more columns than the limit
 */
export function buildDesign(frame: ModelFrame, limit: number = limits.designColumns): Design {
  const { formula, variables } = frame;
  const columns: DesignColumn[] = [];
  if (formula.intercept) columns.push({ name: interceptName, term: -1, plain: true, parts: [] });
  const coding = contrastCoding(frame);
  const terms = formula.terms.map((term, index) => {
    const parts = termParts(term, coding[index]!, variables, limit);
    checkColumns(columns.length + parts.length, limit);
    const first = columns.length;
    for (const part of parts) columns.push(makeColumn(part, index, variables));
    return {
      label: termLabel(formula, term),
      variables: term,
      columns: parts.map((_, k) => first + k),
      hasFactor: term.some((v) => variables[v]!.kind === 'factor'),
    };
  });
  return {
    rows: frame.n,
    intercept: formula.intercept,
    columns,
    terms,
    fill: (j, start, count, out, offset) =>
      fillColumn(columns[j]!.parts, variables, start, count, out, offset),
    fillPrecise: (j, high, low, offset) =>
      fillPreciseColumn(columns[j]!.parts, variables, frame.n, high, low, offset),
  };
}

function checkColumns(count: number, limit: number): void {
  if (count <= limit) return;
  throw new AppError(
    'too-large',
    `The formula expands to more than ${limit} coefficients. Leave out terms, or factors with many levels.`,
    { limit },
  );
}

/** For each term and each of its variables: whether a factor keeps all its levels there. */
function contrastCoding(frame: ModelFrame): boolean[][] {
  const { formula, variables } = frame;
  const present = new Set(formula.terms.map((term) => term.join(',')));
  const full = formula.terms.map((term) =>
    term.map((variable) => {
      const rest = term.filter((other) => other !== variable);
      return rest.length > 0 && !present.has(rest.join(','));
    }),
  );
  if (formula.intercept) return full;
  for (const [index, term] of formula.terms.entries()) {
    const position = term.findIndex((variable) => variables[variable]!.kind === 'factor');
    if (position < 0) continue;
    full[index]![position] = true;
    break;
  }
  return full;
}

/** The columns of a term as lists of parts; the first variable varies fastest. */
function termParts(
  term: readonly number[],
  full: readonly boolean[],
  variables: readonly Variable[],
  limit: number,
): ColumnPart[][] {
  let products: ColumnPart[][] = [[]];
  term.forEach((index, position) => {
    const variable = variables[index]!;
    const levels =
      variable.kind === 'number'
        ? [-1]
        : variable.kind === 'basis'
          ? variable.columns.map((_, column) => column)
          : variable.levels.map((_, level) => level).slice(full[position] ? 0 : 1);
    checkColumns(products.length * levels.length, limit);
    products = levels.flatMap((level) =>
      products.map((product) => [...product, { variable: index, level }]),
    );
  });
  return products;
}

function makeColumn(
  parts: readonly ColumnPart[],
  term: number,
  variables: readonly Variable[],
): DesignColumn {
  const names = parts.map(({ variable, level }) => {
    const { label, ...rest } = variables[variable]!;
    if (rest.kind === 'basis') return `${label}${level + 1}`;
    return rest.kind === 'factor' ? `${label}${rest.levels[level]!}` : label;
  });
  const plain = parts.every(({ variable }) => {
    const found = variables[variable]!;
    return found.kind === 'factor' || (found.kind === 'number' && found.plain);
  });
  const numbers = parts.filter(({ level }) => level < 0).length;
  return { name: names.join(':'), term, plain: plain && numbers <= 1, parts };
}

function fillColumn(
  parts: readonly ColumnPart[],
  variables: readonly Variable[],
  start: number,
  count: number,
  out: Float64Array,
  offset: number,
): void {
  out.fill(1, offset, offset + count);
  for (const { variable: index, level } of parts) {
    const variable = variables[index]!;
    if (variable.kind !== 'factor') {
      const values = variable.kind === 'number' ? variable.values : variable.columns[level]!;
      for (let i = 0; i < count; i++) out[offset + i]! *= values[start + i]!;
    } else {
      const { codes } = variable;
      for (let i = 0; i < count; i++) if (codes[start + i] !== level) out[offset + i] = 0;
    }
  }
}

function fillPreciseColumn(
  parts: readonly ColumnPart[],
  variables: readonly Variable[],
  n: number,
  high: Float64Array,
  low: Float64Array,
  offset: number,
): void {
  for (let i = 0; i < n; i++) {
    let product: DoubleDouble = { hi: 1, lo: 0 };
    for (const { variable: index, level } of parts) {
      const variable = variables[index]!;
      if (variable.kind === 'number')
        product = multiplyDd(product, { hi: variable.values[i]!, lo: variable.low?.[i] ?? 0 });
      else if (variable.kind === 'basis')
        product = multiplyDd(product, { hi: variable.columns[level]![i]!, lo: 0 });
      else if (variable.codes[i] !== level) product = { hi: 0, lo: 0 };
    }
    high[offset + i] = product.hi;
    low[offset + i] = product.lo;
  }
}
