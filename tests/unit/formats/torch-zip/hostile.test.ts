import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTorchZip } from '../../../../main/formats/torch-zip/torch-zip.ts';
import { AppError } from '../../../../shared/errors.ts';
import * as p from '../../../support/pickles.ts';
import { Random } from '../../../support/random.ts';
import { zipFile, type ZipEnd, type ZipEntry } from '../../../support/zip-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'torch-zip-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(bytes: Buffer): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.pt`);
  writeFileSync(path, bytes);
  return path;
}

const numbers = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
const data: ZipEntry = { name: 'm/data/0', data: numbers };
const holding = (body: Buffer): ZipEntry => ({ name: 'm/data.pkl', data: body });
const good = p.pickle(p.dictionary([p.text('w'), p.tensor()]));
const file = (body: Buffer, ...rest: ZipEntry[]) => zipFile([holding(body), data, ...rest]);

/** Opens and reads everything; answers the code of the error. */
function outcome(bytes: Buffer): string {
  try {
    const opened = openTorchZip(written(bytes));
    for (const [name, { dtype }] of opened.tensors)
      if (dtype === 'F32') opened.floats(name);
      else opened.ints(name);
    opened.close();
    return 'read';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.details['file'] ?? error.details['place']).toBeTruthy();
    return error.code;
  }
}

it('a well-made file is read', () => {
  expect(outcome(file(good))).toBe('read');
  const path = written(file(good));
  const opened = openTorchZip(path);
  expect([...opened.floats('w')]).toEqual([1, 2, 3, 4]);
  opened.close();
});

describe('a pickle that is not data is refused:', () => {
  const evil = p.global('os', 'system');
  const refused: [string, Buffer][] = [
    ['a call of os.system', p.pickle(evil, p.tuple(p.text('id')), p.op('R'))],
    ['a name alone', p.pickle(p.global('builtins', 'eval'))],
    ['a name with a newline trick', p.pickle(p.global('collections', 'OrderedDict.x'))],
    ['a name split otherwise', p.pickle(p.global('collections.OrderedDict', ''))],
    ['a module of torch', p.pickle(p.global('torch', 'load'))],
    ['codecs', p.pickle(p.global('_codecs', 'encode'))],
    ['a call that is popped', p.pickle(evil, p.tuple(), p.op('R0N'))],
    ['protocol 4', Buffer.from('\x80\x04N.', 'latin1')],
    ['protocol in the middle', p.pickle(p.op('\x80\x02N'))],
    ...[
      ...['0', '1', '2', 'F', 'I', 'L', 'S', 'T', 'V', 'B', 'C', 'P', 'd', 'i', 'l', 'o', 'p', 'g'],
      ...['\x81', '\x82', '\x83', '\x84', '\x8b', '\x8c', '\x8d', '\x8e', '\x8f', '\x90', '\x91'],
      ...['\x92', '\x93', '\x94', '\x95', '\x96', '\x97', '\x98', '\xff', '\x00'],
    ].map((opcode): [string, Buffer] => [
      `opcode 0x${opcode.charCodeAt(0).toString(16)}`,
      p.pickle(p.op(`N${opcode}`), Buffer.alloc(9)),
    ]),
  ];
  it.each(refused)('%s', (_, body) => {
    expect(outcome(file(body))).toBe('unsupported');
  });
});

describe('a pickle that contradicts itself is refused:', () => {
  const w = (value: Buffer) => p.pickle(p.dictionary([p.text('w'), value]));
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no end', good.subarray(0, -1)],
    ['bytes after its end', Buffer.concat([good, Buffer.from([0x2e])])],
    ['two pickles', Buffer.concat([good, good])],
    ['an empty stack', p.pickle()],
    ['something left over', p.pickle(p.op('NN'))],
    ['a mark left over', p.pickle(p.op('(N'))],
    ['a mark as a value', p.pickle(p.op('('))],
    ['a tuple without a mark', p.pickle(p.op('Nt'))],
    ['a place that was not remembered', p.pickle(p.get(3))],
    ['a place remembered twice', p.pickle(p.op('N'), p.put(1), p.put(1))],
    ['an item set on a list', p.pickle(p.op(']NNs'))],
    ['an item set on a tensor', p.pickle(p.tensor(), p.text('a'), p.op('Ns'))],
    ['an item appended to a dictionary', p.pickle(p.op('}Na'))],
    ['an item appended to a tuple', p.pickle(p.op(')Na'))],
    ['an odd number of items', p.pickle(p.op('}('), p.text('a'), p.op('u'))],
    ['a dictionary as a key', p.pickle(p.op('}}Ns'))],
    ['a key twice', p.pickle(p.dictionary([p.text('a'), p.op('N')], [p.text('a'), p.op('N')]))],
    ['the state of a tensor', p.pickle(p.tensor(), p.op('}b'))],
    [
      'a dictionary made full',
      p.pickle(p.global('collections', 'OrderedDict'), p.tuple(p.op(']')), p.op('R')),
    ],
    ['a call of text', p.pickle(p.text('torch'), p.op(')R'))],
    ['a call without a tuple', p.pickle(p.global('collections', 'OrderedDict'), p.op('NR'))],
    ['a storage that is made', p.pickle(p.global('torch', 'FloatStorage'), p.op(')R'))],
    ['another kind of reference', w(p.tensor({ of: p.storage({ kind: 'module' }) }))],
    ['a storage of no dtype', w(p.tensor({ of: p.storage({ storage: p.text('F') }) }))],
    ['a storage of fewer than no numbers', w(p.tensor({ of: p.storage({ count: p.int(-4) }) }))],
    ['a tensor of a dictionary', w(p.tensor({ of: p.op('}') }))],
    ['a shape below 0', w(p.tensor({ shape: p.tuple(p.int(-1)) }))],
    [
      'a fraction of a shape',
      w(p.tensor({ shape: p.tuple(Buffer.from([0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0])) })),
    ],
    ['a stride below 0', w(p.tensor({ strides: p.tuple(p.int(-1)) }))],
    ['an offset below 0', w(p.tensor({ offset: p.int(-1) }))],
    ['more axes than strides', w(p.tensor({ shape: p.tuple(p.int(2), p.int(2)) }))],
    ['a view past its end', w(p.tensor({ offset: p.int(1) }))],
    [
      'a stride past its end',
      w(p.tensor({ shape: p.tuple(p.int(2)), strides: p.tuple(p.int(4)) })),
    ],
    [
      'a stride that overflows',
      w(p.tensor({ shape: p.tuple(p.int(2)), strides: p.tuple(p.long(2n ** 62n)) })),
    ],
    [
      'four numbers spread over 10^12',
      w(p.tensor({ shape: p.tuple(p.long(10n ** 12n)), strides: p.tuple(p.int(0)) })),
    ],
    [
      'a size that overflows',
      w(
        p.tensor({
          shape: p.tuple(p.long(2n ** 40n), p.long(2n ** 40n)),
          strides: p.tuple(p.int(0), p.int(0)),
        }),
      ),
    ],
    [
      '17 axes',
      w(
        p.tensor({
          shape: p.tuple(...Array.from({ length: 17 }, () => p.int(1))),
          strides: p.tuple(...Array.from({ length: 17 }, () => p.int(1))),
        }),
      ),
    ],
    ['more numbers than are stored', w(p.tensor({ of: p.storage({ count: p.int(5) }) }))],
    [
      'fewer numbers than are stored',
      w(p.tensor({ of: p.storage({ count: p.int(3) }), shape: p.tuple(p.int(3)) })),
    ],
    ['numbers that are missing', w(p.tensor({ of: p.storage({ key: '1' }) }))],
    ['numbers elsewhere in the file', w(p.tensor({ of: p.storage({ key: '../data.pkl' }) }))],
    ['text that is not UTF-8', p.pickle(Buffer.from('X\x01\x00\x00\x00\xff', 'latin1'))],
    ['text beyond its end', p.pickle(Buffer.from('X\xff\xff\x00\x00', 'latin1'))],
    ['2 GB of text', p.pickle(Buffer.from('X\x00\x00\x00\x80', 'latin1'))],
    ['a list within itself', p.pickle(p.op(']'), p.put(0), p.get(0), p.op('a'))],
    [
      'lists that double 60 times',
      p.pickle(
        p.op(']'),
        p.put(0),
        ...Array.from({ length: 60 }, (_, i) =>
          Buffer.concat([p.op(']('), p.get(i), p.get(i), p.op('e'), p.put(i + 1)]),
        ),
        p.op('\x85'),
      ),
    ],
    [
      '20 dictionaries in each other',
      p.pickle(
        ...Array.from({ length: 20 }, () => Buffer.concat([p.op('}'), p.text('a')])),
        p.tensor(),
        p.op('s'.repeat(20)),
      ),
    ],
    ['10^5 on its stack', p.pickle(p.op('N'.repeat(1e5)))],
    ['a million opcodes', p.pickle(p.op(']'), p.op('Na'.repeat(6e5)))],
    [
      'a name without an end',
      Buffer.concat([Buffer.from('\x80\x02c', 'latin1'), Buffer.alloc(1000, 'a')]),
    ],
  ])('%s', (_, body) => {
    expect(outcome(file(body))).toBe('corrupt');
  });

  it('a key that JavaScript gives a meaning is a key', () => {
    const opened = openTorchZip(
      written(file(p.pickle(p.dictionary([p.text('__proto__'), p.tensor()])))),
    );
    expect([...opened.tensors.keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
    opened.close();
  });
});

describe('a ZIP file that two readers could understand differently is refused:', () => {
  const entry = holding(good);
  const entries = (...list: ZipEntry[]) => zipFile([entry, data, ...list]);
  const ended = (end: ZipEnd) => zipFile([entry, data], end);
  const plain = zipFile([entry, data]);
  const other = (changes: Partial<ZipEntry>): Buffer => zipFile([entry, { ...data, ...changes }]);
  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['its end missing', plain.subarray(0, -1), 'corrupt'],
    ['its middle missing', Buffer.concat([plain.subarray(0, 40), plain.subarray(60)]), 'corrupt'],
    ['something before it', Buffer.concat([Buffer.from('#!/bin/sh\n'), plain]), 'corrupt'],
    ['something after it', Buffer.concat([plain, Buffer.from('x')]), 'corrupt'],
    ['another end in its comment', ended({ comment: plain.subarray(-22) }), 'corrupt'],
    ['several disks', ended({ disk: 1 }), 'unsupported'],
    ['fewer entries counted', ended({ count: 1 }), 'corrupt'],
    ['more entries counted', ended({ count: 3 }), 'corrupt'],
    ['a directory elsewhere', ended({ offset: 0 }), 'corrupt'],
    ['a directory past its end', ended({ offset: 0xfffffff0 }), 'corrupt'],
    ['a long record asked for that is not there', ended({ count: 0xffff }), 'corrupt'],
    ['bytes between directory and end', ended({ between: Buffer.alloc(8) }), 'corrupt'],
    ['a compressed entry', other({ method: 8 }), 'unsupported'],
    ['an encrypted entry', other({ flags: 1 }), 'unsupported'],
    ['a patched entry', other({ flags: 0x20 }), 'unsupported'],
    ['strong encryption', other({ flags: 0x40 }), 'unsupported'],
    ['masked headers', other({ flags: 0x2000 }), 'unsupported'],
    ['a link', other({ external: 0o120777 << 16 }), 'unsupported'],
    ['another name in the entry', other({ local: { name: 'm/data/1' } }), 'corrupt'],
    ['another size in the entry', other({ local: { size: 15 } }), 'corrupt'],
    ['another checksum in the entry', other({ local: { crc: 1 } }), 'corrupt'],
    ['another method in the entry', other({ local: { method: 8 } }), 'corrupt'],
    ['other flags in the entry', other({ local: { flags: 1 } }), 'corrupt'],
    ['a checksum that is wrong', other({ claim: { crc: 5 } }), 'corrupt'],
    ['a size that is larger', other({ claim: { size: 1 << 20 } }), 'corrupt'],
    ['two sizes', other({ claim: { packed: 12 } }), 'corrupt'],
    ['a size in a field that is not there', other({ claim: { size: 0xffffffff } }), 'corrupt'],
    ['an entry that lies in another', other({ claim: { offset: 0 } }), 'corrupt'],
    ['an entry past its end', other({ claim: { offset: 0x7fffffff } }), 'corrupt'],
    ['a name twice', entries(data), 'corrupt'],
    ['two pickles', entries({ ...entry, name: 'n/data.pkl' }), 'unsupported'],
    ['no pickle', zipFile([data]), 'unsupported'],
    ['a pickle in a folder', zipFile([{ ...entry, name: 'a/b/data.pkl' }, data]), 'unsupported'],
    [
      'big-endian numbers',
      entries({ name: 'm/byteorder', data: Buffer.from('big') }),
      'unsupported',
    ],
    ...['../x', '/x', 'a/../../x', 'C:x', 'a\\x', 'a\0x', './x', '//x'].map(
      (name): [string, Buffer, string] => [
        `the name ${JSON.stringify(name)}`,
        entries({ name, data: numbers }),
        'corrupt',
      ],
    ),
  ])('%s', (_, bytes, code) => {
    expect(outcome(bytes)).toBe(code);
  });
});

describe('the two end records of a file of torch.save', () => {
  const whole = readFileSync(`${import.meta.dirname}/../../../golden/torch-zip/views.pt`);
  const plainEnd = whole.length - 22;
  const [locator, longEnd] = [plainEnd - 20, plainEnd - 76];
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(whole);
    change(bytes);
    return bytes;
  };
  it.each<[string, Buffer]>([
    ['count otherwise', changed((b) => b.writeBigUInt64LE(1n, longEnd + 32))],
    ['give another size', changed((b) => b.writeBigUInt64LE(64n, longEnd + 40))],
    ['give another offset', changed((b) => b.writeBigUInt64LE(0n, longEnd + 48))],
    ['give an offset of 2^63', changed((b) => b.writeBigUInt64LE(2n ** 63n, longEnd + 48))],
    ['lie elsewhere', changed((b) => b.writeBigUInt64LE(0n, locator + 8))],
    ['lack the long one', changed((b) => b.writeUInt32LE(0, longEnd))],
  ])('that %s are refused', (_, bytes) => {
    expect(outcome(bytes)).toBe('corrupt');
  });

  it('may both say the same, the plain one by saying that the long one does', () => {
    expect(outcome(whole)).toBe('read');
    const saturated = changed((b) => {
      b.writeUInt16LE(0xffff, plainEnd + 8);
      b.writeUInt16LE(0xffff, plainEnd + 10);
      b.writeUInt32LE(0xffffffff, plainEnd + 12);
      b.writeUInt32LE(0xffffffff, plainEnd + 16);
    });
    expect(outcome(saturated)).toBe('read');
  });
});

describe('bytes that were overwritten', () => {
  const samples = ['nested', 'views'].map((name) =>
    readFileSync(`${import.meta.dirname}/../../../golden/torch-zip/${name}.pt`),
  );
  it.each([1, 2, 8])('%i at a time are an error or leave a file, never a crash', (count) => {
    const random = new Random(count);
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(samples[round % samples.length]!);
      for (let i = 0; i < count; i++)
        bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
      outcome(bytes);
    }
  });

  it('a file cut anywhere is an error', () => {
    const [bytes] = samples;
    for (let length = 0; length < bytes!.length; length += 13)
      expect(['truncated', 'corrupt']).toContain(outcome(bytes!.subarray(0, length)));
  });
});
