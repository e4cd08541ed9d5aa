import * as v from 'valibot';
import { AppError } from '../../../../shared/errors.ts';

/**
 * Parses the input of a query.
 * @throws AppError `bad-input` naming the query and the field
 */
export function parseInput<S extends v.GenericSchema>(
  query: string,
  schema: S,
  input: unknown,
): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = issue.path?.map((item) => String(item.key)).join('.') ?? 'input';
  throw new AppError('bad-input', `${query} was asked with a bad ${place}: ${issue.message}.`, {
    place,
  });
}
