import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { boot, type ShellHost } from '../../../../main/electron/boot.ts';
import { fileLog } from '../../../../main/electron/log.ts';
import { Blobs } from '../../../../main/host/blobs.ts';
import type { HostOptions } from '../../../../main/host/options.ts';
import { contract, type AssayContract } from '../../../../shared/contract/index.ts';
import type { Handlers } from '../../../../shared/contract/serve.ts';
import { Topics } from '../../../../shared/contract/topics.ts';
import {
  FakeBrowserWindow,
  Menu,
  app,
  dialog,
  protocol,
  resetElectron,
  session,
} from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

let folder: string;
let parts: HostOptions | undefined;
let closed: number;
let commands: unknown[];
const places = { out: '/opt/assay/out', resources: '/opt/assay/resources' };

function createHost(given: HostOptions): ShellHost {
  parts = given;
  const topics = new Topics<AssayContract>(contract);
  vi.spyOn(topics, 'publish').mockImplementation(
    (_name, _params, event) => void commands.push(event),
  );
  return {
    service: { handlers: {} as Handlers<AssayContract>, topics },
    blobs: new Blobs(),
    recentProjects: () => ['/recent/one'],
    close: () => {
      closed += 1;
      return Promise.resolve();
    },
  };
}

beforeEach(() => {
  resetElectron();
  folder = mkdtempSync(join(tmpdir(), 'assay-boot-'));
  app.userData = folder;
  parts = undefined;
  closed = 0;
  commands = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const window = (): FakeBrowserWindow => FakeBrowserWindow.all[0]!;

test('a second start ends at once and makes nothing', async () => {
  app.hasLock = false;
  await boot(createHost, places);
  expect(app.quits).toBe(1);
  expect(parts).toBeUndefined();
  expect(FakeBrowserWindow.all).toHaveLength(0);
});

test('the first module does not wait for Electron, which waits for it', async () => {
  let release = (): void => undefined;
  app.entry = new Promise<void>((resolve) => (release = resolve));
  await import('../../../../main/electron/index.ts');
  release();
  await vi.waitFor(() => expect(FakeBrowserWindow.all).toHaveLength(1));
  expect(app.exitCode).toBeUndefined();
});

test('the window is isolated from the system in every way that Electron has', async () => {
  await boot(createHost, places);
  expect(app.sandboxed).toBe(true);
  expect(window().options.webPreferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    preload: join(places.out, 'main', 'electron', 'preload', 'preload.cjs'),
  });
  expect(window().webContents.mainFrame.url).toBe('app://assay/index.html');
  expect(window().webContents.rtcPolicy).toBe('disable_non_proxied_udp');
  expect(protocol.schemes?.map(({ scheme }) => scheme)).toEqual(['app', 'assay-data']);
});

test('guards stand before the first page is loaded', async () => {
  await boot(createHost, places);
  expect(window().webContents.actNavigate('https://evil.example/')).toBe(false);
  expect(await session.defaultSession.actRequest('https://evil.example/')).toBe('blocked');
  expect(session.defaultSession.actAskPermission('media', 'app://assay/index.html')).toBe(false);
});

test('a window opens where the last one was closed', async () => {
  await boot(createHost, places);
  window().bounds = { x: 33, y: 44, width: 1200, height: 700 };
  window().maximize();
  window().actClose();
  app.emit('activate');
  expect(FakeBrowserWindow.all[1]?.options).toMatchObject({
    x: 33,
    y: 44,
    width: 1200,
    height: 700,
  });
  expect(FakeBrowserWindow.all[1]?.isMaximized()).toBe(true);
});

test('a second start with a folder opens it in the window that is there', async () => {
  await boot(createHost, places);
  window().actMinimize();
  app.emit('second-instance', {}, ['electron', 'index.js', 'work'], '/home/a');
  await vi.waitFor(() => expect(commands).toEqual([{ type: 'open-folder', path: '/home/a/work' }]));
  expect(window().isMinimized()).toBe(false);
  expect(window().focused).toBe(1);
  expect(FakeBrowserWindow.all).toHaveLength(1);
});

test('File, Open Folder opens the folder that was chosen, and nothing where none was', async () => {
  await boot(createHost, places);
  const file = Menu.current?.find((item) => item.label === '&File');
  const click = file?.submenu?.find((item) => item.label === 'Open Folder…')?.click as () => void;
  click();
  dialog.folder = '/chosen';
  click();
  await vi.waitFor(() => expect(commands).toEqual([{ type: 'open-folder', path: '/chosen' }]));
});

test('the host is closed once before the application ends', async () => {
  await boot(createHost, places);
  app.quit();
  expect(app.quits).toBe(0);
  await vi.waitFor(() => expect(app.quits).toBe(1));
  expect(closed).toBe(1);
});

test('a page whose process ended is loaded again, and the user is asked when that goes on', async () => {
  await boot(createHost, places);
  const gone = () =>
    app.emit('render-process-gone', {}, window().webContents, { reason: 'oom', exitCode: 5 });
  for (let times = 0; times < 3; times += 1) gone();
  expect([window().webContents.reloads, dialog.boxes]).toEqual([3, 0]);
  gone();
  await vi.waitFor(() => expect(dialog.boxes).toBe(1));
  await vi.waitFor(() => expect(window().webContents.reloads).toBe(4));
  dialog.response = 1;
  gone();
  await vi.waitFor(() => expect(closed).toBe(1));
  expect(readFileSync(join(folder, 'logs', 'assay.log'), 'utf8')).toContain('oom');
});

test('a page that ended as it should is left alone', async () => {
  await boot(createHost, places);
  app.emit('render-process-gone', {}, window().webContents, { reason: 'clean-exit', exitCode: 0 });
  expect(window().webContents.reloads).toBe(0);
});

test('the menu follows the recent projects', async () => {
  await boot(createHost, places);
  const labels = (): string[] =>
    JSON.stringify(Menu.current).match(/"label":"\/recent[^"]*"/g) ?? [];
  expect(labels()).toEqual(['"label":"/recent/one"']);
  parts?.recentChanged?.(['/recent/two', '/recent/one']);
  expect(labels()).toEqual(['"label":"/recent/two"', '"label":"/recent/one"']);
});

test.each([
  ['as it was built', 'code', undefined],
  ['changed', 'other code', 1],
])('an installed program whose native code is %s', async (_state, content, exitCode) => {
  const program = join(folder, 'app.asar');
  for (const path of [join(program, 'out'), join(folder, 'app.asar.unpacked', 'node_modules')])
    mkdirSync(path, { recursive: true });
  const sha256 = createHash('sha256').update('code').digest('hex');
  const list = { 'node_modules/a.node': sha256, 'node_modules/other-system.node': sha256 };
  writeFileSync(join(program, 'out', 'native-files.json'), JSON.stringify(list));
  writeFileSync(join(folder, 'app.asar.unpacked', 'node_modules', 'a.node'), content);
  app.isPackaged = true;
  await boot(createHost, { out: join(program, 'out'), resources: '/none' });
  expect(app.exitCode).toBe(exitCode);
  expect(FakeBrowserWindow.all).toHaveLength(exitCode === undefined ? 1 : 0);
  expect(dialog.errors.join()).toContain(exitCode === undefined ? '' : 'node_modules/a.node');
});

test('a log keeps its newest lines and one older file, and never fails its caller', () => {
  const log = fileLog(join(folder, 'deep'));
  const long = 'x'.repeat(2_500_000);
  for (let line = 0; line < 4; line += 1) log('info', `${line} ${long}`);
  expect(readFileSync(join(folder, 'deep', 'assay.log'), 'utf8')).toContain('"3 x');
  expect(existsSync(join(folder, 'deep', 'assay.old.log'))).toBe(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(() => fileLog('/dev/null/no')('error', 'nowhere')).not.toThrow();
  vi.restoreAllMocks();
});
