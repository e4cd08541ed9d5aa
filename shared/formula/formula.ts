import { deparse, parse, type Node } from './syntax.ts';
import { languageError } from './tokens.ts';

/**
 * A model formula in R's notation (Wilkinson & Rogers 1973; Chambers & Hastie 1992, chapter 2), as
 * R's terms.formula reads it: the intercept is in unless `- 1` or `+ 0` takes it out; `a*b` is
 * a + b + a:b; `a/b` is a + a:b; `(a + b)^2` holds all products of two; `.` is every column that is not
 * in the response; main effects come before products.
 */
export interface Formula {
  readonly source: string;
  readonly response: Node;
  readonly responseLabel: string;
  /** Distinct variables of the right side, in order of appearance. */
  readonly variables: readonly FormulaVariable[];
  /** Terms as sorted indices into `variables`, in the order of their columns. */
  readonly terms: readonly (readonly number[])[];
  readonly intercept: boolean;
  /** A `.` was expanded. */
  readonly usedDot: boolean;
}

export interface FormulaVariable {
  /** As R prints it: `log(x + 1)`, `factor(g)`. */
  readonly label: string;
  readonly node: Node;
}

/** Terms by key (sorted variable indices joined by commas), and what was said about the intercept. */
interface TermSet {
  readonly terms: ReadonlyMap<string, readonly number[]>;
  readonly intercept: boolean | undefined;
}

const maximumTerms = 20_000;

/**
 * Reads a formula.
 * @param columns names of the table's columns that `.` stands for
 * @throws AppError `bad-formula` with the character position
 */
export function parseFormula(source: string, columns: readonly string[]): Formula {
  const tree = parse(source, 'formula');
  if (tree.kind !== 'binary' || tree.operator !== '~')
    throw languageError(
      'formula',
      source,
      tree.start,
      tree.end,
      'it needs an outcome, a ~ and terms, such as y ~ x1 + x2.',
    );
  const response = tree.left;
  const inResponse = namesIn(response);
  const expansion = new Expansion(
    source,
    columns.filter((name) => !inResponse.has(name)),
  );
  if (inResponse.has('.')) throw expansion.error(response, "'.' cannot be the outcome.");
  const { terms, intercept } = expansion.expand(tree.right);
  const responseLabel = deparse(response);
  const ordered = [...terms.values()].sort((a, b) => a.length - b.length);
  const used = [...new Set(ordered.flat())].sort((a, b) => a - b);
  const places = new Map(used.map((index, place) => [index, place]));
  for (const index of used) {
    const variable = expansion.variables[index]!;
    if (variable.label === responseLabel)
      throw expansion.error(
        variable.node,
        `'${responseLabel}' is the outcome and cannot be a term too.`,
      );
  }
  return {
    source,
    response,
    responseLabel,
    variables: used.map((index) => expansion.variables[index]!),
    terms: ordered.map((term) => term.map((index) => places.get(index)!)),
    intercept: intercept ?? true,
    usedDot: expansion.usedDot,
  };
}

/** The label of a term: its variables joined by colons. */
export function termLabel(formula: Formula, term: readonly number[]): string {
  return term.map((index) => formula.variables[index]!.label).join(':');
}

/** All names of columns in a tree; `TRUE` and the like too, as long as no column is so named. */
export function namesIn(node: Node, names = new Set<string>()): Set<string> {
  if (node.kind === 'name') names.add(node.name);
  else if (node.kind === 'group') namesIn(node.inner, names);
  else if (node.kind === 'unary') namesIn(node.operand, names);
  else if (node.kind === 'binary') {
    namesIn(node.left, names);
    namesIn(node.right, names);
  } else if (node.kind === 'call') for (const part of node.parts) namesIn(part.value, names);
  return names;
}

class Expansion {
  readonly variables: FormulaVariable[] = [];
  readonly #indices = new Map<string, number>();
  readonly #source: string;
  readonly #dotColumns: readonly string[];
  usedDot = false;

  constructor(source: string, dotColumns: readonly string[]) {
    this.#source = source;
    this.#dotColumns = dotColumns;
  }

  error(node: Node, problem: string): Error {
    return languageError('formula', this.#source, node.start, node.end, problem);
  }

  expand(node: Node): TermSet {
    switch (node.kind) {
      case 'group':
        return this.expand(node.inner);
      case 'number':
        return this.#constant(node);
      case 'name':
        return node.name === '.' ? this.#dot(node) : this.#variable(node);
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'text':
        throw this.error(
          node,
          'a quoted text is not a term. Names with spaces stand between backticks.',
        );
    }
  }

  #constant(node: Node & { kind: 'number' }): TermSet {
    if (node.value === 1) return { terms: new Map(), intercept: true };
    if (node.value === 0) return { terms: new Map(), intercept: false };
    throw this.error(
      node,
      `the number ${node.text} is not a term. Only 0 and 1 are; arithmetic goes into I(…).`,
    );
  }

