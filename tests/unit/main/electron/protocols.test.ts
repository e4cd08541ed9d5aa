import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Session } from 'electron';
import { findContained } from '../../../../main/electron/contained-file.ts';
import { handleProtocols, registerSchemes } from '../../../../main/electron/protocols.ts';
import { Blobs } from '../../../../main/host/blobs.ts';
import { blobPolicy, pagePolicy } from '../../../../main/host/page-policy.ts';
import { app, protocol, resetElectron, session } from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

const secret = 'SECRET OUTSIDE';
let folder: string;
let pages: string;
let now = 0;
let blobs: Blobs;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-protocol-'));
  pages = join(folder, 'renderer');
  for (const path of ['renderer/assets', 'renderer-evil', 'renderer/.hidden'])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), secret);
  writeFileSync(join(folder, 'secret.html'), secret);
  writeFileSync(join(folder, 'renderer-evil', 'secret.txt'), secret);
  writeFileSync(join(pages, 'index.html'), '<p>page</p>');
  writeFileSync(join(pages, 'assets', 'a b.js'), 'code');
  writeFileSync(join(pages, 'native.node'), secret);
  symlinkSync(join(folder, 'secret.txt'), join(pages, 'link.txt'));
  symlinkSync(folder, join(pages, 'up'));
  symlinkSync(join(pages, 'index.html'), join(pages, 'inside.html'));
  symlinkSync(join(folder, 'nowhere'), join(pages, 'dangling.txt'));
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  resetElectron();
  now = 1000;
  blobs = new Blobs(() => now);
  registerSchemes();
  app.isReady = true;
  handleProtocols(session.defaultSession as unknown as Session, pages, blobs);
});

async function request(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await session.defaultSession.actRequest(url, init);
  if (typeof response === 'string') throw new Error(response);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('app://', () => {
  test('serves the page with a policy that lets it load its own files only', async () => {
    const { status, text, headers } = await request('app://assay/index.html');
    expect([status, text]).toEqual([200, '<p>page</p>']);
    expect(headers.get('content-security-policy')).toBe(pagePolicy({ data: 'assay-data:' }));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('serves files with spaces in their names, and links that stay inside', async () => {
    expect((await request('app://assay/assets/a%20b.js')).text).toBe('code');
    expect((await request('app://assay/inside.html')).text).toBe('<p>page</p>');
  });

  test.each([
    'app://assay/../secret.txt',
    'app://assay/%2e%2e/secret.txt',
    'app://assay/%2E%2E%2Fsecret.txt',
    'app://assay/..%2fsecret.txt',
    'app://assay/..%5csecret.txt',
    'app://assay/assets/..%2f..%2fsecret.txt',
    'app://assay/assets/%2e%2e/%2e%2e/secret.txt',
    'app://assay/%252e%252e/secret.txt',
    'app://assay/%252e%252e%252fsecret.txt',
    'app://assay/..\\secret.txt',
    'app://assay/assets/..\\..\\secret.txt',
    'app://assay/../renderer-evil/secret.txt',
    'app://assay/%2e%2e/renderer-evil/secret.txt',
    'app://assay/..%2frenderer-evil%2fsecret.txt',
    'app://assay/link.txt',
    'app://assay/up/secret.txt',
    'app://assay/up/secret.html',
    'app://assay/dangling.txt',
    'app://assay//etc/passwd.txt',
    'app://assay/%2fetc%2fpasswd.txt',
    'app://assay/C:/Windows/win.txt',
    'app://assay/C%3A%5CWindows%5Cwin.txt',
    'app://assay/secret.txt%00.html',
    'app://assay/%00../secret.txt',
    'app://assay/%ff%fe.txt',
    'app://assay/%.txt',
    'app://assay/./%2e/../secret.txt',
    'app://assay/....//secret.txt',
    'app://assay/%c0%ae%c0%ae/secret.txt',
    'app://assay/\u2025/secret.txt',
    'app://assay/native.node',
    'app://assay/assets',
    'app://assay/assets/',
    'app://assay/none.html',
    'app://assay/index.html/',
    'app://evil/index.html',
    'app://assay.evil/index.html',
  ])('refuses %s and gives away nothing', async (url) => {
    const { status, text } = await request(url);
    expect([403, 404]).toContain(status);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('page');
  });

  test('refuses to be written to', async () => {
    expect((await request('app://assay/index.html', { method: 'POST', body: 'x' })).status).toBe(
      403,
    );
  });
});

test('a folder that itself lies behind a link contains its files', async () => {
  const alias = join(folder, 'alias');
  symlinkSync(pages, alias);
  expect(await findContained(alias, '/index.html')).toMatchObject({ status: 200, bytes: 11 });
});

describe('assay-data://', () => {
  const offer = (): string => {
    const path = join(folder, 'report.html');
    writeFileSync(path, '<script>alert(1)</script>');
    return blobs.add({
      path,
      contentType: 'text/html; charset=utf-8',
      name: 'naïve "report".html',
    });
  };

  test('serves a file that the host offered, under the policy of the other shell', async () => {
    const { status, text, headers } = await request(`assay-data://blob/${offer()}`);
    expect([status, text]).toEqual([200, '<script>alert(1)</script>']);
    expect(headers.get('content-security-policy')).toBe(blobPolicy('app://assay'));
    expect(headers.get('access-control-allow-origin')).toBe('app://assay');
    expect(headers.get('content-disposition')).toBe(
      "inline; filename*=UTF-8''na%C3%AFve%20%22report%22.html",
    );
  });

  test('answers a range, however odd, with the whole file', async () => {
    const address = `assay-data://blob/${offer()}`;
    for (const range of [
      'bytes=0-3',
      'bytes=-1',
      'bytes=5-2',
      'bytes=0-999999999999',
      'bytes=0-0,1-1',
    ])
      expect((await request(address, { headers: { Range: range } })).text).toHaveLength(25);
  });

  test('forgets a file after an hour', async () => {
    const address = `assay-data://blob/${offer()}`;
    now += 60 * 60 * 1000 + 1;
    expect((await request(address)).status).toBe(404);
  });

  test('says nothing of a file that is gone', async () => {
    const handle = blobs.add({
      path: join(folder, 'gone.txt'),
      contentType: 'text/plain',
      name: 'gone.txt',
    });
    expect((await request(`assay-data://blob/${handle}`)).status).toBe(404);
  });

  test.each([
    '00',
    'f'.repeat(48),
    '../secret.txt',
    '%2e%2e%2fsecret.txt',
    '',
    'constructor',
    '__proto__',
  ])('refuses the handle %s', async (handle) => {
    offer();
    const { status, text } = await request(`assay-data://blob/${handle}`);
    expect([403, 404]).toContain(status);
    expect(text).not.toContain(secret);
  });

  test('refuses another host and another method', async () => {
    const handle = offer();
    expect((await request(`assay-data://evil/${handle}`)).status).toBe(403);
    expect(
      (await request(`assay-data://blob/${handle}`, { method: 'POST', body: 'x' })).status,
    ).toBe(403);
  });
});

test('both schemes are origins of their own, and only files of the host may be fetched from afar', () => {
  expect(protocol.schemes).toEqual([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    {
      scheme: 'assay-data',
      privileges: {
        standard: true,
        secure: true,
        supportFetchAPI: true,
        corsEnabled: true,
        stream: true,
      },
    },
  ]);
});
