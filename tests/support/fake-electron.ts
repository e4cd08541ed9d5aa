import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/*
 * The part of Electron that the shell uses, with the semantics that its documentation states, for
 * machines that have no Electron. What Chromium would do (navigate, open a window, request) is done
 * by methods that only tests call; their names begin with `act`.
 */

type Listener = (...parameters: never[]) => void;

class PreventableEvent {
  defaultPrevented = false;

  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

class FakeApp extends EventEmitter {
  isPackaged = false;
  isReady = false;
  hasLock = true;
  sandboxed = false;
  quits = 0;
  exitCode: number | undefined;
  entry: Promise<unknown> = Promise.resolve();
  userData = join(tmpdir(), 'assay-fake-electron');

  requestSingleInstanceLock(): boolean {
    return this.hasLock;
  }

  /** As in Electron, not before the module with which the program begins has been evaluated. */
  async whenReady(): Promise<void> {
    await this.entry;
    this.isReady = true;
  }

  enableSandbox(): void {
    if (this.isReady) throw new Error('app.enableSandbox() can only be called before app is ready');
    this.sandboxed = true;
  }

  getVersion(): string {
    return '0.1.0';
  }

  getPath(name: string): string {
    return name === 'userData' ? this.userData : join(this.userData, name);
  }

  /** Emits will-quit; quits unless a listener prevents it. */
  quit(): void {
    const event = new PreventableEvent();
    this.emit('will-quit', event);
    if (!event.defaultPrevented) this.quits += 1;
  }

  /** Ends at once, asking nobody. */
  exit(code: number): void {
    this.exitCode = code;
  }

  showAboutPanel(): void {
    // Nothing to show here.
  }
}

interface CustomScheme {
  readonly scheme: string;
  readonly privileges: Readonly<Record<string, boolean>>;
}

class FakeProtocol {
  schemes: readonly CustomScheme[] | undefined;

  registerSchemesAsPrivileged(schemes: readonly CustomScheme[]): void {
    if (app.isReady) throw new Error('schemes must be registered before the app is ready');
    if (this.schemes) throw new Error('registerSchemesAsPrivileged can only be called once');
    this.schemes = schemes;
  }
}

type ProtocolHandler = (request: Request) => Response | Promise<Response>;
type Permission = (
  contents: unknown,
  permission: string,
  callback: (granted: boolean) => void,
  details: { isMainFrame: boolean; requestingUrl: string },
) => void;
type RequestListener = (
  details: { url: string },
  callback: (response: { cancel?: boolean }) => void,
) => void;

class FakeSession extends EventEmitter {
  readonly #handlers = new Map<string, ProtocolHandler>();
  #permission: Permission | undefined;
  #check: ((contents: unknown, permission: string, origin: string) => boolean) | undefined;
  #device: (() => boolean) | undefined;
  #onRequest: RequestListener | undefined;
  spellChecks = true;
  readonly protocol = {
    handle: (scheme: string, handler: ProtocolHandler) => {
      if (this.#handlers.has(scheme)) throw new Error(`${scheme} is handled already`);
      this.#handlers.set(scheme, handler);
    },
  };
  readonly webRequest = {
    onBeforeRequest: (listener: RequestListener) => {
      this.#onRequest = listener;
    },
  };

  setPermissionRequestHandler(handler: Permission): void {
    this.#permission = handler;
  }

  setPermissionCheckHandler(
    handler: (contents: unknown, permission: string, origin: string) => boolean,
  ): void {
    this.#check = handler;
  }

  setDevicePermissionHandler(handler: () => boolean): void {
    this.#device = handler;
  }

  setDisplayMediaRequestHandler(_handler: null): void {
    // Without a handler every request is refused.
  }

  setSpellCheckerEnabled(enabled: boolean): void {
    this.spellChecks = enabled;
  }

  /** A page asks for something; without a handler Electron grants it. */
  actAskPermission(permission: string, requestingUrl: string, isMainFrame = true): boolean {
    let answer = true;
    this.#permission?.(null, permission, (granted) => (answer = granted), {
      isMainFrame,
      requestingUrl,
    });
    return answer;
  }

