import { expect, it } from 'vitest';
import { JsonBytes, NumberList } from '../../../../main/formats/dashboards/json-bytes.ts';
import { KnownLists } from '../../../../main/formats/dashboards/known-lists.ts';
import { WordTable } from '../../../../main/formats/dashboards/word-table.ts';
import { Random } from '../../../support/random.ts';

const over = (text: string) => new JsonBytes(Buffer.from(text), 'x.json', 'features.0');

function numbersOf(text: string): number[] {
  const into = new NumberList(Float64Array);
  over(text).numbers(into);
  return [...into.values];
}

it('numbers are those that JSON.parse reads, to the last bit', () => {
  const random = new Random(3);
  const texts = Array.from({ length: 20_000 }, () => {
    const digits = random.integer(0, 20);
    const value = (random.uniform() - 0.2) * 10 ** random.integer(-8, 18);
    return random.pick([String(value), value.toFixed(digits), value.toExponential(digits), '0.0']);
  });
  const text = `[${texts.join(', ')}]`;
  expect(numbersOf(text)).toEqual(JSON.parse(text));
});

it('lists of zeros with and without spaces, and what is no number, are read as before', () => {
  expect(numbersOf('[0.0, 0.0,0.0 , 1.50, 0.0]')).toEqual([0, 0, 0, 1.5, 0]);
  expect(numbersOf('[NaN, null, -Infinity, 0.0]')).toEqual([0, 0, 0, 0]);
});

it.each(['[0.0, ]', '[0.0,, 1]', '[01]', '[1.]', '[.5]', '[1 2]', '["a"]', '[0.0, 0.0'])(
  '%s is refused',
  (text) => {
    expect(() => numbersOf(text)).toThrowError(
      expect.objectContaining({ code: 'corrupt' }) as Error,
    );
  },
);

it('a list of tokens that comes again is the same array, and one that differs in its last byte is not', () => {
  const table = new WordTable();
  const known = new KnownLists();
  const words = Array.from({ length: 40 }, (_, i) => ` token-${i}]"\\`);
  const read = (list: readonly string[]) => {
    const into = new NumberList(Int32Array);
    const json = over(JSON.stringify(list));
    const kept = json.knownWords(table, known, into);
    json.end();
    return kept!.ids;
  };
  const first = read(words);
  expect(read(words)).toBe(first);
  const other = read([...words.slice(0, -1), 'end']);
  expect([...other.slice(0, -1)]).toEqual([...first.slice(0, -1)]);
  expect(other.at(-1)).not.toBe(first.at(-1));
  expect(table.words()[first[7]!]).toBe(words[7]);
});
