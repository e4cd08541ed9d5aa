import type { Dependency } from '../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../shared/domain/regress-spec.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Steps } from '../steps.ts';
import { findDependencies, type Dependencies } from './dependencies.ts';
import { describeRelation } from './dependency-words.ts';
import { buildDesign, type Design } from './design.ts';
import { factorise } from './factorise.ts';
import type { PreparedDesign } from './fit-result.ts';
import { buildModelFrame, type ModelFrame } from './model-frame.ts';
import { penalisedColumns } from './penalised/fit-penalised.ts';
import type { ColumnSource } from './relation-checks.ts';

/** Columns up to which a penalised fit looks for exact dependencies too. */
const examinedColumns = 500;

/** A fit without a penalty has a factorised design; one with a penalty has it where it is small. */
export interface Prepared {
  readonly frame: ModelFrame;
  readonly design: Design;
  readonly examined:
    { readonly prepared: PreparedDesign; readonly dependencies: Dependencies } | undefined;
}

/**
 * Everything that comes before the fit: filter, model frame, design, and the exact dependencies among
 * its columns. A penalised fit may have more columns than rows.
 * @throws AppError for whatever in the data or the spec makes a fit impossible, but for separation
 */
export function* prepareFit(table: Table, spec: RegressSpec): Steps<Prepared> {
  const frame = buildModelFrame(table, spec);
  const isPenalised = spec.penalty !== undefined;
  const design = buildDesign(frame, isPenalised ? penalisedColumns : undefined);
  const names = design.columns.map((column) => column.name);
  if (names.length === (isPenalised && design.intercept ? 1 : 0))
    throw new AppError('bad-formula', `The formula ${spec.formula} has no term. Add one.`, {
      place: 'character 1',
    });
  if (isPenalised && (names.length > examinedColumns || names.length > frame.n))
    return { frame, design, examined: undefined };
  const source = columnSource(design);
  const whole = yield* factorise(source, names, frame.response.values);
  const dependencies = yield* findDependencies(source, whole.r, whole.scales);
  requireRows(frame, dependencies, names.length);
  const prepared = { frame, design, whole, kept: dependencies.kept };
  return { frame, design, examined: { prepared, dependencies } };
}

function columnSource(design: Design): ColumnSource {
  return {
    rows: design.rows,
    columns: design.columns.length,
    isPlain: (j) => design.columns[j]!.plain,
    fill: design.fill,
  };
}

function requireRows(frame: ModelFrame, found: Dependencies, columns: number): void {
  if (found.unexamined.length === 0) return;
  throw new AppError(
    'too-few-rows',
    `${frame.n} rows cannot determine ${columns - found.relations.length} coefficients. Use fewer terms or more rows, or a penalty.`,
    { n: frame.n, coefficients: columns, dropped: frame.dropped, filteredOut: frame.filteredOut },
  );
}

/** What is known of each relation in words, with the column that is left out for it. */
export function describeDependencies(
  design: Design,
  found: Dependencies,
): { words: Dependency; aliased: string; kind: 'rational' | 'decimal' | 'rounding' }[] {
  const names = design.columns.map(({ name }) => name);
  return found.relations.map((relation) => ({
    words: describeRelation(relation, names, design.intercept ? 0 : -1),
    aliased: names[relation.aliased]!,
    kind: relation.kind,
  }));
}
