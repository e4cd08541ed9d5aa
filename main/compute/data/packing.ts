import type { PackSpec } from '../../../shared/domain/tokens.ts';
import type { ModelTokenizer } from '../model/tokenizer.ts';
import { codePointPieces } from './code-point-pieces.ts';

/** What became of the documents so far. */
export interface PackCounts {
  documents: number;
  /** Without a token. */
  empty: number;
  /** Shorter than a row, where each has a row of its own. */
  short: number;
}

/** What a packer must be given to go on where another stopped. */
export interface PackState {
  readonly counts: PackCounts;
  /** Tokens that wait for a row to be full. */
  readonly pending: number[];
}

/** Turns documents, one after the other, into rows of tokens. */
export interface Packer<Document> {
  readonly counts: Readonly<PackCounts>;
  /** Rows that a document fills up. */
  add(document: Document): Int32Array[];
  /** Rows that the end of the documents leaves to give out. */
  finish(): Int32Array[];
  /** Where another packer can go on; undefined within a batch. */
  state(): PackState | undefined;
}

/**
 * Packs text into rows of `context` tokens in one of the ways of shared/domain/tokens.ts. It holds no
 * more than one row, or the 1,000 documents of a batch for `transformer-lens`.
 * @param state of an earlier packer, to go on from
 * @throws AppError `not-found` where the tokenizer lacks a token that the packing needs.
 */
export function openTextPacker(
  tokenizer: ModelTokenizer,
  { packing, bos }: PackSpec,
  context: number,
  state?: PackState,
): Packer<string> {
  const head = bos ? [tokenizer.requireSpecial('bos_token').id] : [];
  const counts = { ...(state?.counts ?? { documents: 0, empty: 0, short: 0 }) };
  const base = { tokenizer, head, context, counts };
  if (packing === 'documents') return documentPacker(base);
  if (packing === 'transformer-lens') return batchPacker(base);
  return streamPacker(base, state?.pending ?? []);
}

interface Base {
  readonly tokenizer: ModelTokenizer;
  /** Tokens that begin each row. */
  readonly head: readonly number[];
  readonly context: number;
  readonly counts: PackCounts;
}

/** `concatenate` */
function streamPacker(
  { tokenizer, head, context, counts }: Base,
  before: readonly number[],
): Packer<string> {
  const end = tokenizer.requireSpecial('eos_token').id;
  let pending = [...before];
  return {
    counts,
    add(document) {
      counts.documents++;
      const ids = tokenizer.ids(document);
      if (ids.length === 0) {
        counts.empty++;
        return [];
      }
      for (const id of ids) pending.push(id);
      pending.push(end);
      const { rows, rest } = cutRows(pending, head, context);
      pending = rest;
      return rows;
    },
    finish: () => [],
    state: () => ({ counts: { ...counts }, pending: pending.slice() }),
  };
}

/** `documents` */
function documentPacker({ tokenizer, head, context, counts }: Base): Packer<string> {
  return {
    counts,
    add(document) {
      counts.documents++;
      const ids = tokenizer.ids(document);
      if (ids.length === 0) counts.empty++;
      else if (head.length + ids.length < context) counts.short++;
      else return [Int32Array.from([...head, ...ids.slice(0, context - head.length)])];
      return [];
    },
    finish: () => [],
    state: () => ({ counts: { ...counts }, pending: [] }),
  };
}

/** Documents that datasets' `map` hands over at a time, and the pieces that they are cut into. */
const batchDocuments = 1000;
const batchPieces = 20;

/** `transformer-lens` */
function batchPacker({ tokenizer, head, context, counts }: Base): Packer<string> {
  const end = tokenizer.requireSpecial('eos_token').text;
  const padding = tokenizer.specialToken('pad_token')?.id;
  let batch: string[] = [];
  const pack = (): Int32Array[] => {
    if (batch.length === 0) return [];
    const pieces = codePointPieces(batch.join(end), batchPieces);
    batch = [];
    // Padding goes, and with it EOS where the two are one token.
    const ids = pieces.flatMap((piece) =>
      piece === '' ? [] : tokenizer.ids(piece, true).filter((id) => id !== padding),
    );
    const { rows } = cutRows(ids, head, context);
    return rows;
  };
  return {
    counts,
    add(document) {
      counts.documents++;
      batch.push(document);
      return batch.length === batchDocuments ? pack() : [];
    },
    finish: pack,
    state: () => (batch.length === 0 ? { counts: { ...counts }, pending: [] } : undefined),
  };
}

/** Whole rows, each with `head` before its part of the tokens, and the tokens that are left. */
function cutRows(
  ids: number[],
  head: readonly number[],
  context: number,
): { rows: Int32Array[]; rest: number[] } {
  const body = context - head.length;
  if (ids.length < body) return { rows: [], rest: ids };
  const rows: Int32Array[] = [];
  let at = 0;
  for (; at + body <= ids.length; at += body) {
    const row = new Int32Array(context);
    row.set(head);
    for (let i = 0; i < body; i++) row[head.length + i] = ids[at + i]!;
    rows.push(row);
  }
  return { rows, rest: ids.slice(at) };
}
