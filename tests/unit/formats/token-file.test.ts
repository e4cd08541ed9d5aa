import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SequenceOrder } from '../../../main/compute/data/sequence-order.ts';
import { openNpy } from '../../../main/formats/npy.ts';
import { openParquetColumn } from '../../../main/formats/parquet-column.ts';
import { checkTokens, openTokenFile } from '../../../main/formats/token-file.ts';
import { asIds, asText, readRecordsOf } from '../../../main/formats/token-records.ts';
import { tokenFiles } from '../../../main/jobs/worker/tokens/token-source.ts';
import { AppError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/folders.ts';

const golden = join(import.meta.dirname, '../../golden/token-files');
const at = (name: string) => join(golden, name);
const folder = temporaryFolder();

const reference = openTokenFile(at('int32.safetensors'), 'input_ids');
afterAll(() => reference.close());
const everyRow = Array.from({ length: 60 }, (_, row) => row);
const ids = [...reference.read(everyRow)];

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.details.file ? 'file' : ''}`;
    throw error;
  }
  return 'none';
}

describe('token files', () => {
  it.each(['int64.safetensors', 'uint16.safetensors', 'int32.npy', 'int64.npy', 'uint16.npy'])(
    'give the same ids from %s',
    (name) => {
      const tokens = openTokenFile(at(name), 'input_ids');
      expect([...tokens.read(everyRow)]).toEqual(ids);
      expect([...tokens.read([59, 3])]).toEqual([...ids.slice(59 * 12), ...ids.slice(36, 48)]);
      tokens.close();
    },
  );

  it('follow each other in a folder, whatever their integers', () => {
    const tokens = openTokenFile(tokenFiles(at('shards')), 'input_ids');
    expect([tokens.rows, tokens.context]).toEqual([60, 12]);
    expect([...tokens.read(everyRow)]).toEqual(ids);
    expect([...tokens.read([25, 24])]).toEqual([...ids.slice(300, 312), ...ids.slice(288, 300)]);
    tokens.close();
  });

  it.each([
    'ids.jsonl',
    'snappy.parquet',
    'zstd.parquet',
    'gzip.parquet',
    'none.parquet',
    'pages.parquet',
  ])('give the same ids as lists from %s, from the start and from any row', async (name) => {
    const rows: number[] = [];
    const places: number[] = [];
    for await (const record of readRecordsOf(at(name), 'input_ids', 'line')) {
      rows.push(...asIds(record));
      places.push(record.after);
    }
    expect(rows).toEqual(ids);
    for (const done of [1, 17, 33, 59]) {
      const rest: number[] = [];
      for await (const record of readRecordsOf(at(name), 'input_ids', 'line', places[done - 1]))
        rest.push(...asIds(record));
      expect(rest).toEqual(ids.slice(done * 12));
    }
  });

  it('give texts of parquet', async () => {
    const texts: string[] = [];
    for await (const record of readRecordsOf(at('text.parquet'), 'text', 'line'))
      texts.push(asText(record));
    expect(texts).toHaveLength(50);
    expect(texts.slice(0, 2)).toEqual(['', 'Text 1: café 😀\nof two lines.']);
  });

  it('of many gigabytes take little memory, in order and shuffled', () => {
    const path = join(folder, 'huge.safetensors');
    const [rows, context] = [20_000_000, 128];
    const end = rows * context * 4;
    const header = Buffer.from(
      JSON.stringify({
        input_ids: { dtype: 'I32', shape: [rows, context], data_offsets: [0, end] },
      }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const fd = openSync(path, 'w');
    writeSync(fd, Buffer.concat([length, header]));
    ftruncateSync(fd, 8 + header.length + end);
    const last = Int32Array.from({ length: context }, (_, i) => i);
    writeSync(fd, last, 0, last.byteLength, 8 + header.length + end - 4 * context);
    closeSync(fd);
    const before = process.memoryUsage();
    const tokens = openTokenFile(path, 'input_ids');
    const order = new SequenceOrder(tokens.rows, 7);
    let sum = 0;
    for (let cursor = 0; cursor < 4096; cursor += 64)
      sum += tokens.read(order.take(cursor, 64)).reduce((a, b) => a + b, 0);
    expect(sum).toBe(0);
    expect([...tokens.read([rows - 1])]).toEqual([...last]);
    const { rss } = process.memoryUsage();
    expect(rss - before.rss).toBeLessThan(150e6);
    tokens.close();
  });
});

describe('the check of token files', () => {
  it('names the row and the position of an id that the model does not have', () => {
    expect([...checkTokens(reference, 40)]).toEqual([60]);
    const first = ids.indexOf(39);
    expect(() => [...checkTokens(reference, 39)]).toThrow(
      `row ${Math.floor(first / 12)}, position ${first % 12}`,
    );
  });
});

describe('a token file that is not what it says', () => {
  const npy = readFileSync(at('int32.npy'));
  const changed = (name: string, change: (bytes: Buffer) => Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, change(Buffer.from(npy)));
    return path;
  };
  const headed = (text: string) => (bytes: Buffer) => {
    const header = Buffer.from(text.padEnd(bytes.readUInt16LE(8)), 'latin1');
    return Buffer.concat([bytes.subarray(0, 10), header, bytes.subarray(10 + header.length)]);
  };
  it.each([
    ['an empty one', (_: Buffer) => Buffer.alloc(0), 'truncated file'],
    ['one cut in its array', (bytes: Buffer) => bytes.subarray(0, -1), 'truncated file'],
    ['one with more behind', (bytes: Buffer) => Buffer.concat([bytes, bytes]), 'corrupt file'],
    ['one of another kind', (bytes: Buffer) => bytes.fill(0, 0, 4), 'corrupt file'],
    [
      'a claim of a huge header',
      (bytes: Buffer) => (bytes.writeUInt16LE(65535, 8), bytes),
      'corrupt file',
    ],
    [
      'objects',
      headed("{'descr': '|O', 'fortran_order': False, 'shape': (60, 12), }"),
      'unsupported file',
    ],
    [
      'a dtype of Object',
      headed("{'descr': 'constructor', 'fortran_order': False, 'shape': (60, 12), }"),
      'unsupported file',
    ],
    [
      'big endian',
      headed("{'descr': '>i4', 'fortran_order': False, 'shape': (60, 12), }"),
      'unsupported file',
    ],
    [
      'Fortran order',
      headed("{'descr': '<i4', 'fortran_order': True, 'shape': (60, 12), }"),
      'unsupported file',
    ],
    [
      'an endless shape',
      headed("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
      'corrupt file',
    ],
    ['code for a header', headed("__import__('os').system('true')"), 'corrupt file'],
  ])('.npy: %s', (name, change, code) => {
    expect(codeOf(() => openNpy(changed(`${name}.npy`, change), 'x').close())).toBe(code);
  });

  it.each([
    [
      'floats',
      (path: string) =>
        writeFileSync(
          path,
          Buffer.from(
            readFileSync(at('int32.npy')).toString('latin1').replace('<i4', '<f4'),
            'latin1',
          ),
        ),
      'dtype-mismatch file',
    ],
  ])('.npy of %s', (_, write, code) => {
    const path = join(folder, 'floats.npy');
    write(path);
    expect(codeOf(() => openTokenFile(path, 'input_ids'))).toBe(code);
  });

  it('parquet: damaged anywhere, it is an error with its file, or reads as something', async () => {
    const whole = readFileSync(at('snappy.parquet'));
    const path = join(folder, 'damaged.parquet');
    let errors = 0;
    for (let place = 4; place < whole.length; place += 13) {
      const bytes = Buffer.from(whole);
      bytes[place]! ^= 0xff;
      writeFileSync(path, bytes);
      try {
        for await (const record of readRecordsOf(path, 'input_ids', 'line')) asIds(record);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        expect(error.details.file).toBe(path);
        errors++;
      }
    }
    expect(errors).toBeGreaterThan(20);
    for (const length of [0, 11, 100, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      expect(codeOf(() => openParquetColumn(path, 'input_ids'))).toMatch(
        /^(truncated|corrupt) file/,
      );
    }
    expect(codeOf(() => openParquetColumn(at('snappy.parquet'), 'nothing'))).toBe('not-found file');
  });

  it.each([
    ['no JSON', '{"input_ids": [1, 2', 'corrupt'],
    ['no such field', '{"ids": [1]}', 'not-found'],
    ['a list of texts', '{"input_ids": ["1"]}', 'corrupt'],
    ['nothing in a list', '{"input_ids": [1, null]}', 'corrupt'],
    ['fractions', '{"input_ids": [1.5]}', 'corrupt'],
    ['negative ids', '{"input_ids": [-1]}', 'corrupt'],
    ['ids beyond 32 bits', '{"input_ids": [4294967296]}', 'corrupt'],
    ['a number', '{"input_ids": 7}', 'corrupt'],
    ['only null', 'null', 'not-found'],
  ])('JSON Lines with %s', async (name, line, code) => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, `{"input_ids": [1, 2]}\n\n${line}\n`);
    const read = async () => {
      for await (const record of readRecordsOf(path, 'input_ids', 'line')) asIds(record);
    };
    await expect(read()).rejects.toMatchObject({ code, details: { file: path, place: 'byte 23' } });
  });

  it('folders: of several formats, of none, of rows of several lengths', () => {
    const mixed = join(folder, 'mixed');
    mkdirSync(mixed);
    expect(codeOf(() => tokenFiles(mixed))).toBe('not-found file');
    copyFileSync(at('int32.npy'), join(mixed, 'a.npy'));
    const short = headed("{'descr': '<i4', 'fortran_order': False, 'shape': (72, 10), }");
    writeFileSync(join(mixed, 'b.npy'), short(Buffer.from(npy)));
    expect(codeOf(() => openTokenFile(tokenFiles(mixed), 'x'))).toBe('shape-mismatch file');
    copyFileSync(at('ids.jsonl'), join(mixed, 'c.jsonl'));
    expect(codeOf(() => tokenFiles(mixed))).toBe('bad-input file');
  });
});