  actCheckPermission(permission: string, origin: string): boolean {
    return this.#check?.(null, permission, origin) ?? true;
  }

  actAskDevice(): boolean {
    return this.#device?.() ?? true;
  }

  /** A request of a page, as it leaves Chromium: first to webRequest, then to the scheme's handler. */
  async actRequest(url: string, init: RequestInit = {}): Promise<Response | 'blocked' | 'network'> {
    let isCancelled = false;
    this.#onRequest?.({ url }, (response) => (isCancelled = response.cancel === true));
    if (isCancelled) return 'blocked';
    const handler = this.#handlers.get(url.split(':', 1)[0] ?? '');
    return handler ? handler(new Request(url, init)) : 'network';
  }

  /** Answers whether the download was allowed to go on. */
  actDownload(url: string): boolean {
    const event = new PreventableEvent();
    this.emit('will-download', event, { getURL: () => url });
    return !event.defaultPrevented;
  }

  actReset(): void {
    this.#handlers.clear();
    this.removeAllListeners();
    this.#permission = undefined;
    this.#check = undefined;
    this.#onRequest = undefined;
  }
}

interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One frame of a page, as the main process sees it. */
export class FakeFrame {
  detached = false;
  readonly parent: FakeFrame | null;
  url: string;
  readonly received: { channel: string; ports: FakeMessagePortMain[] }[] = [];

  constructor(url: string, parent: FakeFrame | null = null) {
    this.url = url;
    this.parent = parent;
  }

  /** Of a standard scheme; all others are opaque, which is written `null`. */
  get origin(): string {
    const scheme = /^(https?|app|assay-data):\/\/([^/]*)/.exec(this.url);
    return scheme ? `${scheme[1]}://${scheme[2]}` : 'null';
  }

  postMessage(channel: string, _message: unknown, ports: FakeMessagePortMain[] = []): void {
    this.received.push({ channel, ports });
  }
}

export class FakeWebContents extends EventEmitter {
  readonly mainFrame = new FakeFrame('about:blank');
  reloads = 0;
  #windowOpen: ((details: { url: string }) => { action: 'allow' | 'deny' }) | undefined;
  readonly opened: string[] = [];
  rtcPolicy = 'default';

  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'allow' | 'deny' }): void {
    this.#windowOpen = handler;
  }

  setWebRTCIPHandlingPolicy(policy: string): void {
    this.rtcPolicy = policy;
  }

  reload(): void {
    this.reloads += 1;
  }

  /**
   * The page, or a frame in it, sets out for an address: a link, `location`, a meta refresh, a file
   * that was dropped. Answers whether it got there.
   */
  actNavigate(url: string, isMainFrame = true): boolean {
    const event = Object.assign(new PreventableEvent(), { url, isMainFrame });
    this.emit('will-frame-navigate', event);
    if (isMainFrame) this.emit('will-navigate', event, url);
    if (event.defaultPrevented) return false;
    if (isMainFrame) this.mainFrame.url = url;
    return true;
  }

  actRedirect(url: string): boolean {
    const event = Object.assign(new PreventableEvent(), { url, isMainFrame: true });
    this.emit('will-redirect', event, url);
    return !event.defaultPrevented;
  }

  /** `window.open`, `target=_blank`, a middle click. Without a handler Electron opens a window. */
  actOpen(url: string): boolean {
    const allowed = (this.#windowOpen?.({ url }).action ?? 'allow') === 'allow';
    if (allowed) this.opened.push(url);
    return allowed;
  }

  actAttachWebview(): boolean {
    const event = new PreventableEvent();
    this.emit('will-attach-webview', event, {}, {});
    return !event.defaultPrevented;
  }
}

export class FakeBrowserWindow extends EventEmitter {
  static readonly all: FakeBrowserWindow[] = [];
  readonly options: Record<string, unknown> & { webPreferences?: Record<string, unknown> };
  readonly webContents = new FakeWebContents();
  bounds: Bounds;
  #destroyed = false;
  #maximized = false;
  #minimized = false;
  shown = 0;
  focused = 0;

