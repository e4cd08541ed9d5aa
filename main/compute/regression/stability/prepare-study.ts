import type { Dependency, Warning } from '../../../../shared/contract/statistics.ts';
import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';
import { limits } from '../../../../shared/limits.ts';
import { summarise } from '../../../../shared/stats/summary.ts';
import { keepColumns } from '../../linalg/triangular.ts';
import type { Steps } from '../../steps.ts';
import { inflationOf } from '../column-inflation.ts';
import type { Design } from '../design.ts';
import type { ModelFrame } from '../model-frame.ts';
import { describeDependencies, prepareFit } from '../prepare-fit.ts';
import { dependencyWarning, droppedRowsWarning } from '../warnings.ts';
import type { StudyData } from './row-set.ts';

/** A table as a study refits it. */
export interface PreparedStudy {
  readonly frame: ModelFrame;
  /** Columns of the design without the intercept. */
  readonly terms: readonly string[];
  /** Divided by their standard deviation about their mean, as the spec says; in shared memory. */
  readonly data: StudyData;
  /** What was taken from each column, and by what it was divided. */
  readonly centre: Float64Array;
  readonly scale: Float64Array;
  readonly dependencies: readonly Dependency[];
  /** Of each term; infinite in an exact dependency, NaN where it was not examined. */
  readonly vif: readonly number[];
  readonly warnings: readonly Warning[];
}

/**
 * Reads a study's rows and variables.
 * @throws AppError `bad-formula` without an intercept or a term, `too-large` beyond
 *   limits.studyCells or studyTerms, and what makes any fit impossible
 */
export function* prepareStudy(table: Table, spec: StabilitySpec): Steps<PreparedStudy> {
  const { frame, design, examined } = yield* prepareFit(table, {
    kind: 'regress',
    name: spec.name,
    table: spec.table,
    formula: spec.formula,
    family: spec.family,
    ...(spec.filter === undefined ? {} : { filter: spec.filter }),
    // More variables than rows are welcome: refits say what becomes of them.
    penalty: { kind: 'lasso' },
  });
  if (!design.intercept)
    throw new AppError(
      'bad-formula',
      `${spec.formula} has no intercept, which a stability study needs. Leave out the - 1.`,
      { place: 'formula' },
    );
  const names = design.columns.slice(1).map(({ name }) => name);
  checkSize(frame.n, names.length, spec.table);
  const data = yield* fillData(frame, design);
  const { centre, scale } = standardise(data, spec.standardise);
  const found = examined && describeDependencies(design, examined.dependencies);
  return {
    frame,
    terms: names,
    data,
    centre,
    scale,
    dependencies: found?.map(({ words }) => words) ?? [],
    vif: examined ? inflation(examined) : names.map(() => NaN),
    warnings: [
      ...(found ?? []).map((relation) => dependencyNote(relation, spec.penalty.kind !== 'none')),
      ...droppedRowsWarning(frame),
      ...(names.length >= frame.n ? [tooManyVariables(names.length, frame.n)] : []),
    ],
  };
}

function checkSize(rows: number, columns: number, table: string): void {
  if (columns > limits.studyTerms)
    throw new AppError(
      'too-large',
      `The formula expands to ${columns} coefficients, and a stability study takes at most ${limits.studyTerms}. Leave out terms, or factors with many levels.`,
      { columns, limit: limits.studyTerms },
    );
  if (rows * columns <= limits.studyCells) return;
  throw new AppError(
    'too-large',
    `${table} has ${rows} rows of ${columns} variables, and refits hold them all in memory: at most ${limits.studyCells} numbers. Use a filter or fewer terms.`,
    { file: table, cells: rows * columns, limit: limits.studyCells },
  );
}

function* fillData(frame: ModelFrame, design: Design): Steps<StudyData> {
  const rows = frame.n;
  const columns = design.columns.length - 1;
  const x = sharedDoubles(rows * columns);
  for (let j = 0; j < columns; j++) {
    design.fill(j + 1, 0, rows, x, j * rows);
    yield { phase: 'reading columns', done: j + 1, total: columns };
  }
  const y = sharedDoubles(rows);
  y.set(frame.response.values);
  return { rows, columns, x, y };
}

function sharedDoubles(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * count));
}

/** In place; a column that does not vary is left alone, and has no say in any refit. */
function standardise(
  { rows, columns, x }: StudyData,
  rule: StabilitySpec['standardise'],
): { centre: Float64Array; scale: Float64Array } {
  const centre = new Float64Array(columns);
  const scale = new Float64Array(columns).fill(1);
  for (let j = 0; rule !== 'none' && j < columns; j++) {
    const column = x.subarray(j * rows, (j + 1) * rows);
    const { n, mean, sd, min, max } = summarise(column);
    if (!(max > min)) continue;
    centre[j] = mean;
    scale[j] = rule === 'population' ? sd * Math.sqrt((n - 1) / n) : sd;
    for (let i = 0; i < rows; i++) column[i] = (column[i]! - mean) / scale[j]!;
  }
  return { centre, scale };
}

/** The columns of another table, moved and divided as those of the first. */
export function alignTo({ centre, scale }: PreparedStudy, other: StudyData): void {
  for (let j = 0; j < other.columns; j++)
    for (let i = 0; i < other.rows; i++) {
      const at = j * other.rows + i;
      other.x[at] = (other.x[at]! - centre[j]!) / scale[j]!;
    }
}

type Examined = NonNullable<
  ReturnType<typeof prepareFit> extends Generator<unknown, infer R, void>
    ? R extends { examined: infer E }
      ? E
      : never
    : never
>;

function inflation({ prepared, dependencies }: Examined): number[] {
  const { whole, kept } = prepared;
  const triangle = keepColumns(whole.r, whole.effects, whole.columns, kept).r;
  return inflationOf(prepared, dependencies, triangle).byColumn.slice(1);
}

/** Refits drop a dependent term only where nothing else tells the coefficients apart. */
function dependencyNote(
  { words, aliased, kind }: ReturnType<typeof describeDependencies>[number],
  isPenalised: boolean,
): Warning {
  if (!isPenalised) return dependencyWarning(words, aliased, kind);
  return {
    concerns: aliased,
    message: `${kind === 'rounding' ? 'To rounding' : 'Exactly'}, ${words.sentence}.`,
    why: 'Only the penalty tells the coefficients of these terms apart: it prefers whichever combination has the smallest sum of absolute values.',
    whatToDo:
      'Decide which of these terms the question is about, and take one of them out of the formula; or read them together.',
  };
}

function tooManyVariables(terms: number, rows: number): Warning {
  return {
    concerns: null,
    message: `There are ${terms} variables for ${rows} rows.`,
    why: 'Without a penalty such a fit passes through every row, and its coefficients are not determined.',
    whatToDo: 'Read the refits with a penalty only, and stability selection before all.',
  };
}
