import { AppError } from '../errors.ts';

/** What a text is, for messages and for the code of its errors. */
export type Language = 'formula' | 'filter';

export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'operator' | 'end';
  /** The operator, the name without backticks, or the text without quotes. */
  readonly text: string;
  readonly value: number;
  /** Character range in the source. */
  readonly start: number;
  readonly end: number;
}

/** An error at a character range of a formula or filter, with the place marked. */
export function languageError(
  language: Language,
  source: string,
  start: number,
  end: number,
  problem: string,
): AppError {
  const from = Math.max(0, start - 60);
  const excerpt = source.slice(from, end + 40).replaceAll(/\s/g, ' ');
  const caret = `${' '.repeat(start - from)}${'^'.repeat(Math.max(1, end - start))}`;
  return new AppError(
    language === 'formula' ? 'bad-formula' : 'bad-filter',
    `The ${language} cannot be used at character ${start + 1}: ${problem}`,
    { place: `character ${start + 1}`, position: start, source, excerpt, caret },
  );
}

const operators = [
  '%in%',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '+',
  '-',
  '*',
  '/',
  '^',
  ':',
  '~',
  '(',
  ')',
  ',',
  '<',
  '>',
  '!',
  '&',
  '|',
  '=',
];

const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
/** R's syntactic names, with letters of any script; a dot may start one unless a digit follows. */
const name = /(?:\p{L}|\.(?!\d))[\p{L}\p{M}\p{N}._]*/uy;

/**
 * Splits a formula or filter into tokens; the last one is of kind `end`.
 * @throws AppError `bad-formula` or `bad-filter` at a character that belongs to no token.
 */
export function tokenise(source: string, language: Language): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    if (/\s/.test(source[at]!)) {
      at++;
      continue;
    }
    const token = readToken(source, at, language);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', value: NaN, start: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, start: number, language: Language): Token {
  const character = source[start]!;
  if (character === '`' || character === '"' || character === "'")
    return readQuoted(source, start, character, language);
  number.lastIndex = start;
  const digits = number.exec(source)?.[0];
  if (digits !== undefined) {
    const end = start + digits.length;
    return { kind: 'number', text: digits, value: Number(digits), start, end };
  }
  name.lastIndex = start;
  const word = name.exec(source)?.[0];
  if (word !== undefined)
    return { kind: 'name', text: word, value: NaN, start, end: start + word.length };
  const operator = operators.find((candidate) => source.startsWith(candidate, start));
  if (operator !== undefined)
    return { kind: 'operator', text: operator, value: NaN, start, end: start + operator.length };
  const shown = String.fromCodePoint(source.codePointAt(start)!);
  throw languageError(
    language,
    source,
    start,
    start + shown.length,
    `the character '${shown}' has no meaning here. Put names that hold it between backticks.`,
  );
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function readQuoted(source: string, start: number, quote: string, language: Language): Token {
  let text = '';
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at]!;
    if (character === quote) {
      const kind = quote === '`' ? 'name' : 'text';
      if (kind === 'name' && text === '')
        throw languageError(
          language,
          source,
          start,
          at + 1,
          'the name between the backticks is empty.',
        );
      return { kind, text, value: NaN, start, end: at + 1 };
    }
    if (character === '\\' && at + 1 < source.length) {
      at++;
      text += escapes[source[at]!] ?? source[at]!;
    } else text += character;
  }
  throw languageError(language, source, start, source.length, `the ${quote} is never closed.`);
}
