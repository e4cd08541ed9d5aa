import * as v from 'valibot';
import { AppError } from '../errors.ts';
import type { Problem } from './pathway.ts';

/**
 * A document, or a part of one that stands at `within`, by its schema.
 * @throws AppError `bad-spec` naming the file, the field and what is allowed there
 */
export function parseWith<Schema extends v.GenericSchema>(
  schema: Schema,
  document: unknown,
  file: string,
  within = '',
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, document);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = within + (issue.path?.map((item) => String(item.key)).join('.') ?? 'top level');
  const problem =
    issue.expected === 'never'
      ? `the field '${place}' is not known`
      : `${place}: ${describeIssue(issue)}`;
  throw new AppError('bad-spec', `${file}: ${problem}.`, { file, place });
}

/** @throws AppError `bad-spec` for fields that are valid by themselves and not together */
export function refuse(file: string, { place, problem }: Problem): never {
  throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'schema' && issue.received === 'undefined') return 'is required but missing';
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return message.replace(/\.$/, '');
}
