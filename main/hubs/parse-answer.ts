import * as v from 'valibot';
import { notUnderstood, type Asked } from './hub-errors.ts';

/** Checks what a hub has answered. @throws AppError `corrupt` naming the place that is not as it should be. */
export function parseAnswer<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  asked: Asked,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const place = v.getDotPath(result.issues[0]) ?? 'its top level';
  throw notUnderstood(asked, `${place} is not as expected`);
}
