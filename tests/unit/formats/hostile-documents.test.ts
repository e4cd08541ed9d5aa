import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryBytes } from '../../../main/formats/file-bytes.ts';
import { readSafetensors } from '../../../main/formats/safetensors.ts';
import { parseStrictJson } from '../../../main/formats/strict-json.ts';
import { readTable } from '../../../main/formats/table.ts';
import { parseYaml } from '../../../main/formats/yaml.ts';
import { AppError } from '../../../shared/errors.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { Watch } from '../../support/mutations.ts';

/** A header with its length in front, and the data. */
function safetensors(header: string, data = Buffer.alloc(8)): Buffer {
  const bytes = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes, data]);
}

describe('a safetensors header', () => {
  const one = (changes: object) =>
    safetensors(
      JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes } }),
    );
  it.each<[string, Buffer, string]>([
    ['of no bytes', safetensors('', Buffer.alloc(0)), 'corrupt'],
    ['of white space', safetensors('   {}', Buffer.alloc(0)), 'corrupt'],
    ['cut within a character', safetensors('{"ä'.slice(0, 3)), 'corrupt'],
    ['with a byte order mark', safetensors('\ufeff{}', Buffer.alloc(0)), 'read'],
    ['with a null for a tensor', safetensors('{"a":null}'), 'unsupported'],
    ['with a text for a shape', one({ shape: '2' }), 'corrupt'],
    ['with a text in a shape', one({ shape: ['2'] }), 'corrupt'],
    [
      'with -0 in a shape',
      safetensors('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,8]}}'),
      'corrupt',
    ],
    [
      'with 1e999 in a shape',
      safetensors('{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}}'),
      'corrupt',
    ],
    ['with three offsets', one({ data_offsets: [0, 4, 8] }), 'corrupt'],
    ['with offsets below 0', one({ data_offsets: [-8, 0] }), 'corrupt'],
    ['with an offset of 2^53', one({ data_offsets: [0, 2 ** 53] }), 'corrupt'],
    ['with the dtype F4', one({ dtype: 'F4' }), 'unsupported'],
    ['with a number for a dtype', one({ dtype: 32 }), 'unsupported'],
    ['with a dtype that every object has', one({ dtype: 'constructor' }), 'unsupported'],
    [
      'with metadata that are a list',
      safetensors('{"__metadata__":[1]}', Buffer.alloc(0)),
      'corrupt',
    ],
    [
      'with a key within twice',
      safetensors('{"a":{"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,8]}}'),
      'corrupt',
    ],
    [
      'with __proto__ within',
      safetensors('{"a":{"__proto__":{},"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'),
      'corrupt',
    ],
    [
      'of a million tensors',
      safetensors(`{${Array.from({ length: 1e6 }, (_, i) => `"${i}":{"a":[0,0]}`).join()}}`),
      'too-large',
    ],
    ['of two million axes', safetensors(`{"a":{"shape":[${'1,'.repeat(2e6)}1]}}`), 'too-large'],
    [
      'of one empty tensor',
      safetensors('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}', Buffer.alloc(0)),
      'read',
    ],
    [
      'of a single number',
      safetensors('{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}'),
      'read',
    ],
    [
      'of two empty tensors in one place',
      safetensors(
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
        Buffer.alloc(0),
      ),
      'read',
    ],
  ])('%s is read or refused as it should be', (_, bytes, code) => {
    const watch = new Watch();
    expect(watch.run(() => readSafetensors(memoryBytes(bytes, 'x.safetensors')))).toBe(code);
    watch.end();
  });
});

describe('a configuration', () => {
  it.each<[string, string, string]>([
    ['nested 10^5 deep', `${'['.repeat(1e5)}${']'.repeat(1e5)}`, 'corrupt'],
    ['of objects nested 10^5 deep', '{"a":'.repeat(1e5), 'corrupt'],
    ['with a key twice', '{"a":1,"a":2}', 'corrupt'],
    ['with a key twice, once in disguise', '{"a":1,"\\u0061":2}', 'corrupt'],
    ['with __proto__', '{"__proto__":{"x":1}}', 'corrupt'],
    ['with __proto__ in disguise', '{"__pr\\u006fto__":{"x":1}}', 'corrupt'],
    ['with constructor, which is a key', '{"constructor":{"prototype":{"x":1}}}', 'read'],
    ['with NaN', '{"a":NaN}', 'corrupt'],
    ['with a comment', '{"a":1} // b', 'corrupt'],
    ['with a comma too many', '{"a":1,}', 'corrupt'],
    ['with half a surrogate', '{"a":"\\ud800"}', 'read'],
    ['with a byte order mark', '\ufeff{"a":1}', 'corrupt'],
    ['that does not end', '{"a":"', 'corrupt'],
    ['of nothing', '', 'corrupt'],
    ['of two documents', '{}{}', 'corrupt'],
  ])('in JSON %s is read or refused as it should be', (_, text, code) => {
    const watch = new Watch();
    expect(watch.run(() => parseStrictJson(text, 'cfg.json'))).toBe(code);
    watch.end();
  });

  const laughs = Array.from(
    { length: 9 },
    (_, i) =>
      `l${i}: &l${i} [${Array<string>(9)
        .fill(i === 0 ? 'ha' : `*l${i - 1}`)
        .join()}]`,
  ).join('\n');
  it.each<[string, string, string]>([
    ['of a billion laughs', laughs, 'bad-spec'],
    ['with a key twice', 'a: 1\na: 2', 'bad-spec'],
    ['with a tag that makes objects', 'a: !!python/object/apply:os.system [id]', 'read'],
    ['of two documents', 'a: 1\n---\nb: 2', 'bad-spec'],
    ['with an alias of nothing', 'a: *b', 'bad-spec'],
    ['with a list for a key', '? [1, 2]\n: 3', 'bad-spec'],
    ['with an alias for a key', 'a: &x b\n*x : 2', 'bad-spec'],
    ['with numbers for keys', '0: a\n1: b', 'read'],
  ])('in YAML %s is read or refused as it should be', (_, text, code) => {
    const watch = new Watch();
    const found = watch.run(() => parseYaml(text, 'final_config.yaml'));
    expect(found).toBe(code);
    watch.end();
  });
});

describe('a table', () => {
  it.each<[string, Buffer | string, string]>([
    ['of nothing', '', 'corrupt'],
    ['of a million columns', `${'a,'.repeat(1e6)}b\n1`, 'too-large'],
    ['of mixed ends of lines', 'a,b\r\n1,2\n3,4\r5,6', 'read'],
    ['with a byte order mark', '\ufeffa,b\n1,2', 'read'],
    ['with half a character', Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0xc3, 0x2c, 0x31]), 'corrupt'],
    ['with NaN and infinities', 'a,b\nNaN,1e999\n-1e999,2', 'read'],
    ['with columns that every object has', '__proto__,constructor\n1,2\n3,4', 'read'],
    ['with a quote that does not end', `a,b\n"${'x'.repeat(1e6)}`, 'corrupt'],
    ['with rows of other lengths', 'a,b\n1,2,3', 'ragged-table'],
  ])('%s is read or refused as it should be', async (_, content, code) => {
    const path = join(temporaryFolder(), 'table.csv');
    writeFileSync(path, content);
    const before = process.memoryUsage().rss;
    const found = await readTable(path).then(
      () => 'read',
      (error: unknown) => {
        if (error instanceof AppError) return error.code;
        throw error;
      },
    );
    expect(found).toBe(code);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
