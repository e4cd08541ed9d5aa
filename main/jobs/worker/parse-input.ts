import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';

/** Checks the input of a query. Throws AppError `bad-input` naming the field. */
export function parseInput<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const place = issue.path?.map((item) => String(item.key)).join('.') ?? 'input';
  throw new AppError('bad-input', `${place}: ${issue.message}`, { place });
}
