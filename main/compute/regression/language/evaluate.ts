import { decimalRest } from '../../linalg/double-double.ts';
import { applyMath, arithmetic, mathNames, standardise } from './arithmetic.ts';
import { compare, isIn, logic, not } from './logic.ts';
import type { RowView } from './row-view.ts';
import { quoteName, type Node } from '../../../../shared/formula/syntax.ts';
import { languageError, type Language } from '../../../../shared/formula/tokens.ts';
import { notNumericError, unknownColumnError } from './column-errors.ts';
import { describeKind, type NumberValue, type Value } from './values.ts';

/**
 * Evaluates an expression over the rows of a view, with R's rules for missing values. The language
 * is closed: columns, constants, arithmetic, comparisons, logic, and the functions named here.
 */
export class Evaluator {
  readonly view: RowView;
  readonly #source: string;
  readonly #language: Language;
  /** Columns keep what their printed decimals are beyond a double. */
  readonly #decimals: boolean;

  constructor(view: RowView, source: string, language: Language, decimals = false) {
    this.view = view;
    this.#source = source;
    this.#language = language;
    this.#decimals = decimals;
  }

  /** @throws AppError `bad-formula`, `bad-filter`, `unknown-column` or `not-numeric`. */
  evaluate(node: Node): Value {
    switch (node.kind) {
      case 'number':
        return { kind: 'constant', value: node.value };
      case 'text':
        return { kind: 'constant', value: node.value };
      case 'name':
        return this.#name(node.name, node);
      case 'group':
        return this.evaluate(node.inner);
      case 'unary':
        return this.#unary(node.operator, node.operand, node);
      case 'binary':
        return this.#binary(node.operator, node.left, node.right, node);
      case 'call':
        return this.#call(node);
    }
  }

  /** The value as one number for each row. Truth values count as 1 and 0. */
  numbers(node: Node): NumberValue {
    return this.#asNumbers(this.evaluate(node), node);
  }

  error(node: Node, problem: string): Error {
    return languageError(this.#language, this.#source, node.start, node.end, problem);
  }

  #name(name: string, node: Node): Value {
    const column = this.view.column(name);
    if (column?.kind === 'number') {
      const low = this.#decimals ? column.values.map(decimalRest) : undefined;
      return { kind: 'number', data: column.values, low };
    }
    if (column?.kind === 'boolean') return { kind: 'logical', data: column.codes };
    if (column?.kind === 'text')
      return { kind: 'text', codes: column.codes, levels: column.levels };
    if (column) return { kind: 'number', data: new Float64Array(this.view.count).fill(NaN) };
    const quoted = this.#source[node.start] === '`';
    if (!quoted && (name === 'TRUE' || name === 'FALSE'))
      return { kind: 'constant', value: name === 'TRUE' };
    if (!quoted && name === 'NA') return { kind: 'constant', value: null };
    if (!quoted && name === 'Inf') return { kind: 'constant', value: Infinity };
    if (!quoted && name === 'pi') return { kind: 'constant', value: Math.PI };
    throw unknownColumnError(this.view.table, name, node.start);
  }

  #unary(operator: string, operand: Node, node: Node): Value {
    if (operator === '!') return not(this.#logical(operand), this.view.count);
    if (operator === '-' || operator === '+') {
      const x = this.numbers(operand);
      if (operator === '+') return x;
      return { kind: 'number', data: x.data.map((v) => -v), low: x.low?.map((v) => -v) };
    }
    throw this.error(node, `'${operator}' cannot be calculated with.`);
  }

  #binary(operator: string, left: Node, right: Node, node: Node): Value {
    if (['+', '-', '*', '/', '^'].includes(operator))
      return arithmetic(operator, this.numbers(left), this.numbers(right));
    if (['&', '&&', '|', '||'].includes(operator))
      return logic(operator[0] === '&', this.#logical(left), this.#logical(right), this.view.count);
    if (operator === '%in%') return this.#in(left, right);
    if (operator === ':' || operator === '~')
      throw this.error(node, `'${operator}' cannot be calculated with.`);
    return this.#compare(operator, left, right, node);
  }

