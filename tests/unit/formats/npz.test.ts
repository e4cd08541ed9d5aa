import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memoryBytes } from '../../../main/formats/file-bytes.ts';
import { readNpz } from '../../../main/formats/npz.ts';
import { ZipFile } from '../../../main/formats/zip-file.ts';
import { Watch } from '../../support/mutations.ts';
import { zipFile, type ZipEntry } from '../../support/zip-file.ts';

const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
const plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

/** A NumPy array with that header. */
function array(header = plain, data = numbers, version = 1, magic = '\x93NUMPY'): Buffer {
  const text = Buffer.from(`${header.padEnd(117)}\n`, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from(magic, 'latin1'),
    Buffer.from([version, 0]),
    length,
    text,
    data,
  ]);
}

function read(data: Buffer, name = 'W_enc.npy') {
  return readNpz(memoryBytes(zipFile([{ name, data }]), 'params.npz'));
}

describe('npz', () => {
  it.each([
    ['by rows', array(), [1, 2, 3, 4, 5, 6]],
    ['by columns', array(plain.replace('False', 'True')), [1, 3, 5, 2, 4, 6]],
    ['with the longer header of version 2', array(plain, numbers, 2), [1, 2, 3, 4, 5, 6]],
  ])('is read %s', (_, bytes, expected) => {
    const reader = read(bytes);
    expect(reader.tensors.get('W_enc')!.shape).toEqual([2, 3]);
    expect([...reader.floats('W_enc')]).toEqual(expected);
    expect([...reader.floats('W_enc', 2, 4)]).toEqual(expected.slice(2, 4));
  });

  it('is read where it is one number, or none', () => {
    const one = read(
      array("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", numbers.subarray(0, 8)),
    );
    expect(one.tensors.get('W_enc')).toMatchObject({ shape: [], size: 1 });
    const none = read(
      array("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 7), }", Buffer.alloc(0)),
    );
    expect(none.floats('W_enc').length).toBe(0);
  });

  const header = (from: string, to: string) => array(plain.replace(from, to));
  it.each<[string, Buffer, string]>([
    ['objects, which are a pickle', header('<f4', '|O'), 'unsupported'],
    ['records', array(plain.replace("'<f4'", "[('a', '<f4')]")), 'corrupt'],
    ['big-endian numbers', header('<f4', '>f4'), 'unsupported'],
    ['complex numbers', header('<f4', '<c8'), 'unsupported'],
    ['text', header('<f4', '<U4'), 'unsupported'],
    ['another magic', array(plain, numbers, 1, '\x93NUMPX'), 'corrupt'],
    ['version 9', array(plain, numbers, 9), 'corrupt'],
    ['nothing', Buffer.alloc(0), 'corrupt'],
    ['its magic alone', array().subarray(0, 8), 'corrupt'],
    ['half a header', array().subarray(0, 40), 'corrupt'],
    ['too few numbers', array(plain, numbers.subarray(4)), 'corrupt'],
    ['too many numbers', array(plain, Buffer.concat([numbers, numbers])), 'corrupt'],
    ['a shape below 0', header('(2, 3)', '(-2, -3)'), 'corrupt'],
    ['a shape that overflows', header('(2, 3)', '(4294967296, 4294967296)'), 'corrupt'],
    ['a huge shape', header('(2, 3)', '(999999999, 3)'), 'corrupt'],
    ['a shape that is a list', header('(2, 3)', '[2, 3]'), 'corrupt'],
    ['40 axes', header('(2, 3)', `(${'1, '.repeat(40)})`), 'corrupt'],
    ['a header that is code', array("__import__('os').system('id')"), 'corrupt'],
    ['a key twice', array(`${plain.slice(0, -1)}'descr': '<f8', }`), 'corrupt'],
    [
      'a header of 4 GB',
      Buffer.concat([Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff', 'latin1'), numbers]),
      'corrupt',
    ],
  ])('of %s is refused', (_, bytes, code) => {
    const watch = new Watch();
    expect(watch.run(() => read(bytes))).toBe(code);
    watch.end();
  });

  it('with something else in it is refused', () => {
    expect(() => read(array(), 'evil.pkl')).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

describe('a compressed entry', () => {
  const text = Buffer.from('words '.repeat(100));
  const packed = deflateRawSync(text);
  const entry = (claim: ZipEntry['claim'] = {}, data = packed): Buffer =>
    zipFile([
      {
        name: 'a',
        data,
        method: 8,
        claim: { size: text.length, packed: data.length, crc: crcOf(text), ...claim },
      },
    ]);
  const open = (bytes: Buffer, largestCompressed = 1 << 20) => {
    const zip = ZipFile.read(memoryBytes(bytes, 'x.zip'), { largestCompressed });
    return zip.read(zip.entries.get('a')!);
  };

  it('is unpacked', () => {
    expect(open(entry()).equals(text)).toBe(true);
  });

  const bomb = deflateRawSync(Buffer.alloc(64 << 20));
  it.each<[string, Buffer, string]>([
    ['that claims fewer bytes than it has', entry({ size: text.length - 1 }), 'corrupt'],
    ['that claims more bytes than it has', entry({ size: text.length + 1 }), 'corrupt'],
    ['that claims 4 GB', entry({ size: 0xfffffff0 }), 'too-large'],
    ['of 64 MB that claims 600 bytes', entry({}, bomb), 'corrupt'],
    ['of another checksum', entry({ crc: 7 }), 'corrupt'],
    ['of noise', entry({}, Buffer.from('this is not deflate')), 'corrupt'],
    ['of nothing', entry({}, Buffer.alloc(0)), 'corrupt'],
    ['in an uncommon way', zipFile([{ name: 'a', data: packed, method: 9 }]), 'unsupported'],
    [
      'whose own header says stored',
      zipFile([
        {
          name: 'a',
          data: packed,
          method: 8,
          local: { method: 0 },
          claim: { size: 600, packed: packed.length, crc: 0 },
        },
      ]),
      'corrupt',
    ],
    ['that reaches past the directory', entry({ packed: 1 << 20 }), 'corrupt'],
  ])('%s is refused', (_, bytes, code) => {
    const watch = new Watch();
    expect(watch.run(() => open(bytes))).toBe(code);
    watch.end();
  });
});

function crcOf(bytes: Buffer): number {
  return zipFile([{ name: 'a', data: bytes }]).readUInt32LE(14);
}
