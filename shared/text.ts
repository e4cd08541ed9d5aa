/** Text from data (tokens, labels, file names) is untrusted: this file is the one place that escapes it. */

const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML content and for quoted attribute values. */
export function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? character);
}

const glyphs: Readonly<Record<string, string>> = {
  ' ': '␣',
  '\n': '↵',
  '\r': '␍',
  '\t': '⇥',
  '\u00a0': '⍽',
  '\ufffd': '�',
};

/** Characters of a token that are shown. Browsers take minutes to lay out a marked megabyte. */
const longestToken = 1000;

/**
 * Makes a token readable: line breaks, tabs and control characters as glyphs, and bidirectional
 * and zero-width marks, which could reorder or hide what follows, as their code points. A single
 * leading space, the ordinary case of a word, is kept as a space unless `spaces` is set. Of a token
 * of more than 1,000 characters the first are shown, and how many it has.
 */
export function visibleToken(value: string, options: { spaces?: boolean } = {}): string {
  const keepSpaces = !options.spaces && value.trim() !== '';
  if (value.length <= longestToken) return withGlyphs(value, keepSpaces);
  const length = value.length.toLocaleString('en-US');
  return `${withGlyphs(value.slice(0, longestToken), keepSpaces)}… (${length} characters)`;
}

function withGlyphs(value: string, keepSpaces: boolean): string {
  let shown = '';
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (character === ' ' && keepSpaces) shown += ' ';
    else if (glyphs[character] !== undefined) shown += glyphs[character];
    else if (code < 0x20) shown += String.fromCodePoint(0x2400 + code);
    else if (code === 0x7f) shown += '␡';
    else if (isInvisible(code)) shown += `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
    else shown += character;
  }
  return shown;
}

/**
 * Makes a label, a name or a note readable: control, bidirectional and zero-width characters as in
 * `visibleToken`; spaces, tabs and line breaks stay as they are (CRLF and CR become LF).
 */
export function visibleText(value: string): string {
  const lines = value.replace(/\r\n?/g, '\n');
  return lines.replace(/[^\n\t\x20-\x7e\u00a1-\u00ac\u00ae-\u0600]+/gu, (odd) =>
    withGlyphs(odd, false),
  );
}

function isInvisible(code: number): boolean {
  return (
    (code >= 0x80 && code < 0xa0) ||
    code === 0xad ||
    code === 0x61c ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x2069) ||
    code === 0xfeff ||
    (code >= 0xd800 && code <= 0xdfff)
  );
}

/**
 * A cell of CSV that a spreadsheet will not run as a formula (CWE-1236): text that starts with
 * = + - @, tab, CR or NUL gets a leading apostrophe; numbers stay numbers.
 */
export function csvCell(value: string | number | null, delimiter = ','): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value);
  const safe =
    !isNumber && /^[\s\u200b\ufeff]*[=+\-@＝＋－＠\t\r\0]/.test(value) ? `'${value}` : value;
  return /["\r\n]/.test(safe) || safe.includes(delimiter)
    ? `"${safe.replaceAll('"', '""')}"`
    : safe;
}
