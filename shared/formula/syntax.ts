import { languageError, tokenise, type Language, type Token } from './tokens.ts';

/** A node of the syntax tree of a formula or filter; `start` and `end` are characters of the source. */
export type Node = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'number'; readonly value: number; readonly text: string }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'group'; readonly inner: Node }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Node }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Node;
      readonly right: Node;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly parts: readonly Argument[];
    }
);

export interface Argument {
  /** For `levels = …`. */
  readonly label: string | undefined;
  readonly value: Node;
}

/** Deepest tree that is read; keeps hostile input from exhausting the stack. */
const maximumDepth = 2500;

/** Binary operators from loosest to tightest; R's precedence. Unary ones sit between. */
const levels: readonly (readonly string[])[] = [
  ['~'],
  ['|', '||'],
  ['&', '&&'],
  ['!'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
  ['%in%'],
  [':'],
  ['unary'],
  ['^'],
];

/**
 * Parses R's expression syntax: names, numbers, quoted texts, calls, ~ | & ! comparisons + - * / %in%
 * : ^ and parentheses, with R's precedence (so -2^2 is -4, and a:b binds tighter than a * b).
 * Nothing is evaluated.
 * @throws AppError `bad-formula` or `bad-filter` with the character position.
 */
export function parse(source: string, language: Language): Node {
  return new Parser(source, language).parse();
}

class Parser {
  readonly #source: string;
  readonly #language: Language;
  readonly #tokens: Token[];
  readonly #depths = new WeakMap<Node, number>();
  #next = 0;
  #nesting = 0;

  constructor(source: string, language: Language) {
    this.#source = source;
    this.#language = language;
    this.#tokens = tokenise(source, language);
  }

  parse(): Node {
    const token = this.#peek();
    if (token.kind === 'end') throw this.#error(token, `the ${this.#language} is empty.`);
    const tree = this.#binary(0);
    const rest = this.#peek();
    if (rest.kind !== 'end')
      throw this.#error(rest, `'${this.#shown(rest)}' is not expected here.`);
    return tree;
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #isOperator(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'operator' && token.text === text;
  }

  #shown(token: Token): string {
    return this.#source.slice(token.start, token.end).slice(0, 40);
  }

  #error(token: { start: number; end: number }, problem: string): Error {
    return languageError(this.#language, this.#source, token.start, token.end, problem);
  }

  #made(node: Node, ...children: readonly Node[]): Node {
    let depth = 0;
    for (const child of children) depth = Math.max(depth, this.#depths.get(child) ?? 0);
    if (depth >= maximumDepth)
      throw this.#error(node, `it has more than ${maximumDepth} operations in a row.`);
    this.#depths.set(node, depth + 1);
    return node;
  }

  /** Reads operands joined by operators of the given level or tighter ones. */
  #binary(level: number): Node {
    const operators = levels[level];
    if (!operators) return this.#primary();
    if (operators[0] === '!') return this.#prefix(['!'], level, level);
    if (operators[0] === 'unary') return this.#prefix(['-', '+'], level, level);
    if (operators[0] === '^') return this.#power();
    if (operators[0] === '~' && this.#isOperator('~')) return this.#oneSided(level);
    let left = this.#binary(level + 1);
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'operator' || !operators.includes(token.text)) return left;
      this.#next++;
      const right = this.#binary(level + 1);
      const operator = token.text;
      const span = { start: left.start, end: right.end };
      left = this.#made({ kind: 'binary', operator, left, right, ...span }, left, right);
      const next = this.#peek();
      if ((level === 0 || level === 4) && next.kind === 'operator' && operators.includes(next.text))
        throw this.#error(next, `a second '${next.text}' needs parentheses.`);
    }
  }

  #oneSided(level: number): Node {
    const { start } = this.#peek();
    this.#next++;
    const operand = this.#binary(level + 1);
    return this.#made({ kind: 'unary', operator: '~', operand, start, end: operand.end }, operand);
  }

  #prefix(operators: readonly string[], level: number, operandLevel: number): Node {
    const token = this.#peek();
    if (token.kind !== 'operator' || !operators.includes(token.text))
      return this.#binary(level + 1);
    this.#enter(token);
    this.#next++;
    const operand = this.#binary(operandLevel);
    this.#nesting--;
    const node = { kind: 'unary', operator: token.text, operand } as const;
    return this.#made({ ...node, start: token.start, end: operand.end }, operand);
  }

  /** Right-associative; its exponent may carry a sign, as in x^-1. */
  #power(): Node {
    const left = this.#primary();
    if (!this.#isOperator('^')) return left;
    this.#enter(this.#peek());
    this.#next++;
    const right = this.#prefix(['-', '+'], levels.length - 2, levels.length - 2);
    this.#nesting--;
    const span = { start: left.start, end: right.end };
    return this.#made({ kind: 'binary', operator: '^', left, right, ...span }, left, right);
  }

  #enter(token: Token): void {
    if (++this.#nesting > 200) throw this.#error(token, 'it is nested more than 200 levels deep.');
  }

  #primary(): Node {
    const token = this.#peek();
    const { start, end } = token;
    if (token.kind === 'number') {
      this.#next++;
      return this.#made({ kind: 'number', value: token.value, text: token.text, start, end });
    }
    if (token.kind === 'text') {
      this.#next++;
      return this.#made({ kind: 'text', value: token.text, start, end });
    }
    if (token.kind === 'name') {
      this.#next++;
      if (this.#isOperator('(') && this.#source[start] !== '`') return this.#call(token);
      return this.#made({ kind: 'name', name: token.text, start, end });
    }
    if (token.text === '(') return this.#group(token);
    if (token.kind === 'end')
      throw this.#error(token, 'it ends where a term or a value is expected.');
    throw this.#error(token, `'${token.text}' stands where a term or a value is expected.`);
  }

  #group(open: Token): Node {
    this.#enter(open);
    this.#next++;
    const inner = this.#binary(0);
    const close = this.#expect(')', open);
    this.#nesting--;
    return this.#made({ kind: 'group', inner, start: open.start, end: close.end }, inner);
  }

  #call(name: Token): Node {
    this.#enter(name);
    const open = this.#peek();
    this.#next++;
    const parts: Argument[] = [];
    while (!this.#isOperator(')')) {
      if (parts.length > 0) this.#expect(',', open);
      parts.push(this.#argument());
    }
    const close = this.#expect(')', open);
    this.#nesting--;
    const values = parts.map((part) => part.value);
    const span = { start: name.start, end: close.end };
    return this.#made({ kind: 'call', name: name.text, parts, ...span }, ...values);
  }

  #argument(): Argument {
    const token = this.#peek();
    const after = this.#tokens[this.#next + 1];
    if (token.kind === 'name' && after?.kind === 'operator' && after.text === '=') {
      this.#next += 2;
      return { label: token.text, value: this.#binary(0) };
    }
    return { label: undefined, value: this.#binary(0) };
  }

  #expect(text: string, open: Token): Token {
    const token = this.#peek();
    if (token.kind === 'operator' && token.text === text) {
      this.#next++;
      return token;
    }
    if (token.kind === 'end')
      throw this.#error(open, `this '${this.#shown(open)}' is never closed.`);
    throw this.#error(token, `'${this.#shown(token)}' stands where '${text}' is expected.`);
  }
}

