import { beforeAll, describe, expect, it } from 'vitest';
import type { Writer } from '../../../../main/db/connection.ts';
import { placeFeature } from '../../../../main/db/feature-place.ts';
import { summariseFeatures } from '../../../../main/db/feature-summary.ts';
import {
  bestPerProperty,
  getFeature,
  insertFeatures,
  pageFeatures,
  replaceFeatures,
  type FeatureQuery,
} from '../../../../main/db/features.ts';
import { changeList, listFeatureLists, listsOfFeature } from '../../../../main/db/feature-lists.ts';
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
  for (const feature of [50, 51, 52])
    addLabel(db, dictionary, feature, { rating: feature - 49, author: 'a', time: 1 });
});

function page(query: Partial<FeatureQuery>) {
  return pageFeatures(db, dictionary, {
    search: '',
    dead: 'show',
    labelled: 'any',
    minCount: 0,
    minRating: 0,
    list: '',
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

describe('search, ratings and lists', () => {
  it('find labels by the beginnings of their words, and by signs', () => {
    const found = (search: string) => page({ search }).rows.map(({ feature }) => feature);
    expect(found('quo')).toEqual([5, 6]);
    expect(found('QUOTE clos')).toEqual([5]);
    expect(found('uote')).toEqual([]);
    expect(found('%')).toEqual([6]);
    expect(found('"quote" NOT dates')).toEqual([]);
    expect(found('AND')).toEqual([]);
  });

  it('keep the label when a feature is rated, and take either back', () => {
    const by = { author: 'b', time: 1 };
    addLabel(db, dictionary, 20, { text: 'years', ...by });
    addLabel(db, dictionary, 20, { rating: 4, ...by });
    const row = () => page({ search: '20' }).rows[0]!;
    expect(row()).toMatchObject({ label: 'years', rating: 4 });
    expect(page({ minRating: 4 }).rows.map(({ feature }) => feature)).toEqual([20]);
    undoLabel(db, dictionary, 20, 2);
    expect(row()).toMatchObject({ label: 'years', rating: null });
    undoLabel(db, dictionary, 20, 3);
    expect(page({ search: 'years' }).total).toBe(0);
  });

  it('hold features on lists, which go when they are empty', () => {
    changeList(db, dictionary, 'odd', { add: [1, 3, 5] });
    changeList(db, dictionary, 'odd', { add: [3, 7], remove: [1] });
    expect(page({ list: 'odd' }).rows.map(({ feature }) => feature)).toEqual([3, 5, 7]);
    expect(listFeatureLists(db, dictionary)).toEqual([{ name: 'odd', features: 3 }]);
    expect(listsOfFeature(db, dictionary, 7)).toEqual(['odd']);
    changeList(db, dictionary, 'odd', { remove: [3, 5, 7] });
    expect(listFeatureLists(db, dictionary)).toEqual([]);
  });

  it('keep labels and ratings when the figures are counted anew', () => {
    addLabel(db, dictionary, 30, { text: 'kept', rating: 5, author: 'b', time: 1 });
    replaceFeatures(db, dictionary, featureColumns(n));
    expect(page({ search: 'kept' }).rows[0]).toMatchObject({ feature: 30, rating: 5 });
    undoLabel(db, dictionary, 30, 2);
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
      { text: 'closing quote', rating: null, author: 'a', time: 5 },
    ]);
  });
});

describe('the place of a feature', () => {
  const whole = {
    search: '',
    dead: 'show',
    labelled: 'any',
    minCount: 0,
    minRating: 0,
    list: '',
    sort: 'feature',
    descending: false,
  } as const;

  it.each(featureSortKeys)('agrees with the pages sorted by %s, both ways', (sort) => {
    for (const descending of [false, true]) {
      const filter = { ...whole, sort, descending };
      const order = page({ ...filter }).rows.map(({ feature }) => feature);
      for (let i = 0; i < n; i += 37)
        expect(placeFeature(db, dictionary, filter, order[i]!)).toEqual({
          total: n,
          before: i,
          previous: order[i - 1] ?? null,
          next: order[i + 1] ?? null,
        });
    }
  });

  it('is known for one that does not fit the filter', () => {
    const filter = { ...whole, labelled: 'no' } as const;
    const place = placeFeature(db, dictionary, filter, 6);
    expect(place).toEqual({ total: n - 3, before: 5, previous: 4, next: 8 });
  });

  it('has no neighbours where nothing fits', () => {
    const filter = { ...whole, search: 'no such label' };
    const nowhere = { total: 0, before: 0, previous: null, next: null };
    expect(placeFeature(db, dictionary, filter, 6)).toEqual(nowhere);
    expect(placeFeature(db, dictionary, whole, n)).toBeUndefined();
  });
});

describe('the summary of a dictionary', () => {
  it('counts all of its features', () => {
    const { rows } = page({});
    const alive = rows.filter(({ count }) => count > 0).map(({ density }) => density);
    const summary = summariseFeatures(db, dictionary);
    expect(summary).toMatchObject({ total: n, dead: n - alive.length, labelled: 3 });
    expect(summary.telling).toBe(rows.filter(({ auc }) => auc !== null && auc >= 0.9).length);
    const sorted = alive.sort((a, b) => a - b);
    const half = sorted.length / 2;
    expect(summary.medianDensity).toBe(
      (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2,
    );
    const { edges, counts } = summary.density;
    expect(edges).toHaveLength(counts.length + 1);
    expect(edges.at(-1)).toBe(0);
    counts.forEach((k, i) => {
      const isLast = i === counts.length - 1;
      const inside = alive.filter((density) => {
        const place = Math.log10(density);
        return place >= edges[i]! && (place < edges[i + 1]! || isLast);
      });
      expect(k).toBe(inside.length);
    });
  });

  it('is empty where the features were not counted', async () => {
    const other = await newDatabase();
    expect(summariseFeatures(other, addDictionary(other, 10))).toEqual({
      total: 0,
      dead: 0,
      labelled: 0,
      telling: 0,
      medianDensity: null,
      density: { edges: [], counts: [] },
    });
  });
});
