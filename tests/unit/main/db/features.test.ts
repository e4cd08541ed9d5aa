import { beforeAll, describe, expect, it } from 'vitest';
import type { Writer } from '../../../../main/db/connection.ts';
import {
  bestPerProperty,
  getFeature,
  insertFeatures,
  pageFeatures,
  type FeatureQuery,
} from '../../../../main/db/features.ts';
import { addLabel, listLabels, undoLabel } from '../../../../main/db/labels.ts';
import { featureSortKeys } from '../../../../shared/contract/features.ts';
import { addDictionary, featureColumns, newDatabase } from '../../../support/records.ts';

const n = 1000;
let db: Writer;
let dictionary: number;

beforeAll(async () => {
  db = await newDatabase();
  dictionary = addDictionary(db, n);
  insertFeatures(db, dictionary, featureColumns(n));
  const label = (feature: number, text: string) =>
    addLabel(db, dictionary, feature, { text, author: 'a', time: feature });
  label(5, 'closing quote');
  label(6, 'Opening quote, 50% sure');
  label(7, 'dates');
});

function page(query: Partial<FeatureQuery>) {
  return pageFeatures(db, dictionary, {
    search: '',
    dead: 'show',
    labelled: 'any',
    minCount: 0,
    sort: 'feature',
    descending: false,
    offset: 0,
    limit: n,
    ...query,
  });
}

describe('pages of features', () => {
  it.each(featureSortKeys)('sort by %s in both directions, with what is missing last', (sort) => {
    for (const descending of [false, true]) {
      const values = page({ sort, descending }).rows.map((row) => row[sort]);
      const known = values.filter((value) => value !== null);
      expect(values.slice(known.length).every((value) => value === null)).toBe(true);
      const sorted = [...known].sort((a, b) =>
        typeof a === 'string'
          ? a.toLowerCase() < String(b).toLowerCase()
            ? -1
            : 1
          : a - Number(b),
      );
      expect(known).toEqual(descending ? sorted.reverse() : sorted);
      expect(known.length).toBeGreaterThan(2);
    }
  });

  it('join without gaps or repeats', () => {
    const sorted = { sort: 'mean', descending: true } as const;
    const pages = [0, 300, 600, 900].flatMap(
      (offset) => page({ ...sorted, offset, limit: 300 }).rows,
    );
    expect(pages).toEqual(page(sorted).rows);
    expect(new Set(pages.map(({ feature }) => feature)).size).toBe(n);
  });

  it('hide the dead, or show only them', () => {
    expect(page({ dead: 'hide' }).rows.every(({ count }) => count > 0)).toBe(true);
    expect(page({ dead: 'only' }).rows.every(({ count }) => count === 0)).toBe(true);
    expect(page({ dead: 'hide' }).total + page({ dead: 'only' }).total).toBe(n);
  });

  it('count all that fit, not only those on the page', () => {
    expect(page({ minCount: 500, limit: 3 })).toMatchObject({
      total: page({}).rows.filter(({ count }) => count >= 500).length,
      rows: { length: 3 },
    });
  });

  it.each([
    ['a number', '7', [7]],
    ['a word of a label', 'quote', [5, 6]],
    ['several words, in any order and case', 'QUOTE closing', [5]],
    ['a character that is special in patterns', '50%', [6]],
    ['words that nothing has', 'nothing here', []],
  ])('find %s', (_case, search, found) => {
    expect(page({ search }).rows.map(({ feature }) => feature)).toEqual(found);
  });

  it('tell the labelled from the others', () => {
    expect(page({ labelled: 'yes' }).total).toBe(3);
    expect(page({ labelled: 'no' }).total).toBe(n - 3);
  });

  it('keep a dead feature without a mean', () => {
    expect(getFeature(db, dictionary, 0)).toMatchObject({ count: 0, mean: null, max: null });
  });

  it('find the best feature of a property', () => {
    const best = bestPerProperty(db, dictionary);
    const auc = Math.max(...page({}).rows.map((row) => row.auc ?? 0));
    expect(best).toHaveLength(1);
    expect(best[0]).toMatchObject({ property: 'vowel', auc });
  });
});

describe('labels', () => {
  it('have a history, and the newest can be taken back', () => {
    const give = (text: string, time: number) =>
      addLabel(db, dictionary, 42, { text, author: 'b', time });
    give('first', 1);
    give('second', 2);
    expect(give('', 3).map(({ text }) => text)).toEqual(['', 'second', 'first']);
    expect(getFeature(db, dictionary, 42)!.label).toBeNull();
    expect(undoLabel(db, dictionary, 42, 4).map(({ text }) => text)).toEqual(['second', 'first']);
    expect(getFeature(db, dictionary, 42)!.label).toBe('second');
    undoLabel(db, dictionary, 42, 5);
    expect(undoLabel(db, dictionary, 42, 6)).toEqual([]);
    expect(undoLabel(db, dictionary, 42, 7)).toEqual([]);
    expect(getFeature(db, dictionary, 42)!.label).toBeNull();
  });

  it('are those of one feature only', () => {
    expect(listLabels(db, dictionary, 5)).toEqual([
      { text: 'closing quote', author: 'a', time: 5 },
    ]);
  });
});