const reserved = new Set(['TRUE', 'FALSE', 'NA', 'NULL', 'Inf', 'NaN', 'if', 'else', 'for', 'in']);

/** A name as it is written in a formula: between backticks where R asks for them. */
export function quoteName(name: string): string {
  const plain = /^(?:\p{L}|\.(?!\d))[\p{L}\p{M}\p{N}._]*$/u.test(name) && !reserved.has(name);
  return plain ? name : `\`${name.replaceAll(/[\\`]/g, '\\$&')}\``;
}

/** The text of a tree, spaced as R prints it: `log(x + 1)`, `I(x^2)`, `factor(g)`. */
export function deparse(node: Node): string {
  switch (node.kind) {
    case 'number':
      return String(node.value);
    case 'text':
      return JSON.stringify(node.value);
    case 'name':
      return quoteName(node.name);
    case 'group':
      return `(${deparse(node.inner)})`;
    case 'unary':
      return `${node.operator}${deparse(node.operand)}`;
    case 'binary': {
      const space =
        node.operator === '^' || node.operator === ':' || node.operator === '/' ? '' : ' ';
      return `${deparse(node.left)}${space}${node.operator}${space}${deparse(node.right)}`;
    }
    case 'call':
      return `${node.name}(${node.parts
        .map(({ label, value }) => (label === undefined ? '' : `${label} = `) + deparse(value))
        .join(', ')})`;
  }
}
