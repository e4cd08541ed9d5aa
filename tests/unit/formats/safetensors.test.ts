import { afterAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../../main/formats/safetensors-writer.ts';
import { AppError } from '../../../shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with the given header text (or length claim) and data bytes. */
function file(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0), claim?: bigint) {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.safetensors`);
  const bytes = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claim ?? BigInt(bytes.length));
  writeFileSync(path, Buffer.concat([length, bytes, data]));
  return path;
}

function errorOf(path: string): AppError {
  try {
    openSafetensors(path).close();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('opened without an error');
}

const eight = new Uint8Array(8);
const f32 = (shape: number[], from: number, to: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [from, to],
});

describe('a safetensors file that is not what it says', () => {
  it.each([
    ['a claim beyond the file', file('{}', eight, 500n), 'truncated'],
    ['a claim of 2^63', file('{}', eight, 2n ** 63n), 'corrupt'],
    ['a header that is not an object', file('[]'), 'corrupt'],
    ['bytes that are not UTF-8', file(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 'corrupt'],
    ['broken JSON', file('{"a": }'), 'corrupt'],
    ['nesting of 10^5', file(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), 'corrupt'],
    [
      'duplicate keys',
      file(`{"a":${JSON.stringify(f32([1], 0, 4))},"a":${JSON.stringify(f32([1], 4, 8))}}`, eight),
      'corrupt',
    ],
    [
      'the key __proto__',
      file('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
      'corrupt',
    ],
    ['metadata that are not text', file('{"__metadata__":{"a":1}}'), 'corrupt'],
    [
      'an unknown dtype',
      file('{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}', eight),
      'unsupported',
    ],
    [
      'a negative length',
      file('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}', eight),
      'corrupt',
    ],
    [
      'a fractional length',
      file('{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}', eight),
      'corrupt',
    ],
    [
      'a shape that overflows',
      file('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}', eight),
      'corrupt',
    ],
    [
      'a shape that needs other bytes',
      file(JSON.stringify({ a: f32([3], 0, 8) }), eight),
      'corrupt',
    ],
    ['reversed offsets', file(JSON.stringify({ a: f32([2], 8, 0) }), eight), 'corrupt'],
    [
      'overlapping tensors',
      file(JSON.stringify({ a: f32([2], 0, 8), b: f32([1], 4, 8) }), eight),
      'corrupt',
    ],
    ['a gap between tensors', file(JSON.stringify({ a: f32([1], 4, 8) }), eight), 'corrupt'],
    ['data that end too early', file(JSON.stringify({ a: f32([4], 0, 16) }), eight), 'truncated'],
    ['bytes after the last tensor', file(JSON.stringify({ a: f32([1], 0, 4) }), eight), 'corrupt'],
  ])('is refused: %s', (_name, path, code) => {
    const error = errorOf(path);
    expect(error.code).toBe(code);
    expect(error.details.file).toBe(path);
    expect(error.message).toContain(path);
  });

  it.each([0, 1, 7])('is refused: %i bytes in all', (bytes) => {
    const path = file('{}');
    truncateSync(path, bytes);
    expect(errorOf(path).code).toBe('truncated');
  });

  it('is refused at every length short of the whole', () => {
    const whole = join(folder, 'whole.safetensors');
    writeSafetensors(whole, [{ name: 'x', shape: [4], data: Float32Array.of(1, 2, 3, 4) }]);
    const reader = openSafetensors(whole);
    expect([...reader.floats('x')]).toEqual([1, 2, 3, 4]);
    reader.close();
    for (let bytes = 90; bytes >= 0; bytes -= 3) {
      truncateSync(whole, bytes);
      expect(['truncated', 'corrupt']).toContain(errorOf(whole).code);
    }
  });
});

describe('reading tensors', () => {
  const path = join(folder, 'values.safetensors');
  writeSafetensors(
    path,
    [
      { name: 'f', shape: [2, 2], data: Float32Array.of(1.5, -2, NaN, Infinity) },
      { name: 'd', shape: [2], data: Float64Array.of(0.1, 1e300) },
      { name: 'i', shape: [3], data: Int32Array.of(-1, 0, 7) },
      { name: 'l', shape: [2], data: BigInt64Array.of(5n, 2n ** 40n) },
      { name: 'b', shape: [3], data: Uint8Array.of(0, 1, 255) },
      { name: 'scalar', shape: [], data: Float32Array.of(3) },
      { name: 'empty', shape: [0, 4], data: new Float32Array(0) },
    ],
    { note: 'métadonnées' },
  );
  const reader = openSafetensors(path);
  afterAll(() => reader.close());

  it('gives back what was written', () => {
    expect([...reader.floats('f')]).toEqual([1.5, -2, NaN, Infinity]);
    expect([...reader.ints('i')]).toEqual([-1, 0, 7]);
    expect([...reader.ints('b')]).toEqual([0, 1, 255]);
    expect([...reader.floats('scalar')]).toEqual([3]);
    expect(reader.floats('empty').length).toBe(0);
    expect(reader.metadata.get('note')).toBe('métadonnées');
  });

  it('rounds float64 to float32', () => {
    expect([...reader.floats('d')]).toEqual([Math.fround(0.1), Infinity]);
  });

  it('reads float64 exactly where asked to', () => {
    expect([...reader.doubles('d')]).toEqual([0.1, 1e300]);
    expect([...reader.doubles('f', 0, 2)]).toEqual([1.5, -2]);
  });

  it('reads a part', () => {
    expect([...reader.floats('f', 1, 2)]).toEqual([-2]);
    expect(() => reader.floats('f', 1, 5)).toThrow(/which has 4/);
  });

  it('refuses an integer that does not fit', () => {
    expect([...reader.ints('l', 0, 1)]).toEqual([5]);
    expect(() => reader.ints('l')).toThrow(/does not fit/);
  });

  it('refuses the wrong kind of number and unknown names', () => {
    expect(() => reader.floats('i')).toThrow(expect.objectContaining({ code: 'dtype-mismatch' }));
    expect(() => reader.ints('f')).toThrow(expect.objectContaining({ code: 'dtype-mismatch' }));
    expect(() => reader.floats('nope')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('widens float16 and bfloat16 exactly', () => {
    // 1, -2, the smallest subnormal, the largest finite number, infinity; then 1, -1.5 in bfloat16.
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3f80, 0xbfc0);
    const header = {
      h: { dtype: 'F16', shape: [5], data_offsets: [0, 10] },
      b: { dtype: 'BF16', shape: [2], data_offsets: [10, 14] },
    };
    const path16 = file(JSON.stringify(header), new Uint8Array(halves.buffer));
    const reader16 = openSafetensors(path16);
    expect([...reader16.floats('h')]).toEqual([1, -2, 2 ** -24, 65504, Infinity]);
    expect([...reader16.floats('b')]).toEqual([1, -1.5]);
    reader16.close();
  });
});
