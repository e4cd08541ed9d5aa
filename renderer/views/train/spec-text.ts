import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  stringify,
  type Document,
} from 'yaml';

export type FieldValue = string | number | boolean | null | readonly unknown[];

/** The same reading of YAML as the host's, which has the last word. */
const reading = { schema: 'core', version: '1.2', uniqueKeys: true } as const;
const writing = { lineWidth: 100, flowCollectionPadding: true } as const;

/** A spec's text, read for the form: its fields, and what keeps it from being read. */
export class SpecDocument {
  readonly #text: string;
  readonly #document: Document;

  constructor(text: string) {
    this.#text = text;
    this.#document = parseDocument(text, reading);
  }

  get text(): string {
    return this.#text;
  }

  /** What is wrong with the YAML itself, with its line from 1; null where it can be read. */
  get problem(): { readonly message: string; readonly line: number | null } | null {
    const error = this.#document.errors[0];
    if (error) {
      const message = error.message.split('\n', 1)[0]!.replace(/ at line .*$/, '');
      return { message: `${message}.`, line: error.linePos?.[0].line ?? null };
    }
    if (isMap(this.#document.contents)) return null;
    return { message: 'A spec is a list of fields such as “kind: train”.', line: null };
  }

  /** The value at a dotted path; undefined where the spec does not say it. */
  value(path: string): unknown {
    if (this.problem) return undefined;
    const found = this.#document.getIn(path.split('.'), true);
    if (isScalar(found)) return found.value;
    return (found as { toJS?: (document: Document) => unknown } | undefined)?.toJS?.(
      this.#document,
    );
  }

  /** Line of the text, from 1, at which a field or the nearest part around it stands. */
  lineOf(path: string): number {
    const keys = path.split('.');
    for (let end = keys.length; end > 0 && !this.problem; end--) {
      const node = this.#document.getIn(keys.slice(0, end), true) as { range?: number[] } | null;
      const start = node?.range?.[0];
      if (start !== undefined) return this.#text.slice(0, start).split('\n').length;
    }
    return 1;
  }

  has(path: string): boolean {
    return this.value(path) !== undefined;
  }

  /**
   * The text with one field changed, its comments and order kept. Undefined takes the field away, and
   * with it what is then empty above. A text that cannot be read stays as it is.
   */
  with(path: string, value: FieldValue | Readonly<Record<string, unknown>> | undefined): string {
    if (this.problem) return this.#text;
    const keys = path.split('.');
    if (value === undefined) return this.#without(keys);
    const replaced = this.#replaced(keys, value);
    if (replaced !== undefined) return replaced;
    const document = this.#document.clone();
    clearWay(document, keys);
    const node = document.createNode(value, { flow: true });
    // A list of parts, such as variants, has one on a line.
    if (isSeq(node) && node.items.some(isMap)) node.flow = false;
    document.setIn(keys, node);
    return document.toString(writing);
  }

  /** The text with only the letters of one value changed; undefined where more has to change. */
  #replaced(keys: readonly string[], value: unknown): string | undefined {
    const node = this.#document.getIn(keys, true);
    const isOneLine = isScalar(node) || (isCollection(node) && node.flow === true);
    if (!isOneLine || !node.range) return undefined;
    const written = stringify(value, { ...writing, collectionStyle: 'flow' }).trimEnd();
    const [start, end] = node.range;
    const text = this.#text.slice(0, start) + written + this.#text.slice(end);
    const read = new SpecDocument(text).value(keys.join('.'));
    return JSON.stringify(read) === JSON.stringify(value) ? text : undefined;
  }

  #without(keys: readonly string[]): string {
    const document = this.#document.clone();
    document.deleteIn(keys);
    for (let end = keys.length - 1; end > 0; end--) {
      const above = document.getIn(keys.slice(0, end), true);
      // A member of a list is one even where it says nothing.
      const isMember = /^\d+$/.test(keys[end - 1]!);
      if (!isMap(above) || above.items.length > 0 || isMember) break;
      document.deleteIn(keys.slice(0, end));
    }
    return document.toString(writing);
  }
}

/** A field such as `tokens: null` stands in the way of `tokens.file`; it gives way. */
function clearWay(document: Document, keys: readonly string[]): void {
  for (let end = 1; end < keys.length; end++) {
    const above = document.getIn(keys.slice(0, end), true);
    if (above !== undefined && !isCollection(above)) document.deleteIn(keys.slice(0, end));
  }
}

/** A spec as YAML: short parts on one line each, as people write them. */
export function writeSpec(spec: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(stringify(spec, writing), reading);
  if (isMap(document.contents)) for (const { value } of document.contents.items) fold(value);
  return document.toString(writing);
}

function fold(node: unknown): void {
  if (!isCollection(node)) return;
  if (JSON.stringify(node).length < 64) node.flow = true;
  else if (isMap(node)) for (const { value } of node.items) fold(value);
}
