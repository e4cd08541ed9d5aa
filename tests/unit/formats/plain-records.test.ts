import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { PlainRecords } from '../../../main/formats/plain-records.ts';
import { RandomStream } from '../../../main/compute/random.ts';
import { tableFromText } from '../../support/regression.ts';

const options = {
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_quotes: true,
  relax_column_count: true,
};

/** All records by the parser; 'refused' for a quote that does not end. */
function parsed(bytes: Buffer, delimiter: string): string[][] | 'refused' {
  try {
    return parse(bytes, { ...options, delimiter });
  } catch {
    return 'refused';
  }
}

/** The plain records, and by the parser what is handed back. */
function split(bytes: Buffer, delimiter: string, cuts: readonly number[]): string[][] | 'refused' {
  const records: string[][] = [];
  const plain = new PlainRecords(delimiter, 1 << 20, (cells) => records.push([...cells]));
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const rest = plain.add(bytes.subarray(from, cut));
    from = cut;
    if (rest === undefined) continue;
    const others = parsed(Buffer.concat([rest, bytes.subarray(from)]), delimiter);
    return others === 'refused' ? others : [...records, ...others];
  }
  const rest = plain.finish();
  const others = rest === undefined ? [] : parsed(rest, delimiter);
  return others === 'refused' ? others : [...records, ...others];
}

const pieces = ['a', '1.5', ' ', 'é', '🙂', '\n', '\r\n', '\n\n', 'x,y', 'x;y', ',', ';', '\t'];
const rare = ['"', '"b"', '"c\nd"', '""', '\r'];

describe('plain records', () => {
  it.each([',', ';', '\t'])('are those of the parser, wherever bytes are cut (%j)', (delimiter) => {
    const random = new RandomStream(11, delimiter.charCodeAt(0));
    const below = (count: number): number => Math.floor(count * random.uniform());
    for (let round = 0; round < 2000; round++) {
      const odd = round % 2 === 0 ? 0 : 0.05;
      const text = Array.from({ length: below(60) }, () =>
        random.uniform() < odd ? rare[below(rare.length)]! : pieces[below(pieces.length)]!,
      ).join('');
      const bytes = Buffer.from(text);
      const cuts = Array.from({ length: below(5) }, () => below(bytes.length + 1)).sort(
        (a, b) => a - b,
      );
      expect(split(bytes, delimiter, cuts), JSON.stringify(text)).toEqual(parsed(bytes, delimiter));
    }
  });

  it('hand back a record that is longer than what they may hold', () => {
    const plain = new PlainRecords(',', 100, () => undefined);
    expect(plain.add(Buffer.alloc(60, 'a'))).toBeUndefined();
    expect(plain.add(Buffer.alloc(60, 'a'))).toHaveLength(120);
  });
});

describe('a table that is plain at first', () => {
  it('keeps count of its lines where a quote comes late', async () => {
    const plain = Array.from({ length: 100 }, (_, i) => `${i},x`);
    const text = ['a,b', ...plain, '1,"two\nlines"', '2,y', '3,y,z'].join('\n');
    await expect(tableFromText(text)).rejects.toThrow('Line 105 of table.csv has 3 cells');
    const table = await tableFromText(['a,b', ...plain, '1,"two\nlines"', '2,y'].join('\n'));
    expect(table.rows).toBe(102);
    const [, column] = table.columns;
    expect(column).toMatchObject({ kind: 'text', levels: ['x', 'two\nlines', 'y'] });
  });

  it('names the line of a quote that does not end', async () => {
    const plain = Array.from({ length: 100 }, (_, i) => `${i},x`);
    const text = ['a,b', ...plain, '1,"two', '2,y'].join('\n');
    await expect(tableFromText(text)).rejects.toThrow(/never closed; the file ends at line 103/);
  });
});
