import { beforeEach, expect, test, vi } from 'vitest';
import type { Session } from 'electron';
import { hardenSession } from '../../../../main/electron/session.ts';
import { resetElectron, session } from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

const fake = session.defaultSession;

beforeEach(() => {
  resetElectron();
  hardenSession(fake as unknown as Session, () => undefined);
});

test.each([
  'media',
  'geolocation',
  'notifications',
  'midi',
  'midiSysex',
  'pointerLock',
  'fullscreen',
  'openExternal',
  'clipboard-read',
  'display-capture',
  'fileSystem',
  'hid',
  'serial',
  'usb',
  'idle-detection',
  'window-management',
  'storage-access',
  'speaker-selection',
  'keyboardLock',
  'unknown',
])('the permission %s is refused', (permission) => {
  expect(fake.actAskPermission(permission, 'app://assay/index.html')).toBe(false);
  expect(fake.actCheckPermission(permission, 'app://assay')).toBe(false);
});

test('the page may write what the user copies to the clipboard, nobody else may', () => {
  const ask = (address: string, main = true) =>
    fake.actAskPermission('clipboard-sanitized-write', address, main);
  expect(ask('app://assay/index.html')).toBe(true);
  expect(fake.actCheckPermission('clipboard-sanitized-write', 'app://assay/')).toBe(true);
  expect([
    ask('app://assay/index.html', false),
    ask('assay-data://blob/00'),
    ask('https://a.example'),
  ]).toEqual([false, false, false]);
});

test('devices are refused', () => {
  expect(fake.actAskDevice()).toBe(false);
});

test.each([
  'http://127.0.0.1:8080/',
  'https://github.com/',
  'ws://127.0.0.1/',
  'wss://a.example/',
  'ftp://a.example/',
  'file:///etc/passwd',
  'app://evil/a.js',
  'assay-data://evil/0',
  'chrome-extension://abc/a.js',
  'blob:https://a.example/1',
])('a request to %s is blocked', async (url) => {
  expect(await fake.actRequest(url)).toBe('blocked');
});

test.each([
  'app://assay/index.html',
  'assay-data://blob/00',
  'data:image/png;base64,AA',
  'blob:app://assay/1',
  'devtools://devtools/a.js',
])('a request to %s goes on', async (url) => {
  expect(await fake.actRequest(url)).toBe('network');
});

test('only what the page made or was offered may be downloaded', () => {
  const downloads = [
    'blob:app://assay/1',
    'assay-data://blob/00',
    'https://a.example/x.exe',
    'file:///etc/passwd',
    'blob:https://a.example/1',
  ];
  expect(downloads.map((url) => fake.actDownload(url))).toEqual([true, true, false, false, false]);
});

test('spelling is not checked, because its dictionaries would come from the network', () => {
  expect(fake.spellChecks).toBe(false);
});
