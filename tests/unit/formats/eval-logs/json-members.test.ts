import { describe, expect, it } from 'vitest';
import {
  bufferSource,
  jsonMembers,
  parseSpan,
  pickMembers,
} from '../../../../main/formats/eval-logs/json-members.ts';

function source(text: string) {
  return bufferSource(Buffer.from(text), 'a.json');
}

describe('members of JSON that is not parsed', () => {
  it('are those that JSON.parse gives, whatever they hold', () => {
    const value = {
      '': [1, { a: ']' }],
      'k"\\': 'x"y\\',
      nested: { deep: { '}': '{' } },
      list: [],
      none: null,
      number: -1.5e3,
      'ü\u2028': 'ü',
    };
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      const bytes = source(text);
      const found = [...jsonMembers(bytes)].map(({ key, ...span }) => [
        key,
        parseSpan(bytes, span, 'x'),
      ]);
      expect(found).toEqual(Object.entries(value));
    }
    const list = source(' [1 , "a,]" ,{"b":2}, [ ] ] ');
    expect([...jsonMembers(list)].map((span) => parseSpan(list, span, 'x'))).toEqual([
      1,
      'a,]',
      { b: 2 },
      [],
    ]);
    expect([...jsonMembers(source('[]')), ...jsonMembers(source('{}'))]).toEqual([]);
  });

  it('are found where strings and escapes cross the pieces that a file is read in', () => {
    for (let shift = 0; shift < 5; shift++) {
      const long = ' '.repeat(shift) + '\\"'.repeat(300_000) + '\\';
      const bytes = source(JSON.stringify({ long, after: shift }));
      const after = pickMembers(bytes, new Set(['after'])).get('after')!;
      expect(parseSpan(bytes, after, 'after')).toBe(shift);
    }
  });

  it('are refused with their place where the text is none', () => {
    for (const text of ['', '{', '["a"', '{"a": 1', '{"a": "'])
      expect(() => [...jsonMembers(source(text))]).toThrow(/truncated/);
    for (const text of ['1', '{a: 1}', '{"a" 1}', '{"a": 1]', '[1,,2]', '{} {}'])
      expect(() => [...jsonMembers(source(text))]).toThrow(/not valid JSON.* at byte \d+/);
  });
});
