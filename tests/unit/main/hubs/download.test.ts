import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HubCache } from '../../../../main/hubs/cache.ts';
import { download } from '../../../../main/hubs/download.ts';
import { HubHttp } from '../../../../main/hubs/http.ts';
import type { Patience } from '../../../../main/hubs/patience.ts';
import type { RemoteFile } from '../../../../main/hubs/remote-file.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { failureOf } from '../../../support/host.ts';
import { digestOf, gitName, noise } from '../../../support/hub-stub/content.ts';
import { startHubStub, type HubStub } from '../../../support/hub-stub/hub-stub.ts';

const patience: Patience = { answer: 300, silence: 300, tries: 2, pause: 1, longestPause: 50 };
const key = 'canary-key-0123456789';
const path = 'e2e_layer_6.pt';
const content = noise(40_000, 11);
const address = `/apollo-research/e2e-saes/resolve/0123456789abcdef0123456789abcdef01234567/${path}`;
const source = 'hf:apollo-research/e2e-saes';

let stub: HubStub;
beforeAll(async () => {
  stub = await startHubStub();
});
afterEach(() => {
  stub.faults.clear();
  stub.requests.length = 0;
});
afterAll(() => stub.close());

function remoteFile(changes: Partial<RemoteFile> = {}): RemoteFile {
  return {
    path,
    bytes: content.length,
    checksum: { algorithm: 'sha256', hex: digestOf('sha256', content, 'hex') },
    version: '1',
    urls: [address],
    ...changes,
  };
}

function setUp(changes: Partial<RemoteFile> = {}) {
  const folder = temporaryFolder();
  const cache = new HubCache(folder);
  const file = remoteFile(changes);
  const http = new HubHttp({
    title: 'Hugging Face',
    base: stub.url,
    authorization: `Bearer ${key}`,
    keyAdvice: 'Set HF_TOKEN.',
    patience,
  });
  const get = (signal?: AbortSignal, progress?: (bytes: number) => void) =>
    download(file, {
      http,
      cache,
      source,
      signal,
      ...(progress ? { progress } : {}),
    });
  const bytes = () => readFileSync(cache.blobPath(file, source));
  const part = () => cache.partPaths(file, source).part;
  return { folder, cache, file, http, get, bytes, part };
}

test('a file is fetched once, checked, and kept under its checksum', async () => {
  const { get, bytes, folder } = setUp();
  await get();
  expect(bytes().equals(content)).toBe(true);
  expect(readdirSync(join(folder, 'blobs'))).toEqual([
    `sha256-${digestOf('sha256', content, 'hex')}`,
  ]);
  expect(readdirSync(join(folder, 'partial'))).toEqual([]);
  const before = stub.requests.length;
  await get();
  expect(stub.requests.length).toBe(before);
});

test('the key goes to the hub and never to the storage that it redirects to', async () => {
  await setUp().get();
  const [first, second] = stub.requests;
  expect(first).toMatchObject({ server: 'hub', authorization: `Bearer ${key}` });
  expect(second).toMatchObject({ server: 'storage', authorization: undefined });
});

describe.each([0, 1, 2, 999, 1000, 4095, 16_384, 16_385, 20_000, 39_998, 39_999])(
  'a connection that is lost after %i bytes',
  (dropAfter) => {
    test('is taken up again where it ended', async () => {
      const { get, bytes } = setUp();
      stub.faults.add({ path: /^storage/, dropAfter, times: 1 });
      await get();
      expect(bytes().equals(content)).toBe(true);
      const ranges = stub.requests.filter(({ server }) => server === 'storage');
      expect(ranges).toHaveLength(2);
      expect(ranges[1]!.range).toBe(dropAfter === 0 ? undefined : `bytes=${dropAfter}-`);
    });
  },
);

test('each lost connection that brought something may be followed by another', async () => {
  const { get, bytes } = setUp();
  stub.faults.add({ path: /^storage/, dropAfter: 4000, times: 9 });
  await get();
  expect(bytes().equals(content)).toBe(true);
});

test('a later call goes on with what an earlier one left', async () => {
  const { get, bytes, part, cache, file } = setUp();
  const stop = new AbortController();
  stub.faults.add({ path: /^storage/, slow: 5, piece: 2000, times: 1 });
  const failure = await failureOf(
    get(stop.signal, (have) => have > 8000 && stop.abort(new Error('stopped'))),
  );
  expect(failure).toMatchObject({ message: 'stopped' });
  const have = readFileSync(part()).length;
  expect(have).toBeGreaterThan(8000);
  expect(cache.begun(file, source)).toBe(have);
  expect(existsSync(cache.blobPath(file, source))).toBe(false);
  await get();
  expect(bytes().equals(content)).toBe(true);
  expect(stub.requests.at(-1)!.range).toBe(`bytes=${have}-`);
});

test('what was kept is not trusted: damaged bytes are fetched again', async () => {
  const { get, bytes } = setUp();
  stub.faults.add({ path: /^storage/, corrupt: true, dropAfter: 30_000, times: 1 });
  await get();
  expect(bytes().equals(content)).toBe(true);
  expect(stub.requests.at(-1)!.range).toBeUndefined();
});

test('a wrong checksum is an error that names it, and nothing is kept', async () => {
  const { get, part, cache, file } = setUp();
  stub.faults.add({ path: /^storage/, corrupt: true });
  expect(await failureOf(get())).toMatchObject({
    code: 'hash-mismatch',
    message: expect.stringContaining('did not come as Hugging Face promised') as string,
  });
  expect(existsSync(cache.blobPath(file, source))).toBe(false);
  expect(readFileSync(part()).length).toBe(0);
});

