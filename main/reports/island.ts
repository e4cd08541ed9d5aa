import { createHash, type Hash } from 'node:crypto';
import { gzipSync, strToU8 } from 'fflate';
import { html, Markup } from './viewer/html.ts';

/** Below this size compression saves nothing worth the trouble, and the data stay readable. */
const plainBytes = 16_384;

/**
 * The data that a report carries: JSON in script elements that no browser runs. Small documents are
 * plain, large ones gzip in base64. fflate compresses, not zlib: its output depends on nothing but
 * its input, while zlib's differs between processors, and equal data must give equal bytes.
 */
export class DataIslands {
  readonly #hash: Hash = createHash('sha256');
  bytes = 0;

  /** The element that holds a value; `name` says which part of the data it is. */
  add(value: unknown, name: string): Markup {
    const text = JSON.stringify(value);
    const bytes = strToU8(text);
    this.#hash.update(bytes);
    this.bytes += bytes.length;
    if (bytes.length < plainBytes)
      return scriptElement(html`type="application/json" data-part="${name}"`, scriptSafe(text));
    const packed = Buffer.from(gzipSync(bytes, { level: 6, mtime: 0 })).toString('base64');
    return scriptElement(html`type="application/gzip" data-part="${name}"`, packed);
  }

  /** SHA-256 of the JSON texts in the order in which they were added. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/**
 * JSON that may stand inside a script element: without < no tag and no comment can begin, and
 * U+2028 and U+2029 would end a line in old parsers. JSON allows these escapes in strings, and
 * nowhere else do the characters occur.
 */
export function scriptSafe(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A script element with exactly this text, which must not end it. */
export function scriptElement(attributes: Markup, text: string): Markup {
  return new Markup(`<script ${attributes.markup}>${text}</script>\n`);
}
