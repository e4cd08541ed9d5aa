import type { Dependency } from '../../../shared/contract/statistics.ts';
import type { Relation } from './dependencies.ts';
import { formatRational } from './rationals.ts';

type Term = Relation['terms'][number];

/**
 * A relation in words, `a = b + c`, turned so that the right side is a plain sum where it can be.
 * `term` and `parts` say the same as the sentence; the constant is the part of the name `constant`.
 *
 * @param constant index of the column of ones, or -1
 */
export function describeRelation(
  relation: Relation,
  names: readonly string[],
  constant: number,
): Dependency {
  const left = chooseLeft(relation, constant);
  const rest = relation.terms.filter((term) => term !== left).sort((a, b) => a.column - b.column);
  const right = rest.map(({ column, coefficient }) => ({
    column,
    coefficient: -coefficient / left.coefficient,
  }));
  const shown = rest.map((term) => ({
    name: term.column === constant ? undefined : names[term.column]!,
    negative: -term.coefficient / left.coefficient < 0,
    size: formatSize(relation, term, left),
  }));
  const equals = relation.kind === 'rounding' ? '≈' : '=';
  return {
    term: names[left.column]!,
    sentence: `${names[left.column]!} ${equals} ${joinParts(shown)}`,
    parts: right.map(({ column, coefficient }) => ({ term: names[column]!, coefficient })),
  };
}

/**
 * The term to stand alone: one with coefficient 1 whose equation has no minus sign, else the one that
 * is left out of the fit.
 */
function chooseLeft(relation: Relation, constant: number): Term {
  const aliased = relation.terms.find(({ column }) => column === relation.aliased)!;
  if (relation.kind !== 'rational') return aliased;
  const single = relation.terms.filter(
    ({ column, coefficient }) => column !== constant && Math.abs(coefficient) === 1,
  );
  const isSum = (left: Term): boolean =>
    relation.terms.every((other) => other === left || other.coefficient * left.coefficient < 0);
  if (isSum(aliased) && single.includes(aliased)) return aliased;
  return single.find(isSum) ?? (single.includes(aliased) ? aliased : (single.at(-1) ?? aliased));
}

function formatSize(relation: Relation, term: Term, left: Term): string {
  if (relation.kind === 'rational')
    return formatRational({
      numerator: Math.abs(term.coefficient),
      denominator: Math.abs(left.coefficient),
    });
  const digits = relation.terms.length === 2 ? 12 : 6;
  return String(Number(Math.abs(term.coefficient / left.coefficient).toPrecision(digits)));
}

interface Part {
  /** Absent for the constant. */
  readonly name: string | undefined;
  readonly negative: boolean;
  readonly size: string;
}

/** Terms in their order with the constant last, but a positive one first if there is any. */
function joinParts(parts: readonly Part[]): string {
  if (parts.length === 0) return '0';
  const ordered = [...parts.filter(({ name }) => name), ...parts.filter(({ name }) => !name)];
  const lead = ordered.find(({ negative }) => !negative);
  if (lead && ordered[0] !== lead) {
    ordered.splice(ordered.indexOf(lead), 1);
    ordered.unshift(lead);
  }
  return ordered
    .map(({ name, negative, size }, index) => {
      const value = name === undefined ? size : size === '1' ? name : `${size}·${name}`;
      if (index === 0) return negative ? `-${value}` : value;
      return `${negative ? '-' : '+'} ${value}`;
    })
    .join(' ');
}
