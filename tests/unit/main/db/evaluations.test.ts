import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  getEvaluation,
  insertEvaluation,
  listEvaluations,
  pageItems,
} from '../../../../main/db/evaluations.ts';
import { openWriter } from '../../../../main/db/open.ts';
import type { EvaluationDetail, EvaluationItem } from '../../../../shared/contract/evaluations.ts';
import { temporaryFolder } from '../../../support/folders.ts';

function item(sample: string, ...scores: (number | null)[]): EvaluationItem {
  const cells = scores.map((score, log) => (score === null ? null : { score, log, epochs: [1] }));
  return { sample, task: null, input: `question ${sample}`, cells };
}

const detail = {
  id: 'evl_0123456789abcdef',
  name: 'three conditions',
  createdAt: 5,
  logs: [{}, {}, {}],
  conditions: [
    { name: 'x', items: 3 },
    { name: 'y', items: 7 },
    { name: 'z', items: 4 },
  ],
  warnings: [{}],
} as unknown as EvaluationDetail;

it('a comparison is kept whole, and its items are paged by the pair that differs', async () => {
  const db = await openWriter(join(temporaryFolder(), '.assay', 'assay.db'));
  insertEvaluation(db, detail, [
    item('a', 1, 0, 1),
    item('b', 0, 1, null),
    item('c', 0.5, 0.5, 0),
    item('d', 1, 0.25, 0),
  ]);
  expect(getEvaluation(db, detail.id)).toEqual(detail);
  expect(getEvaluation(db, 'evl_none00000000')).toBeUndefined();
  expect(listEvaluations(db)).toEqual([
    {
      id: detail.id,
      name: 'three conditions',
      createdAt: 5,
      conditions: 'x, y, z',
      logs: 3,
      items: 7,
      warnings: 1,
    },
  ]);
  const page = (query: object) => {
    const found = pageItems(db, detail.id, { first: 0, second: 1, offset: 0, limit: 10, ...query });
    return [found.total, ...found.rows.map(({ sample }) => sample)];
  };
  expect(page({})).toEqual([3, 'a', 'b', 'd']);
  expect(page({ ahead: 'first' })).toEqual([2, 'a', 'd']);
  expect(page({ ahead: 'second' })).toEqual([1, 'b']);
  expect(page({ second: 2 })).toEqual([2, 'c', 'd']);
  expect(page({ offset: 1, limit: 1 })).toEqual([3, 'b']);
  expect(page({ second: 9 })).toEqual([0]);
  db.close();
});