  constructor(options: FakeBrowserWindow['options'] & Partial<Bounds>) {
    super();
    if (!app.isReady) throw new Error('Cannot create BrowserWindow before app is ready');
    this.options = options;
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.bounds = { x, y, width, height };
    FakeBrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  loadURL(url: string): Promise<void> {
    this.webContents.mainFrame.url = url;
    queueMicrotask(() => this.emit('ready-to-show'));
    return Promise.resolve();
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  isMinimized(): boolean {
    return this.#minimized;
  }

  isMaximized(): boolean {
    return this.#maximized;
  }

  maximize(): void {
    this.#maximized = true;
  }

  actMinimize(): void {
    this.#minimized = true;
  }

  restore(): void {
    this.#minimized = false;
  }

  show(): void {
    this.shown += 1;
  }

  focus(): void {
    this.focused += 1;
  }

  getNormalBounds(): Bounds {
    return this.bounds;
  }

  /** The user closes the window. */
  actClose(): void {
    this.emit('close', new PreventableEvent());
    this.#destroyed = true;
    this.emit('closed');
  }
}

/** Over Node's ports: a message waits until `start`, and a port that was sent is of no more use. */
export class FakeMessagePortMain extends EventEmitter {
  readonly port: MessagePort;
  #started = false;

  constructor(port: MessagePort) {
    super();
    this.port = port;
    port.on('close', () => this.emit('close'));
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
  }

  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }

  close(): void {
    this.port.close();
  }
}

export class FakeMessageChannelMain {
  readonly port1: FakeMessagePortMain;
  readonly port2: FakeMessagePortMain;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakeMessagePortMain(port1);
    this.port2 = new FakeMessagePortMain(port2);
  }
}

class FakeIpcMain extends EventEmitter {
  /** A message of a frame arrives. */
  actReceive(channel: string, sender: FakeWebContents, senderFrame: FakeFrame | null): void {
    this.emit(channel, { sender, senderFrame, ports: [] });
  }
}

class FakeSafeStorage {
  backend = 'gnome_libsecret';
  isAvailable = true;
  /** The key that the system's keychain holds; other machines have others. */
  key = 'key of this machine';
  shouldReEncrypt = false;

  getSelectedStorageBackend(): string {
    return this.backend;
  }

  isAsyncEncryptionAvailable(): Promise<boolean> {
    return Promise.resolve(this.isAvailable);
  }

  encryptStringAsync(plain: string): Promise<Buffer> {
    if (!this.isAvailable) return Promise.reject(new Error('Encryption is not available'));
    return Promise.resolve(this.#mix(Buffer.from(`${this.key}\0${plain}`)));
  }

  decryptStringAsync(encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> {
    const [key, plain] = this.#mix(encrypted).toString().split('\0');
    if (!this.isAvailable || key !== this.key || plain === undefined)
      return Promise.reject(new Error('Error while decrypting the ciphertext'));
    return Promise.resolve({ result: plain, shouldReEncrypt: this.shouldReEncrypt });
  }

  /** Not a cipher, but nothing of the plain text is left to be found. */
  #mix(bytes: Buffer): Buffer {
    return Buffer.from(bytes.map((byte, index) => byte ^ (0x5a + (index % 7))));
  }
}

/** A child process whose `process.parentPort` is that of a utility process. */
const parentPortShim = `data:text/javascript,${encodeURIComponent(`
import { EventEmitter } from 'node:events';
const port = new EventEmitter();
port.postMessage = (message) => process.send(message);
process.on('message', (data) => port.emit('message', { data, ports: [] }));
process.on('disconnect', () => port.emit('close'));
process.parentPort = port;
`)}`;

interface UtilityOptions {
  readonly env?: Record<string, string>;
  readonly stdio?: ('ignore' | 'pipe' | 'inherit')[];
  readonly serviceName?: string;
}

class FakeUtilityProcess extends EventEmitter {
  /** Undefined before it has spawned and after it has ended. */
  pid: number | undefined;
  readonly options: UtilityOptions;
  readonly #child: ChildProcess;

