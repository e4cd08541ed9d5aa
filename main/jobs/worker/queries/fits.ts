import * as v from 'valibot';
import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import type { FitCheck } from '../../../../shared/contract/statistics.ts';
import { parseJobSpec, type RegressSpec } from '../../../../shared/domain/job-spec.ts';
import type { Table } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';
import { checkFit } from '../../../compute/regression/check-fit.ts';
import { diagnose } from '../../../compute/regression/diagnostics/diagnose.ts';
import type { FitResult } from '../../../compute/regression/fit-result.ts';
import { regress } from '../../../compute/regression/regress.ts';
import { drive, type Steps } from '../../../compute/steps.ts';
import type { QueryContext } from './handler.ts';
import { openTable } from './open-table.ts';
import { parseInput } from './parse-input.ts';

const fitInput = v.object({
  projectPath: v.pipe(v.string(), v.minLength(1)),
  /** A RegressSpec; the table's path is relative to the project folder. */
  spec: v.record(v.string(), v.unknown()),
});

/** `fits.create`: one regression; the host adds id, name and time to the answer. */
export function create(input: unknown, context: QueryContext): Promise<FitResult> {
  return withTable('fits.create', input, context, regress);
}

/** `fits.check`: what a regression would be made of. */
export function check(input: unknown, context: QueryContext): Promise<FitCheck> {
  return withTable('fits.check', input, context, checkFit);
}

/** `fits.diagnostics`: what a fit says beyond its coefficients. */
export function diagnostics(input: unknown, context: QueryContext): Promise<FitDiagnostics> {
  return withTable('fits.diagnostics', input, context, diagnose);
}

async function withTable<T>(
  name: string,
  input: unknown,
  { signal, report }: QueryContext,
  calculate: (table: Table, spec: RegressSpec) => Steps<T>,
): Promise<T> {
  const { projectPath, spec: document } = parseInput(name, fitInput, input);
  const spec = parseJobSpec(document, 'spec');
  if (spec.kind !== 'regress')
    throw new AppError(
      'bad-spec',
      `A fit needs a spec of kind regress, and this one is ${spec.kind}.`,
      { place: 'kind' },
    );
  const table = await openTable(projectPath, spec.table, signal, (done, total) =>
    report?.(done, total, `reading ${spec.table}`),
  );
  try {
    return await drive(calculate(table, spec), signal, ({ done, total, phase }) =>
      report?.(done, total, phase),
    );
  } catch (error) {
    throw namingTable(spec.table, error);
  }
}

/** Numbers that cannot be fitted are those of the table, which the arithmetic does not know. */
export function namingTable(table: string, error: unknown): unknown {
  const ofData = ['too-few-rows', 'separation', 'no-convergence', 'non-finite'];
  if (!(error instanceof AppError) || !ofData.includes(error.code) || error.details.file)
    return error;
  return new AppError(error.code, error.message, { ...error.details, file: table }, error);
}
