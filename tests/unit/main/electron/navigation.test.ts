import { beforeEach, describe, expect, test, vi } from 'vitest';
import { externalAddress, isPage } from '../../../../main/electron/addresses.ts';
import { denyNavigation } from '../../../../main/electron/navigation.ts';
import { FakeBrowserWindow, app, resetElectron, shell } from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

const page = 'app://assay/index.html#/project/runs?sort=l0';

/** Addresses that the system's browser may be asked to show. */
const allowed = [
  'https://github.com/a/b#c',
  'https://huggingface.co/models?search=sae',
  'https://www.neuronpedia.org/gpt2-small',
  'HTTPS://GitHub.com/x',
  // A backslash ends the host: this is a page of GitHub, and it is handed on as one.
  'https://github.com\\.evil.example/',
];

const refused = [
  'http://github.com/',
  'https://github.com.evil.example/',
  'https://evil.example/github.com',
  'https://evil.example#https://github.com',
  'https://github.com@evil.example/',
  'https://user:word@github.com/',
  'https://github.com:8443/',
  'https://evilgithub.com/',
  'https://raw.github.com/',
  'https:///github.com.evil.example',
  'https://github.com%2eevil.example/',
  'https://xn--gthub-n4a.com/',
  'app://actual@evil/index.html',
  'app://evil/index.html',
  'app://assay@evil/index.html',
  'app://assay.evil/index.html',
  'app://user@assay/index.html',
  'app://assay:80/index.html',
  'app://assay/other.html',
  'app-evil://assay/index.html',
  'assay-data://blob/00',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'file://github.com/etc',
  'ms-msdt:/id PCWDiagnostic',
  'smb://evil.example/share',
  'blob:https://github.com/0',
  'about:blank',
  'view-source:https://github.com',
  'chrome://settings',
  'devtools://devtools/bundled/inspector.html',
  'mailto:a@b.example',
  'not an address',
  '',
];

function openPage(): FakeBrowserWindow {
  app.isReady = true;
  denyNavigation(() => undefined);
  const window = new FakeBrowserWindow({});
  void window.loadURL(page);
  return window;
}

beforeEach(() => resetElectron());

describe.each([...allowed, ...refused])('an address such as %s', (address) => {
  const outside = externalAddress(address);

  test.each([
    [
      'a link, location, meta refresh or dropped file',
      (w: FakeBrowserWindow) => w.webContents.actNavigate(address),
    ],
    ['window.open or a new tab', (w: FakeBrowserWindow) => w.webContents.actOpen(address)],
    ['a redirect', (w: FakeBrowserWindow) => w.webContents.actRedirect(address)],
    ['a webview', (w: FakeBrowserWindow) => w.webContents.actAttachWebview()],
  ])('is not reached by %s', (_way, act) => {
    const window = openPage();
    expect(act(window)).toBe(false);
    expect(window.webContents.mainFrame.url).toBe(page);
    expect(FakeBrowserWindow.all).toHaveLength(1);
  });

  test('is not reached by a frame inside the page, unless it is a file of the host', () => {
    const window = openPage();
    expect(window.webContents.actNavigate(address, false)).toBe(
      address.startsWith('assay-data://'),
    );
    expect(shell.external).toEqual([]);
  });

  test('goes to the system only if it is allowed', () => {
    const window = openPage();
    window.webContents.actNavigate(address);
    window.webContents.actOpen(address);
    expect(shell.external).toEqual(allowed.includes(address) ? [outside, outside] : []);
  });
});

test('the page may be loaded again', () => {
  const window = openPage();
  expect(window.webContents.actNavigate('app://assay/index.html')).toBe(true);
});

test('the page is recognised at every place inside it, and nothing else is', () => {
  expect([page, 'app://assay/', 'app://assay'].map(isPage)).toEqual([true, true, true]);
  expect([...allowed, ...refused].filter(isPage)).toEqual([]);
});
