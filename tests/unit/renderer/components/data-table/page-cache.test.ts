import { expect, test } from 'vitest';
import { PageCache, type Page } from '../../../../../renderer/components/data-table/page-cache.ts';

interface Asked {
  readonly offset: number;
  readonly signal: AbortSignal;
  answer(total: number, rows?: string[]): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** A cache of pages of 10 whose questions the test answers. */
function cacheOf(): { cache: PageCache<string>; asked: Asked[]; changes: () => number } {
  const asked: Asked[] = [];
  let changes = 0;
  const cache = new PageCache<string>(
    (offset, limit, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<Page<string>>();
      asked.push({
        offset,
        signal,
        answer: async (total, rows) => {
          const size = Math.max(0, Math.min(limit, total - offset));
          resolve({
            total,
            rows: rows ?? Array.from({ length: size }, (_, i) => `r${offset + i}`),
          });
          await settle();
        },
        fail: async (error) => {
          reject(error);
          await settle();
        },
      });
      return promise;
    },
    10,
    () => changes++,
  );
  return { cache, asked, changes: () => changes };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const offsets = (asked: Asked[]): number[] => asked.map(({ offset }) => offset);

test('the pages in view are fetched once', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 15);
  cache.need(0, 15);
  expect(offsets(asked)).toEqual([0, 10]);
  await asked[0]!.answer(100);
  await asked[1]!.answer(100);
  cache.need(0, 20);
  expect(asked).toHaveLength(2);
  expect([cache.total, cache.at(0), cache.at(19), cache.at(20)]).toEqual([
    100,
    'r0',
    'r19',
    undefined,
  ]);
  expect(cache.loading).toBe(false);
});

test('the page that comes next is fetched while one scrolls, in either direction, and not after a jump', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 10);
  await asked[0]!.answer(65);
  cache.need(4, 10);
  expect(offsets(asked)).toEqual([0, 10]);
  cache.need(40, 50);
  expect(offsets(asked)).toEqual([0, 10, 40]);
  cache.need(38, 48);
  expect(offsets(asked)).toEqual([0, 10, 40, 30, 20]);
  cache.need(60, 65);
  cache.need(61, 65);
  expect(offsets(asked)).toEqual([0, 10, 40, 30, 20, 60]);
});

test('nothing is asked beyond the end once it is known', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 10);
  await asked[0]!.answer(12);
  cache.need(0, 50);
  expect(offsets(asked)).toEqual([0, 10]);
});

test('an empty list is asked for once', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 50);
  for (const question of asked) await question.answer(0, []);
  const before = asked.length;
  cache.need(0, 50);
  expect(asked).toHaveLength(before);
  expect([cache.total, cache.answered]).toEqual([0, true]);
});

test('a page that has left the view is cancelled and may be asked for again', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 10);
  await asked[0]!.answer(1000);
  cache.need(200, 210);
  cache.need(500, 510);
  expect(asked[1]!.signal.aborted).toBe(true);
  expect(asked[2]!.signal.aborted).toBe(false);
  await asked[1]!.answer(1000);
  expect(cache.at(200)).toBeUndefined();
  cache.need(200, 210);
  expect(offsets(asked)).toEqual([0, 200, 500, 200]);
});

test('after a reset the old rows stay until the new ones are here', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 10);
  await asked[0]!.answer(100);
  cache.reset();
  expect([cache.at(0), cache.answered]).toEqual(['r0', false]);
  cache.need(0, 10);
  await asked[1]!.answer(3, ['x', 'y', 'z']);
  expect([cache.at(0), cache.at(3), cache.total, cache.answered]).toEqual([
    'x',
    undefined,
    3,
    true,
  ]);
});

test('an answer to the question before a reset is thrown away', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 10);
  cache.reset();
  cache.need(0, 10);
  expect(asked[0]!.signal.aborted).toBe(true);
  await asked[1]!.answer(1, ['new']);
  await asked[0]!.answer(1, ['old']);
  expect(cache.at(0)).toBe('new');
});

test('a failure is told and not asked about again until a reset', async () => {
  const { cache, asked, changes } = cacheOf();
  cache.need(0, 10);
  const before = changes();
  await asked[0]!.fail(new Error('gone'));
  expect(changes()).toBeGreaterThan(before);
  expect(cache.error).toEqual(new Error('gone'));
  cache.need(0, 10);
  expect(asked).toHaveLength(1);
  cache.reset();
  expect(cache.error).toBeNull();
  cache.need(0, 10);
  expect(asked).toHaveLength(2);
});

test('a range is read across pages, those that are here and those that are not', async () => {
  const { cache, asked } = cacheOf();
  cache.need(0, 10);
  await asked[0]!.answer(25);
  const range = cache.range(8, 30);
  await settle();
  await asked[1]!.answer(25);
  await asked[2]!.answer(25);
  await settle();
  expect((await range).at(0)).toBe('r8');
  expect(await range).toHaveLength(17);
  expect(offsets(asked)).toEqual([0, 10, 20]);
});