  #dot(node: Node): TermSet {
    this.usedDot = true;
    const { length } = this.#dotColumns;
    if (length > maximumTerms)
      throw this.error(
        node,
        `'.' stands for ${length} columns, more than ${maximumTerms}. Name some.`,
      );
    const terms = new Map<string, readonly number[]>();
    for (const name of this.#dotColumns) {
      const index = this.#index({ kind: 'name', name, start: node.start, end: node.end });
      terms.set(String(index), [index]);
    }
    return { terms, intercept: undefined };
  }

  #call(node: Node & { kind: 'call' }): TermSet {
    if (node.name === 'offset') throw this.error(node, 'offset(…) is not offered.');
    return this.#variable(node);
  }

  #unary(node: Node & { kind: 'unary' }): TermSet {
    const operand = this.expand(node.operand);
    if (node.operator === '+') return operand;
    if (node.operator === '-')
      return {
        terms: new Map(),
        intercept: operand.intercept === undefined ? undefined : !operand.intercept,
      };
    if (node.operator === '!') return this.#variable(node);
    throw this.error(node, `'${node.operator}' cannot stand here.`);
  }

  #binary(node: Node & { kind: 'binary' }): TermSet {
    const { operator, left, right } = node;
    switch (operator) {
      case '+':
        return this.#union(this.expand(left), this.expand(right), node);
      case '-':
        return this.#without(this.expand(left), this.expand(right));
      case ':':
        return this.#products(this.#termsOnly(left), this.#termsOnly(right), node);
      case '*':
        return this.#cross(this.#termsOnly(left), this.#termsOnly(right), node);
      case '/':
        return this.#nest(this.#termsOnly(left), this.#termsOnly(right), node);
      case '^':
        return this.#power(left, right, node);
      case '%in%':
        throw this.error(node, '%in% is for filters. Nested terms are written a/b or a:b.');
      case '~':
        throw this.error(node, 'a second ~ has no meaning.');
      default:
        return this.#variable(node);
    }
  }

  /** The operand of a product, in which 0 and 1 have no meaning. */
  #termsOnly(node: Node): TermSet {
    const set = this.expand(node);
    if (set.intercept !== undefined)
      throw this.error(
        node,
        'the intercept cannot be part of a product. Arithmetic goes into I(…).',
      );
    return set;
  }

  #union(a: TermSet, b: TermSet, node: Node): TermSet {
    const terms = new Map([...a.terms, ...b.terms]);
    this.#checkSize(terms, node);
    return { terms, intercept: b.intercept ?? a.intercept };
  }

  #without(a: TermSet, b: TermSet): TermSet {
    const terms = new Map(a.terms);
    for (const key of b.terms.keys()) terms.delete(key);
    return { terms, intercept: b.intercept === undefined ? a.intercept : !b.intercept };
  }

  #products(a: TermSet, b: TermSet, node: Node): TermSet {
    const terms = new Map<string, readonly number[]>();
    for (const x of a.terms.values()) {
      for (const y of b.terms.values()) {
        const term = [...new Set([...x, ...y])].sort((i, j) => i - j);
        terms.set(term.join(','), term);
      }
      this.#checkSize(terms, node);
    }
    return { terms, intercept: undefined };
  }

  #cross(a: TermSet, b: TermSet, node: Node): TermSet {
    return this.#union(this.#union(a, b, node), this.#products(a, b, node), node);
  }

  #nest(a: TermSet, b: TermSet, node: Node): TermSet {
    const all = [...new Set([...a.terms.values()].flat())].sort((i, j) => i - j);
    const outer: TermSet = { terms: new Map([[all.join(','), all]]), intercept: undefined };
    return this.#union(a, this.#products(outer, b, node), node);
  }

  #power(left: Node, right: Node, node: Node): TermSet {
    if (
      right.kind !== 'number' ||
      !Number.isInteger(right.value) ||
      right.value < 1 ||
      right.value > 20
    )
      throw this.error(
        right,
        'a power of terms must be a whole number from 1 to 20. A power of values goes into I(…).',
      );
    const base = this.#termsOnly(left);
    let result = base;
    for (let k = 1; k < right.value; k++) result = this.#cross(result, base, node);
    return result;
  }

  #checkSize(terms: ReadonlyMap<string, unknown>, node: Node): void {
    if (terms.size > maximumTerms)
      throw this.error(node, `this expands to more than ${maximumTerms} terms.`);
  }

  #variable(node: Node): TermSet {
    const index = this.#index(node);
    return { terms: new Map([[String(index), [index]]]), intercept: undefined };
  }

  #index(node: Node): number {
    const label = deparse(node);
    const known = this.#indices.get(label);
    if (known !== undefined) return known;
    this.#indices.set(label, this.variables.length);
    this.variables.push({ label, node });
    return this.variables.length - 1;
  }
}
