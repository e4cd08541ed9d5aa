import type { ColumnSummary } from '../../../shared/contract/statistics.ts';
import type { AppError } from '../../../shared/errors.ts';
import { parse, quoteName } from '../../../shared/formula/syntax.ts';
import { readForm, termOf, withoutTerm, withTerm, writeForm } from './formula-form.ts';

/** A change of the form that takes an error away. */
export interface Mend {
  readonly label: string;
  readonly changes: { formula?: string; filter?: string; family?: 'gaussian' | 'binomial' };
}

/** What a button can do about an error of a check or a fit. */
export function mendsOf(
  error: AppError,
  { formula, filter }: { formula: string; filter: string },
  columns: readonly ColumnSummary[],
): Mend[] {
  const { code, details } = error;
  const { column, suggestion, position } = details;
  if (code === 'unknown-column' && typeof column === 'string' && typeof suggestion === 'string') {
    const at = typeof position === 'number' ? position : -1;
    const name = quoteName(suggestion);
    const label = `Use ${suggestion}`;
    for (const [field, text] of [
      ['formula', formula],
      ['filter', filter],
    ] as const) {
      const written = [column, quoteName(column)].find((word) => text.startsWith(word, at));
      if (at >= 0 && written !== undefined)
        return [
          {
            label,
            changes: { [field]: text.slice(0, at) + name + text.slice(at + written.length) },
          },
        ];
    }
    return [];
  }
  return mendsOfTerms(error, formula, columns);
}

function mendsOfTerms(
  { code, details }: AppError,
  formula: string,
  columns: readonly ColumnSummary[],
): Mend[] {
  try {
    const form = readForm(formula);
    if (code === 'bad-input' && details['term'] === form.outcome)
      return [{ label: 'Fit a linear regression', changes: { family: 'gaussian' } }];
    if (code === 'not-numeric' && details['column'] === form.outcomeColumn)
      return [{ label: 'Fit a logistic regression', changes: { family: 'binomial' } }];
    const named = code === 'separation' ? details['terms'] : [details['term'] ?? details['column']];
    const terms = (Array.isArray(named) ? named : []).filter((name) => typeof name === 'string');
    const mends = terms.slice(0, 4).flatMap((name): Mend[] => {
      const term = form.terms.find(({ text }) => same(text, name) || isLevelOf(name, text));
      if (!term) return [];
      const changed = writeForm(withoutTerm(form, term));
      return [{ label: `Take out ${term.text}`, changes: { formula: changed } }];
    });
    const column = details['column'];
    const known = columns.find(({ name }) => name === column);
    if (code === 'not-numeric' && known && known.distinct <= 50 && termOf(form, known.name))
      mends.push({
        label: `Use ${known.name} as groups`,
        changes: { formula: writeForm(withTerm(form, known.name, 'factor')) },
      });
    return mends;
  } catch {
    return [];
  }
}

function same(text: string, name: string): boolean {
  return text === name || text === quoteName(name) || text.replaceAll(/\s/g, '') === name;
}

/** `factor(g)red` is a level of the term `factor(g)`. */
function isLevelOf(name: string, text: string): boolean {
  return name.startsWith(text) && !isTerm(name);
}

function isTerm(text: string): boolean {
  try {
    parse(text, 'formula');
    return /^[\w.]+$/.test(text);
  } catch {
    return false;
  }
}
