import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { WebContents } from 'electron';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { acceptConnections, channels } from '../../../../main/electron/connection.ts';
import { connect } from '../../../../shared/contract/connect.ts';
import { contract, type AssayContract } from '../../../../shared/contract/index.ts';
import { portTransport, type PortLike } from '../../../../shared/contract/port.ts';
import type { Handlers, Service } from '../../../../shared/contract/serve.ts';
import { Topics } from '../../../../shared/contract/topics.ts';
import {
  FakeBrowserWindow,
  FakeFrame,
  app,
  ipcMain,
  resetElectron,
  type FakeMessagePortMain,
} from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

const page = 'app://assay/index.html#/';
let window: FakeBrowserWindow;
let refusals: string[];
let topics: Topics<AssayContract>;

/** Every operation of the contract; only one of them has an answer. */
function service(): Service<AssayContract> {
  const names = Object.entries(contract).filter(([, entry]) => entry.kind === 'operation');
  const handlers = Object.fromEntries(
    names.map(([name]) => [name, () => Promise.reject(new Error('not here'))]),
  );
  handlers['app.chooseFolder'] = () => Promise.resolve('/a/folder') as never;
  return { handlers: handlers as unknown as Handlers<AssayContract>, topics };
}

beforeEach(() => {
  resetElectron();
  app.isReady = true;
  refusals = [];
  topics = new Topics(contract);
  window = new FakeBrowserWindow({});
  void window.loadURL(page);
  acceptConnections({
    service: service(),
    isOwnWindow: (contents) => contents === (window.webContents as unknown as WebContents),
    log: (_level, message) => refusals.push(message),
    logBug: () => undefined,
  });
});

/** The port that a frame was given, if any. */
function ask(
  frame: FakeFrame | null,
  contents = window.webContents,
): FakeMessagePortMain | undefined {
  ipcMain.actReceive(channels.request, contents, frame);
  return frame?.received.at(-1)?.ports[0];
}

test('the page gets a port to the host, over which calls are answered', async () => {
  const port = ask(window.webContents.mainFrame);
  const client = connect(contract, portTransport(port!.port as unknown as PortLike));
  expect(await client.call('app.chooseFolder', {})).toBe('/a/folder');
  await expect(client.call('app.info', {})).rejects.toMatchObject({ code: 'internal' });
  client.close();
});

test('commands of the menu reach the page as events', async () => {
  const client = connect(
    contract,
    portTransport(ask(window.webContents.mainFrame)!.port as unknown as PortLike),
  );
  const seen = new Promise((resolve) => {
    client.subscribe('app.command', {}, { event: resolve, missed: () => undefined });
  });
  await client.call('app.chooseFolder', {});
  topics.publish('app.command', {}, { type: 'action', id: 'theme.dark' });
  expect(await seen).toEqual({ type: 'action', id: 'theme.dark' });
  client.close();
});

describe('a message is refused and logged', () => {
  test.each([
    [
      'from a frame inside the page',
      () => new FakeFrame('app://assay/index.html', window.webContents.mainFrame),
    ],
    [
      'from a file of the host',
      () => new FakeFrame('assay-data://blob/00', window.webContents.mainFrame),
    ],
    ['from about:blank', () => new FakeFrame('about:blank')],
    ['from a data: page', () => new FakeFrame('data:text/html,<p>')],
    ['from a page elsewhere', () => new FakeFrame('https://github.com/')],
    ['from another host of our scheme', () => new FakeFrame('app://evil/index.html')],
    ['from another file of our own', () => new FakeFrame('app://assay/other.html')],
    ['from the developer tools', () => new FakeFrame('devtools://devtools/bundled/inspector.html')],
    ['from a frame that is gone', () => Object.assign(new FakeFrame(page), { detached: true })],
    ['from a frame that has navigated', () => null],
  ])('%s', (_what, frame) => {
    expect(ask(frame())).toBeUndefined();
    expect(refusals).toHaveLength(1);
  });

  test('from a window that is not ours', () => {
    const other = new FakeBrowserWindow({});
    void other.loadURL(page);
    expect(ask(other.webContents.mainFrame, other.webContents)).toBeUndefined();
    expect(refusals[0]).toContain('not ours');
  });

  test('from our page after it went elsewhere', () => {
    window.webContents.mainFrame.url = 'https://evil.example/';
    expect(ask(window.webContents.mainFrame)).toBeUndefined();
    expect(refusals[0]).toContain('evil.example');
  });
});

describe('the preload script', () => {
  const source = readFileSync(
    join(import.meta.dirname, '../../../../main/electron/preload/preload.cts'),
    'utf8',
  );

  /** Runs the script as Electron does: with `require` for electron alone, and a window. */
  function run() {
    const listeners: ((event: object) => void)[] = [];
    const offers: ((event: object) => void)[] = [];
    const sent: string[] = [];
    const posted: unknown[][] = [];
    const frameWindow = {
      addEventListener: (_type: string, listener: (event: object) => void) =>
        listeners.push(listener),
      postMessage: (...parameters: unknown[]) => posted.push(parameters),
    };
    const globals: Record<string, unknown> = {
      window: frameWindow,
      location: { origin: 'app://assay' },
      require: (name: string) => {
        if (name !== 'electron') throw new Error(`module not found: ${name}`);
        return {
          ipcRenderer: {
            send: (channel: string) => sent.push(channel),
            on: (_channel: string, listener: (event: object) => void) => offers.push(listener),
          },
        };
      },
    };
    runInNewContext(stripTypeScriptTypes(source), globals);
    return {
      frameWindow,
      sent,
      posted,
      globals,
      say: (event: object) => listeners.forEach((l) => l(event)),
      offer: (event: object) => offers.forEach((l) => l(event)),
    };
  }

  test('asks for a port when the page asks its own window, and hands it to that origin', () => {
    const { frameWindow, say, offer, sent, posted } = run();
    say({ source: frameWindow, data: channels.request });
    expect(sent).toEqual([channels.request]);
    const port = {};
    offer({ ports: [port] });
    expect(posted).toEqual([[channels.offer, 'app://assay', [port]]]);
  });

  test('heeds neither frames nor other messages', () => {
    const { frameWindow, say, sent } = run();
    say({ source: {}, data: channels.request });
    say({ source: frameWindow, data: 'something else' });
    expect(sent).toEqual([]);
  });

  test('exposes nothing to the page', () => {
    const { globals } = run();
    expect(Object.keys(globals).sort()).toEqual(['location', 'require', 'window']);
    expect(source).not.toContain('contextBridge');
  });
});
