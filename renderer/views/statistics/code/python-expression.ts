import type { Node } from '../../../../shared/formula/syntax.ts';

/** How an expression refers to a column. */
type Column = (name: string) => string;

const functions: Readonly<Record<string, string>> = {
  log: 'np.log',
  log2: 'np.log2',
  log10: 'np.log10',
  log1p: 'np.log1p',
  exp: 'np.exp',
  expm1: 'np.expm1',
  sqrt: 'np.sqrt',
  abs: 'np.abs',
  floor: 'np.floor',
  ceiling: 'np.ceil',
  scale: 'scale',
  center: 'center',
};

const operators: Readonly<Record<string, string>> = {
  '^': '**',
  '&&': '&',
  '||': '|',
};

const constants: Readonly<Record<string, string>> = {
  TRUE: 'True',
  FALSE: 'False',
  NA: 'pd.NA',
  Inf: 'np.inf',
  pi: 'np.pi',
};

/**
 * An expression of the formula language in Python over pandas columns. Everything that is not a single
 * word stands in parentheses, because Python's `&` binds tighter than its comparisons.
 */
export function pythonExpression(node: Node, column: Column, isColumn: (n: string) => boolean) {
  const inner = (child: Node): string => {
    switch (child.kind) {
      case 'number':
        return child.text;
      case 'text':
        return pythonText(child.value);
      case 'name':
        return isColumn(child.name) ? column(child.name) : (constants[child.name] ?? child.name);
      case 'group':
        return inner(child.inner);
      case 'unary':
        return `(${child.operator === '!' ? '~' : child.operator}${inner(child.operand)})`;
      case 'binary':
        if (child.operator === '%in%')
          return `${inner(child.left)}.isin([${members(child.right).map(inner).join(', ')}])`;
        return `(${inner(child.left)} ${operators[child.operator] ?? child.operator} ${inner(child.right)})`;
      case 'call': {
        const argument = child.parts[0]!.value;
        if (child.name === 'I') return inner(argument);
        if (child.name === 'is.na') return `${inner(argument)}.isna()`;
        return `${functions[child.name] ?? child.name}(${withoutParentheses(inner(argument))})`;
      }
    }
  };
  return withoutParentheses(inner(node));
}

function members(node: Node): readonly Node[] {
  return node.kind === 'call' && node.name === 'c' ? node.parts.map(({ value }) => value) : [node];
}

/** Takes one pair away where it holds the whole text. */
function withoutParentheses(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length - 1; i++) {
    const mark = text[i]!;
    if (quote !== '') {
      if (mark === '\\') i++;
      else if (mark === quote) quote = '';
    } else if (mark === '"') quote = mark;
    else if (mark === '(') depth++;
    else if (mark === ')' && --depth === 0) return text;
  }
  return text.slice(1, -1);
}

/** A text in Python's notation; JSON's escapes are Python's. */
export function pythonText(value: string): string {
  return JSON.stringify(value);
}
