import { describe, expect, test } from 'vitest';
import { checkedPath, md5Checksum } from '../../../../main/hubs/remote-file.ts';
import { suggestFiles } from '../../../../main/hubs/suggest-files.ts';

function suggested(paths: string[]): string[] {
  const files = paths.map((path) => ({ path, bytes: 1, checksum: null, version: '', urls: [] }));
  return suggestFiles(files).map(({ path }) => path);
}

test('of an e2e_sae run: its config and the newest checkpoint, by number', () => {
  expect(
    suggested(['final_config.yaml', 'output.log', 'samples_80.pt', 'samples_400.pt', 'x.json']),
  ).toEqual(['final_config.yaml', 'samples_400.pt']);
});

test('of copies with numbers in their names: all of them, each with its config', () => {
  const names = ['e2e_layer_2.pt', 'e2e_layer_2.yaml', 'e2e_layer_10.pt', 'e2e_layer_10.yaml'];
  expect(suggested(['README.md', ...names])).toEqual(names);
});

test('weights bring the configurations of their folder and of those above, not of others', () => {
  expect(
    suggested([
      'config.json',
      'a/cfg.json',
      'a/sae_weights.safetensors',
      'a/sparsity.safetensors',
      'b/cfg.json',
    ]),
  ).toEqual(['config.json', 'a/cfg.json', 'a/sae_weights.safetensors', 'a/sparsity.safetensors']);
});

test('what training needs to go on is no dictionary', () => {
  expect(suggested(['optimizer_0.pt', 'state.pt', 'lr_scheduler_1.pt'])).toEqual([]);
});

describe('names of files', () => {
  test.each(['a.pt', 'a/b/c.pt', 'media/table/ä.json', '.hidden/x', 'a..b'])(
    '%s is fine',
    (path) => {
      expect(checkedPath(path, 'the hub')).toBe(path);
    },
  );

  test.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../x',
    'a/./x',
    'a//x',
    'a\\..\\x',
    'C:x',
    'a\0b',
    'a\nb',
    'con',
    'aux.pt',
    'a./x',
    'x'.repeat(300),
    'a/',
  ])('%j is refused', (path) => {
    expect(() => checkedPath(path, 'the hub')).toThrow(
      expect.objectContaining({ code: 'corrupt' }) as Error,
    );
  });
});

test('md5 is read as W&B writes it, and as hex; anything else is none', () => {
  const hex = 'd41d8cd98f00b204e9800998ecf8427e';
  expect(md5Checksum('1B2M2Y8AsgTpgAmY7PhCfg==')).toEqual({ algorithm: 'md5', hex });
  expect(md5Checksum(hex.toUpperCase())).toEqual({ algorithm: 'md5', hex });
  for (const text of [null, undefined, '', 'abc', `${hex}-12`])
    expect(md5Checksum(text)).toBe(null);
});
