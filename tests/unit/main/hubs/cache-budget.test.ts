import { linkSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { HubCache } from '../../../../main/hubs/cache.ts';
import { keepBudget } from '../../../../main/hubs/cache-budget.ts';
import type { RemoteFile } from '../../../../main/hubs/remote-file.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const day = 24 * 3_600_000;
const now = Date.parse('2026-11-26T12:00:00Z');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'blobs'));
  mkdirSync(join(folder, 'partial'));
});

/** A file of ten bytes that was used, and changed, so many days ago. */
function put(name: string, used: number, changed = used): string {
  const path = join(folder, name);
  writeFileSync(path, '0123456789');
  utimesSync(path, new Date(now - used * day), new Date(now - changed * day));
  return path;
}

const left = (part: string) => readdirSync(join(folder, part)).sort();

it('contents that fit the budget stay', () => {
  put('blobs/sha256-a', 400);
  put('blobs/sha256-b', 1);
  expect(keepBudget(folder, 20, now)).toBe(0);
  expect(left('blobs')).toEqual(['sha256-a', 'sha256-b']);
});

it('those that were not used for longest go first, however new they are', () => {
  put('blobs/sha256-new-but-unused', 9, 1);
  put('blobs/sha256-old-but-used', 1, 90);
  put('blobs/sha256-c', 5);
  expect(keepBudget(folder, 19, now)).toBe(20);
  expect(left('blobs')).toEqual(['sha256-old-but-used']);
});

it('a content that lies elsewhere as well takes no room and stays', () => {
  linkSync(put('blobs/sha256-linked', 90), join(folder, 'elsewhere'));
  put('blobs/sha256-b', 1);
  expect(keepBudget(folder, 10, now)).toBe(0);
  expect(left('blobs')).toEqual(['sha256-b', 'sha256-linked']);
});

it('downloads that have begun stay for a month', () => {
  put('partial/a.part', 31);
  put('partial/a.json', 31);
  put('partial/b.part', 29);
  expect(keepBudget(folder, 0, now)).toBe(20);
  expect(left('partial')).toEqual(['b.part']);
});

it('a project without downloads has nothing to free', () => {
  expect(keepBudget(join(folder, 'nowhere'), 0, now)).toBe(0);
});

it('what is put under its name was used', () => {
  const file: RemoteFile = {
    path: 'x.pt',
    bytes: 10,
    checksum: { algorithm: 'sha256', hex: 'aa' },
    version: '1',
    urls: [],
  };
  put('blobs/sha256-aa', 90);
  put('blobs/sha256-bb', 60);
  const cache = new HubCache(folder);
  const placed = cache.place(file, 'hf:a/b', join(temporaryFolder(), 'own'));
  // As after the import, when its files are put away.
  rmSync(placed);
  cache.makeRoom(10);
  expect(left('blobs')).toEqual(['sha256-aa']);
});
