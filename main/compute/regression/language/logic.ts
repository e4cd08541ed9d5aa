import type { LogicalValue, Value } from './values.ts';

/** Comparisons and three-valued logic, as in R: what is unknown stays unknown unless it cannot matter. */

/** Reads truth values row by row: 1, 0, -1 for missing. */
function truth(value: Value): (i: number) => number {
  if (value.kind === 'logical') return (i) => value.data[i]!;
  const constant = value.kind === 'constant' ? value.value : null;
  const code = constant === null ? -1 : constant ? 1 : 0;
  return () => code;
}

/** x & y (`and`) or x | y. */
export function logic(and: boolean, x: Value, y: Value, n: number): LogicalValue {
  const a = truth(x);
  const b = truth(y);
  const deciding = and ? 0 : 1;
  const data = new Int8Array(n);
  for (let i = 0; i < n; i++) {
    const left = a(i);
    const right = b(i);
    if (left === deciding || right === deciding) data[i] = deciding;
    else data[i] = left < 0 || right < 0 ? -1 : 1 - deciding;
  }
  return { kind: 'logical', data };
}

export function not(x: Value, n: number): LogicalValue {
  const a = truth(x);
  const data = new Int8Array(n);
  for (let i = 0; i < n; i++) data[i] = a(i) < 0 ? -1 : 1 - a(i);
  return { kind: 'logical', data };
}

/** Reads numbers row by row, truth values as 1 and 0; undefined for text. */
function numeric(value: Value): ((i: number) => number) | undefined {
  if (value.kind === 'number') return (i) => value.data[i]!;
  if (value.kind === 'logical') return (i) => (value.data[i]! < 0 ? NaN : value.data[i]!);
  if (value.kind === 'text' || typeof value.value === 'string') return undefined;
  const constant = value.value === null ? NaN : Number(value.value);
  return () => constant;
}

const tests: Readonly<Record<string, (x: number, y: number) => boolean>> = {
  '==': (x, y) => x === y,
  '!=': (x, y) => x !== y,
  '<': (x, y) => x < y,
  '>': (x, y) => x > y,
  '<=': (x, y) => x <= y,
  '>=': (x, y) => x >= y,
};

/** x op y row by row, or a sentence that says why they cannot be compared. */
export function compare(operator: string, x: Value, y: Value, n: number): LogicalValue | string {
  const a = numeric(x);
  const b = numeric(y);
  const data = new Int8Array(n);
  if (a && b) {
    const test = tests[operator]!;
    for (let i = 0; i < n; i++) {
      const left = a(i);
      const right = b(i);
      data[i] = Number.isNaN(left) || Number.isNaN(right) ? -1 : test(left, right) ? 1 : 0;
    }
    return { kind: 'logical', data };
  }
  if (a || b) return 'they cannot be compared. Numbers stand without quotes, texts within them.';
  if (operator !== '==' && operator !== '!=')
    return `texts can be compared with == and != only, or with %in% c(…).`;
  const codes = commonCodes(x, y);
  for (let i = 0; i < n; i++) {
    const left = codes.left(i);
    const right = codes.right(i);
    data[i] = left === -1 || right === -1 ? -1 : (left === right) === (operator === '==') ? 1 : 0;
  }
  return { kind: 'logical', data };
}

/** Codes of two text values in one numbering. */
function commonCodes(
  x: Value,
  y: Value,
): { left: (i: number) => number; right: (i: number) => number } {
  const numbering = new Map<string, number>();
  const number = (text: string): number => {
    const known = numbering.get(text);
    if (known !== undefined) return known;
    numbering.set(text, numbering.size);
    return numbering.size - 1;
  };
  const reader = (value: Value): ((i: number) => number) => {
    if (value.kind !== 'text') {
      const code = value.kind === 'constant' ? number(String(value.value)) : -1;
      return () => code;
    }
    const map = Int32Array.from(value.levels, number);
    return (i) => (value.codes[i]! < 0 ? -1 : map[value.codes[i]!]!);
  };
  return { left: reader(x), right: reader(y) };
}

/** x %in% set: never missing, as in R. A sentence where kinds do not fit. */
export function isIn(
  x: Value,
  set: readonly (number | string | boolean | null)[],
  n: number,
): LogicalValue | string {
  const data = new Int8Array(n);
  const holdsMissing = set.includes(null);
  const texts = set.filter((item) => typeof item === 'string');
  const numbers = set.filter((item) => item !== null && typeof item !== 'string').map(Number);
  const a = numeric(x);
  if (a) {
    if (texts.length > 0) return 'this is a number, and the set on the right holds texts.';
    const members = new Set(numbers);
    for (let i = 0; i < n; i++)
      data[i] = (Number.isNaN(a(i)) ? holdsMissing : members.has(a(i))) ? 1 : 0;
    return { kind: 'logical', data };
  }
  if (numbers.length > 0) return 'this is text, and the set on the right holds numbers.';
  const members = new Set(texts);
  if (x.kind === 'text') {
    const inSet = x.levels.map((level) => members.has(level));
    for (let i = 0; i < n; i++)
      data[i] = (x.codes[i]! < 0 ? holdsMissing : inSet[x.codes[i]!]) ? 1 : 0;
  } else data.fill(x.kind === 'constant' && members.has(String(x.value)) ? 1 : 0);
  return { kind: 'logical', data };
}