test.each([
  ['md5', digestOf('md5', content, 'hex')],
  ['git-sha1', gitName(content)],
] as const)('%s is checked as well', async (algorithm, hex) => {
  const { get, bytes } = setUp({ checksum: { algorithm, hex } });
  await get();
  expect(bytes().equals(content)).toBe(true);
  const wrong = setUp({
    checksum: { algorithm, hex: hex.replace(/^./, (c) => (c === '0' ? '1' : '0')) },
  });
  expect(await failureOf(wrong.get())).toMatchObject({ code: 'hash-mismatch' });
});

test('a body that ends early again and again is truncated, and what came is kept', async () => {
  const { get, part } = setUp();
  stub.faults.add({ path: /^storage/, shortBy: 1000 });
  expect(await failureOf(get())).toMatchObject({ code: 'truncated', details: { bytes: 40_000 } });
  expect(readFileSync(part()).length).toBeGreaterThan(0);
});

test('a file of another size than was told is refused before it is taken', async () => {
  const { get } = setUp({ bytes: 39_000 });
  expect(await failureOf(get())).toMatchObject({ code: 'hash-mismatch' });
});

test('a body longer than it said is refused', async () => {
  const { get, part } = setUp({ bytes: 30_000 });
  // Without a length in the answer, only the bytes themselves tell.
  stub.faults.add({ path: /^storage/, shortBy: 0 });
  expect(await failureOf(get())).toMatchObject({ code: 'too-large' });
  expect(readFileSync(part()).length).toBe(0);
});

test('a file whose size and checksum nobody told is taken as it comes', async () => {
  const { get, bytes } = setUp({ bytes: null, checksum: null });
  await get();
  expect(bytes().equals(content)).toBe(true);
});

test('without a checksum, a version that has changed is fetched from its beginning', async () => {
  const { get, bytes } = setUp({ checksum: null });
  stub.faults.add({ path: /^storage/, dropAfter: 10_000, times: 1 });
  stub.faults.add({ path: /resolve/, status: 404, times: 0 });
  const changed = noise(40_000, 99);
  const original = stub.content;
  const stop = new AbortController();
  await failureOf(
    get(stop.signal, (have) => {
      if (have >= 10_000) {
        stub.content = {
          ...original,
          hf: {
            'apollo-research/e2e-saes': {
              ...original.hf['apollo-research/e2e-saes']!,
              files: { [path]: changed },
            },
          },
        };
      }
    }),
  );
  stub.content = original;
  expect(bytes().equals(changed)).toBe(true);
});

test.each([
  [429, { 'retry-after': '0' }, 'rate-limited'],
  [500, {}, 'hub-unavailable'],
  [503, {}, 'hub-unavailable'],
])('%i is asked again, and told in words where it stays', async (status, headers, code) => {
  const { get, bytes } = setUp();
  stub.faults.add({ path: /resolve/, status, headers, times: 2 });
  await get();
  expect(bytes().equals(content)).toBe(true);
  const other = setUp();
  stub.faults.add({ path: /resolve/, status, headers });
  expect(await failureOf(other.get())).toMatchObject({ code });
});

test('a hub that wants to be left alone for long is not waited for', async () => {
  stub.faults.add({ path: /resolve/, status: 429, headers: { 'retry-after': '3600' } });
  const started = stub.requests.length;
  expect(await failureOf(setUp().get())).toMatchObject({
    code: 'rate-limited',
    message: expect.stringContaining('3600 s') as string,
  });
  expect(stub.requests.length - started).toBe(1);
});

test.each([
  [401, 'needs-key', 'does not accept the key'],
  [403, 'not-permitted', 'Ask its owner'],
  [404, 'not-found', 'no such thing'],
])('%i is an error at once', async (status, code, words) => {
  stub.faults.add({ path: /resolve/, status });
  const error = await failureOf(setUp().get());
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) as string });
  expect(JSON.stringify(error)).not.toContain(key);
  expect(stub.requests).toHaveLength(1);
});

test('a server that says nothing is given up in time', async () => {
  stub.faults.add({ path: /resolve/, silent: true });
  expect(await failureOf(setUp().get())).toMatchObject({ code: 'timeout' });
});

test('a body that stops coming is given up, and gone on with later', async () => {
  const { get, bytes } = setUp();
  stub.faults.add({ path: /^storage/, slow: 1000, piece: 15_000, times: 1 });
  await get();
  expect(bytes().equals(content)).toBe(true);
  expect(stub.requests.at(-1)!.range).toBe('bytes=15000-');
});

test('no signature of an address and no key is in an error', async () => {
  stub.faults.add({ path: /^storage/, status: 403 });
  const error = await failureOf(setUp().get());
  expect(error).toMatchObject({ code: 'not-permitted' });
  expect(JSON.stringify(error)).not.toMatch(/secret-of-the-link|canary/);
});

test('a redirect may not lead to an address without encryption, or in a circle', async () => {
  stub.faults.add({ path: /resolve/, status: 302, headers: { location: 'ftp://127.0.0.1/x' } });
  expect(await failureOf(setUp().get())).toMatchObject({ code: 'corrupt' });
  stub.faults.clear();
  stub.faults.add({ path: /resolve/, status: 302, headers: { location: address } });
  expect(await failureOf(setUp().get())).toMatchObject({ code: 'corrupt' });
  const open = { title: 'Hugging Face', base: 'http://hub.example', authorization: undefined };
  expect(() => new HubHttp({ ...open, keyAdvice: '' })).toThrow('must begin with https://');
});