  #compare(operator: string, left: Node, right: Node, node: Node): Value {
    const x = this.evaluate(left);
    const y = this.evaluate(right);
    const constantNa = [x, y].some((side) => side.kind === 'constant' && side.value === null);
    if (constantNa)
      throw this.error(node, 'a comparison with NA is never true. Use is.na(…) or !is.na(…).');
    const result = compare(operator, x, y, this.view.count);
    if (typeof result !== 'string') return result;
    for (const side of [left, right]) this.#refuseSpoiltNumbers(side);
    throw this.error(node, `${this.#explain(left, x)}, ${this.#explain(right, y)}: ${result}`);
  }

  /** A column of numbers with a text among them is an error of the data, not of the expression. */
  #refuseSpoiltNumbers(node: Node): void {
    const column = node.kind === 'name' ? this.view.column(node.name) : undefined;
    if (column?.kind === 'text' && column.numericCells > 0)
      throw notNumericError(this.view.table, column, node.start);
  }

  #explain(node: Node, value: Value): string {
    const text =
      node.kind === 'name' ? quoteName(node.name) : this.#source.slice(node.start, node.end);
    return `${text.slice(0, 60)} is ${describeKind(value)}`;
  }

  #in(left: Node, right: Node): Value {
    const isList = right.kind === 'call' && right.name === 'c';
    const items = isList ? right.parts.map((part) => part.value) : [right];
    const set = items.map((item) => {
      const value = this.evaluate(item);
      if (value.kind === 'constant') return value.value;
      throw this.error(item, "the right side of %in% must be constants, such as c('a', 'b').");
    });
    const result = isIn(this.evaluate(left), set, this.view.count);
    if (typeof result === 'string') throw this.error(left, result);
    return result;
  }

  #call(node: Node & { kind: 'call' }): Value {
    const { name } = node;
    if (name === 'c')
      throw this.error(node, 'c(…) belongs on the right of %in%, or to levels = c(…).');
    if (['factor', 'C', 'relevel', 'poly', 'bs', 'ns'].includes(name))
      throw this.error(node, `${name}(…) must be a term of its own; it cannot be calculated with.`);
    const known = mathNames.has(name) || ['I', 'scale', 'center', 'is.na'].includes(name);
    if (!known)
      throw this.error(
        node,
        `the function ${name} is not known here. Known: I, log, log2, log10, log1p, exp, expm1, sqrt, abs, floor, ceiling, scale, center, is.na, factor, relevel, C, poly, bs, ns.`,
      );
    const [argument, ...more] = node.parts;
    if (!argument || more.length > 0 || argument.label !== undefined)
      throw this.error(node, `${name} takes exactly one argument here.`);
    if (name === 'I') return this.evaluate(argument.value);
    if (name === 'is.na') return isMissing(this.evaluate(argument.value), this.view.count);
    const x = this.numbers(argument.value);
    if (name === 'scale' || name === 'center') return standardise(name, x);
    return applyMath(name, x);
  }

  #logical(node: Node): Value {
    const value = this.evaluate(node);
    const fits =
      value.kind === 'logical' ||
      (value.kind === 'constant' && (typeof value.value === 'boolean' || value.value === null));
    if (fits) return value;
    throw this.error(
      node,
      `${this.#explain(node, value)}, where a condition is expected. Compare it, as in x > 0 or g == "a".`,
    );
  }

  #asNumbers(value: Value, node: Node): NumberValue {
    if (value.kind === 'number') return value;
    if (value.kind === 'logical')
      return { kind: 'number', data: Float64Array.from(value.data, (v) => (v < 0 ? NaN : v)) };
    if (value.kind === 'constant' && typeof value.value !== 'string') {
      const constant = value.value === null ? NaN : Number(value.value);
      return { kind: 'number', data: new Float64Array(this.view.count).fill(constant) };
    }
    const column = node.kind === 'name' ? this.view.column(node.name) : undefined;
    if (column?.kind === 'text') throw notNumericError(this.view.table, column, node.start);
    throw this.error(node, `${this.#explain(node, value)}, where a number is expected.`);
  }
}

function isMissing(value: Value, n: number): Value {
  const data = new Int8Array(n);
  if (value.kind === 'number') value.data.forEach((v, i) => (data[i] = Number.isNaN(v) ? 1 : 0));
  else if (value.kind === 'logical') value.data.forEach((v, i) => (data[i] = v < 0 ? 1 : 0));
  else if (value.kind === 'text') value.codes.forEach((v, i) => (data[i] = v < 0 ? 1 : 0));
  else data.fill(value.value === null ? 1 : 0);
  return { kind: 'logical', data };
}
