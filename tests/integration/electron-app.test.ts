import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findElectron, hasDisplay } from '../../main/bootstrap/electron.mjs';

/*
 * The application in a real Electron. It runs where there is a binary, a screen and a built program
 * (npm run build); tests/unit/main/electron checks the same rules against a stand-in everywhere.
 */

const root = resolve(import.meta.dirname, '../..');
const electron = findElectron();
const why = electron.why ?? (hasDisplay() ? undefined : 'there is no display');
if (why !== undefined) console.info(`Electron tests are skipped: ${why}`);

describe.skipIf(why !== undefined)('the application in Electron', () => {
  let application: ElectronApplication;
  let page: Page;
  let profile: string;

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), 'assay-profile-'));
    application = await _electron.launch({
      executablePath: electron.path!,
      args: ['--no-sandbox', `--user-data-dir=${profile}`, root],
    });
    page = await application.firstWindow();
    await page.waitForLoadState();
  });
  afterAll(async () => {
    await application.close();
    rmSync(profile, { recursive: true });
  });

  test('shows its page from its own scheme', () => {
    expect(page.url()).toMatch(/^app:\/\/assay\/index\.html/);
  });

  test('gives the page nothing of Node and Electron', async () => {
    const found = await page.evaluate(
      `['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in window)`,
    );
    expect(found).toEqual([]);
  });

  test('runs the page in a sandbox with a context of its own', async () => {
    const preferences = await application.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
  });

  test('draws the start page over a connection to the host', async () => {
    await page.getByRole('heading').first().waitFor();
    expect(await page.title()).toContain('Assay');
  });

  test.each([
    `location.href = 'https://evil.example/'`,
    `location.href = 'file:///etc/passwd'`,
    `location.href = 'data:text/html,<p>'`,
    `window.open('https://evil.example/')`,
    `document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://evil.example/' }))`,
  ])('goes nowhere for %s', async (script) => {
    await page.evaluate(script).catch(() => undefined);
    await page.waitForTimeout(200);
    expect(page.url()).toMatch(/^app:\/\/assay\/index\.html/);
    expect(application.windows()).toHaveLength(1);
  });

  test('reaches no network', async () => {
    const answers = await page.evaluate(
      `Promise.all(['http://127.0.0.1:9/', 'https://github.com/', 'file:///etc/passwd', 'app://evil/'].map(
        (url) => fetch(url).then((answer) => answer.status, () => 'refused')))`,
    );
    expect(answers).toEqual(['refused', 'refused', 'refused', 'refused']);
  });

  test('gives away no file outside its pages', async () => {
    const status = await page.evaluate(
      `Promise.all(['/..%2fpackage.json', '/%2e%2e/package.json', '/..%5cpackage.json'].map(
        (path) => fetch('app://assay' + path).then((answer) => answer.status, () => 0)))`,
    );
    expect((status as number[]).every((code) => code !== 200)).toBe(true);
  });

  test('refuses permissions', async () => {
    const state = await page.evaluate(
      `navigator.permissions.query({ name: 'geolocation' }).then((p) => p.state)`,
    );
    expect(state).toBe('denied');
  });
});
