import * as v from 'valibot';
import { parseJobSpec } from '../../../../shared/domain/job-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import type { FitResult } from '../../../compute/regression/fit-result.ts';
import { regress } from '../../../compute/regression/regress.ts';
import { drive } from '../../../compute/steps.ts';
import type { QueryContext } from './handler.ts';
import { openTable } from './open-table.ts';
import { parseInput } from './parse-input.ts';

const createInput = v.object({
  projectPath: v.pipe(v.string(), v.minLength(1)),
  /** A RegressSpec; the table's path is relative to the project folder. */
  spec: v.record(v.string(), v.unknown()),
});

/** `fits.create`: one regression; the host adds id, name and time to the answer. */
export async function create(input: unknown, { signal, report }: QueryContext): Promise<FitResult> {
  const { projectPath, spec: document } = parseInput('fits.create', createInput, input);
  const spec = parseJobSpec(document, 'spec');
  if (spec.kind !== 'regress')
    throw new AppError(
      'bad-spec',
      `A fit needs a spec of kind regress, and this one is ${spec.kind}.`,
      {
        place: 'kind',
      },
    );
  const table = await openTable(projectPath, spec.table, signal);
  try {
    return await drive(regress(table, spec), signal, ({ done, total }) => report?.(done, total));
  } catch (error) {
    throw naming(spec.table, error);
  }
}

/** Numbers that cannot be fitted are those of the table, which the arithmetic does not know. */
function naming(table: string, error: unknown): unknown {
  const ofData = ['too-few-rows', 'separation', 'no-convergence', 'non-finite'];
  if (!(error instanceof AppError) || !ofData.includes(error.code) || error.details.file)
    return error;
  return new AppError(error.code, error.message, { ...error.details, file: table }, error);
}
