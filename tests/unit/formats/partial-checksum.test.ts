import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { PartialChecksum } from '../../../main/formats/partial-checksum.ts';
import { Random } from '../../support/random.ts';

const random = new Random(26);
const bytes = Buffer.from(Array.from({ length: 5000 }, () => random.integer(0, 255)));

/** The parts between the given places, with where they start. */
function partsOf(cuts: readonly number[]): [number, Buffer][] {
  const places = [0, ...cuts, bytes.length];
  return places
    .slice(0, -1)
    .map((start, i): [number, Buffer] => [start, bytes.subarray(start, places[i + 1])]);
}

/** What the parts answer, in their order. */
const answers = (sum: PartialChecksum, parts: readonly [number, Buffer][]) =>
  parts.map(([start, part]) => sum.add(start, part));

test('parts in any order after the first, of any lengths, make up the checksum of the whole with the last one', () => {
  for (let round = 0; round < 200; round++) {
    const cuts = Array.from({ length: random.integer(0, 40) }, () => random.integer(1, 4999));
    const parts = partsOf([...new Set(cuts)].sort((a, b) => a - b));
    const [first, ...rest] = parts;
    const drawn = new Map(rest.map((part) => [part, random.uniform()]));
    const order = [first!, ...rest.sort((a, b) => drawn.get(a)! - drawn.get(b)!)];
    const all = answers(new PartialChecksum(bytes.length), order);
    expect(all.slice(0, -1).every((answer) => answer === undefined)).toBe(true);
    expect(all.at(-1)).toBe(crc32(bytes));
  }
});

test('a matrix that is read by strips of its columns has its checksum with the last piece', () => {
  const [rows, columns] = [50, 100];
  const sum = new PartialChecksum(rows * columns);
  const found: (number | undefined)[] = [];
  for (let left = 0; left < columns; left += 30)
    for (let row = 0; row < rows; row++) {
      const start = row * columns + left;
      found.push(
        sum.add(start, bytes.subarray(start, row * columns + Math.min(columns, left + 30))),
      );
    }
  expect(found.filter((answer) => answer !== undefined)).toEqual([crc32(bytes)]);
});

test('what begins at 0 begins all over, and parts that overlap say nothing', () => {
  const sum = new PartialChecksum(bytes.length);
  sum.add(0, bytes.subarray(0, 10));
  sum.add(2000, bytes.subarray(2000, 3000));
  expect(sum.add(0, bytes)).toBe(crc32(bytes));
  expect(sum.add(0, bytes)).toBe(crc32(bytes));
  sum.add(0, bytes.subarray(0, 3000));
  expect(sum.add(2000, bytes.subarray(2000, 4000))).toBeUndefined();
});

test('nothing has the checksum of nothing', () => {
  expect(new PartialChecksum(0).add(0, Buffer.alloc(0))).toBe(0);
});