  constructor(path: string, parameters: string[], options: UtilityOptions) {
    super();
    this.options = options;
    this.#child = fork(path, parameters, {
      stdio: [...(options.stdio ?? ['ignore', 'ignore', 'pipe']), 'ipc'],
      execArgv: ['--import', parentPortShim],
      ...(options.env ? { env: options.env } : {}),
    });
    this.#child.once('spawn', () => {
      this.pid = this.#child.pid;
      this.emit('spawn');
    });
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.once('close', (code, signal) => {
      this.pid = undefined;
      this.emit('exit', code ?? (signal === 'SIGKILL' ? 9 : 15));
    });
  }

  get stderr(): Readable | null {
    return this.#child.stderr;
  }

  postMessage(message: unknown): void {
    this.#child.send(message as object);
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }
}

export interface FakeMenuItem {
  readonly label?: string;
  readonly role?: string;
  readonly submenu?: readonly FakeMenuItem[];
  readonly click?: Listener;
}

export const app = new FakeApp();
export const protocol = new FakeProtocol();
export const session = { defaultSession: new FakeSession() };
export const ipcMain = new FakeIpcMain();
export const safeStorage = new FakeSafeStorage();
export const BrowserWindow = FakeBrowserWindow;
export const MessageChannelMain = FakeMessageChannelMain;

export const shell = {
  external: [] as string[],
  paths: [] as string[],
  openExternal(url: string): Promise<void> {
    shell.external.push(url);
    return Promise.resolve();
  },
  openPath(path: string): Promise<string> {
    shell.paths.push(path);
    return Promise.resolve('');
  },
};

export const dialog = {
  folder: undefined as string | undefined,
  response: 0,
  boxes: 0,
  errors: [] as string[],
  showErrorBox(_title: string, content: string): void {
    dialog.errors.push(content);
  },
  showOpenDialog(): Promise<{ canceled: boolean; filePaths: string[] }> {
    const { folder } = dialog;
    return Promise.resolve({ canceled: folder === undefined, filePaths: folder ? [folder] : [] });
  },
  showMessageBox(): Promise<{ response: number }> {
    dialog.boxes += 1;
    return Promise.resolve({ response: dialog.response });
  },
};

export const Menu = {
  current: undefined as readonly FakeMenuItem[] | undefined,
  buildFromTemplate: (template: readonly FakeMenuItem[]) => template,
  setApplicationMenu(menu: readonly FakeMenuItem[]): void {
    Menu.current = menu;
  },
};

export const nativeTheme = { shouldUseDarkColors: false };
export const screen = {
  areas: [{ x: 0, y: 0, width: 1920, height: 1080 }] as Bounds[],
  getAllDisplays: () => screen.areas.map((workArea) => ({ workArea })),
};

export const utilityProcess = {
  fork: (path: string, parameters: string[] = [], options: UtilityOptions = {}) =>
    new FakeUtilityProcess(path, parameters, options),
};

/** Puts everything back as it is before the application starts. */
export function resetElectron(): void {
  for (const emitter of [app, ipcMain]) emitter.removeAllListeners();
  app.isReady = false;
  app.hasLock = true;
  app.sandboxed = false;
  app.quits = 0;
  app.exitCode = undefined;
  app.entry = Promise.resolve();
  app.isPackaged = false;
  protocol.schemes = undefined;
  session.defaultSession.actReset();
  FakeBrowserWindow.all.length = 0;
  shell.external.length = 0;
  shell.paths.length = 0;
  dialog.folder = undefined;
  dialog.boxes = 0;
  dialog.errors.length = 0;
  dialog.response = 0;
  Menu.current = undefined;
  Object.assign(safeStorage, {
    backend: 'gnome_libsecret',
    isAvailable: true,
    key: 'key of this machine',
    shouldReEncrypt: false,
  });
}
