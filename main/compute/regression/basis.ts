import { quantile } from '../../../shared/stats/quantile.ts';
import type { Node } from '../../../shared/formula/syntax.ts';
import type { Evaluator } from './language/evaluate.ts';
import { orthogonalPolynomials, rawPowers } from './polynomials.ts';
import { bSplineBasis, naturalSplineBasis } from './splines.ts';
import { notFiniteError, type BasisVariable } from './variables.ts';

/** Calls that make several columns of one variable, as R's packages stats and splines name them. */
export const basisCalls: ReadonlySet<string> = new Set(['poly', 'bs', 'ns']);

const maximumColumns = 100;

/**
 * poly(x, 3), poly(x, 3, raw = TRUE), bs(x, df = 5), bs(x, knots = c(1, 2), degree = 2), ns(x, df = 4):
 * R's columns with R's defaults. Knots are quantiles of the rows that the filter keeps and in which x
 * is present; boundary knots their range.
 * @throws AppError `bad-formula`, and what the evaluator says
 */
export function evaluateBasis(
  label: string,
  node: Node & { kind: 'call' },
  evaluator: Evaluator,
): BasisVariable {
  const [first, ...options] = node.parts;
  if (!first || first.label !== undefined)
    throw evaluator.error(node, `${node.name}(…) takes a column first, as in ${node.name}(x, 3).`);
  const x = evaluator.numbers(first.value).data;
  const named = readOptions(node, options, evaluator);
  const infinite = x.findIndex((value) => Math.abs(value) === Infinity);
  if (infinite >= 0) throw notFiniteError(label, 'is infinite', node, evaluator.view, infinite);
  const present = x.filter((value) => !Number.isNaN(value)).sort();
  const distinct = present.filter((value, i) => i === 0 || value !== present[i - 1]).length;
  const fail = (problem: string): never => {
    throw evaluator.error(node, problem);
  };
  if (distinct < 2) fail(`${node.name}(…) needs a variable with at least two values.`);
  if (node.name === 'poly') {
    const degree = named.number('degree', 1);
    if (distinct <= degree)
      fail(`a polynomial of degree ${degree} needs more than ${degree} distinct values.`);
    const raw = named.flag('raw');
    const columns = raw ? rawPowers(x, degree) : orthogonalPolynomials(x, degree);
    const kind = raw ? 'powers' : 'orthogonal polynomials';
    return { kind: 'basis', label, columns, description: `${kind} up to degree ${degree}` };
  }
  const isNatural = node.name === 'ns';
  const degree = isNatural ? 3 : named.number('degree', 3);
  const given = named.list('knots');
  const inner = given
    ? given.length
    : named.number('df', isNatural ? 1 : degree) - (isNatural ? 1 : degree);
  if (inner < 0) fail(`df must be at least ${isNatural ? 1 : degree} here.`);
  const knots =
    given ?? Array.from({ length: inner }, (_, k) => quantile(present, (k + 1) / (inner + 1)));
  const boundary = [present[0]!, present.at(-1)!] as const;
  if (knots.some((knot) => !(knot > boundary[0] && knot < boundary[1])))
    fail('a knot lies outside the values of the variable, or on their border. Use fewer.');
  if (knots.some((knot, k) => k > 0 && !(knot > knots[k - 1]!)))
    fail('two knots are the same, because many values are. Use fewer, or give knots = c(…).');
  const columns = isNatural
    ? naturalSplineBasis(x, knots, boundary)
    : bSplineBasis(x, knots, boundary, degree);
  const shown = [boundary[0], ...knots, boundary[1]].map((knot) =>
    String(Number(knot.toPrecision(6))),
  );
  const kind = isNatural ? 'natural cubic spline' : `B-spline of degree ${degree}`;
  return { kind: 'basis', label, columns, description: `${kind}, knots ${shown.join(', ')}` };
}

interface Options {
  number(name: string, otherwise: number): number;
  flag(name: string): boolean;
  list(name: string): number[] | undefined;
}

/** In R's order of arguments, for those without a name. */
const order: Readonly<Record<string, readonly string[]>> = {
  poly: ['degree', 'raw'],
  bs: ['df', 'knots', 'degree'],
  ns: ['df', 'knots'],
};

function readOptions(
  node: Node & { kind: 'call' },
  parts: Extract<Node, { kind: 'call' }>['parts'],
  evaluator: Evaluator,
): Options {
  const names = order[node.name]!;
  const found = new Map<string, Node>();
  const free = [...names];
  for (const { label, value } of parts) {
    const name = label ?? free.find((candidate) => !found.has(candidate));
    if (name === undefined || !names.includes(name) || found.has(name))
      throw evaluator.error(value, `${node.name}(…) takes a column and ${names.join(', ')} here.`);
    found.set(name, value);
  }
  const constant = (value: Node): number | string | boolean | null => {
    const evaluated = evaluator.evaluate(value);
    if (evaluated.kind === 'constant') return evaluated.value;
    throw evaluator.error(value, 'a constant is expected here.');
  };
  return {
    number(name, otherwise) {
      const value = found.get(name);
      if (!value) return otherwise;
      const given = constant(value);
      if (
        typeof given === 'number' &&
        Number.isInteger(given) &&
        given >= 1 &&
        given <= maximumColumns
      )
        return given;
      throw evaluator.error(value, `${name} must be a whole number from 1 to ${maximumColumns}.`);
    },
    flag(name) {
      const value = found.get(name);
      if (!value) return false;
      const given = constant(value);
      if (typeof given === 'boolean') return given;
      throw evaluator.error(value, `${name} must be TRUE or FALSE.`);
    },
    list(name) {
      const value = found.get(name);
      if (!value) return undefined;
      const items =
        value.kind === 'call' && value.name === 'c' ? value.parts.map((p) => p.value) : [value];
      return items.slice(0, maximumColumns).map((item) => {
        const given = evaluator.numbers(item).data;
        if (given.length > 0 && Number.isFinite(given[0]!) && given.every((v) => v === given[0]))
          return given[0]!;
        throw evaluator.error(item, 'a knot must be a number.');
      });
    },
  };
}
