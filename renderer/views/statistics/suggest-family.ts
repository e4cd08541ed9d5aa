import type { ColumnSummary } from '../../../shared/contract/statistics.ts';
import { parse } from '../../../shared/formula/syntax.ts';
import type { RegressSpec } from '../../../shared/domain/job-spec.ts';

export interface FamilySuggestion {
  readonly family: RegressSpec['family'];
  /** Why, to stand beside the choice. */
  readonly why: string;
}

const comparisons = new Set(['==', '!=', '<', '>', '<=', '>=', '&', '|', '%in%']);

/** The family that fits an outcome; undefined where there is none yet or nothing speaks for either. */
export function suggestFamily(
  outcome: string,
  columns: readonly ColumnSummary[],
): FamilySuggestion | undefined {
  if (outcome === '') return undefined;
  try {
    const node = parse(outcome, 'formula');
    if (node.kind === 'binary' && comparisons.has(node.operator))
      return { family: 'binomial', why: 'The outcome is a condition.' };
    if (node.kind === 'call' && node.name === 'factor')
      return { family: 'binomial', why: 'The outcome is two groups.' };
    const column =
      node.kind === 'name' ? columns.find(({ name }) => name === node.name) : undefined;
    if (!column) return { family: 'gaussian', why: 'The outcome is a calculated number.' };
    return suggestForColumn(column);
  } catch {
    return undefined;
  }
}

function suggestForColumn(column: ColumnSummary): FamilySuggestion {
  const { name, type, distinct, min, max } = column;
  if (type === 'boolean') return { family: 'binomial', why: `${name} is true or false.` };
  if (type === 'text') return { family: 'binomial', why: `${name} is text.` };
  if (distinct === 2 && min === 0 && max === 1)
    return { family: 'binomial', why: `${name} holds only 0 and 1.` };
  return { family: 'gaussian', why: `${name} is a number with ${distinct} distinct values.` };
}
