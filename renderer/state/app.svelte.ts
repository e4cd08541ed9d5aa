import { createContext } from 'svelte';
import { connect, type Client } from '../../shared/contract/connect.ts';
import { contract, type AssayContract } from '../../shared/contract/index.ts';
import type { AppInfo, ShellCommand } from '../../shared/contract/app.ts';
import type { ProjectInfo } from '../../shared/contract/project.ts';
import type { AppError } from '../../shared/errors.ts';
import { openTransport } from '../transports/open-transport.ts';
import { Actions } from './actions.svelte.ts';
import { startAddress } from './address.ts';
import { asAppError } from './errors.ts';
import { Inspector } from './inspector.svelte.ts';
import { Messages } from './messages.svelte.ts';
import { Names } from './names.svelte.ts';
import { Remembered } from './remembered.svelte.ts';
import { Router } from './router.svelte.ts';
import { Session } from './session.svelte.ts';
import { ThemeState } from './theme.svelte.ts';
import { UndoStack } from './undo.svelte.ts';

/** What stands in the way of a project: where, why, and which folder it was. */
export interface OpenProblem {
  readonly path: string;
  readonly error: AppError;
}

const [getContext, setContext] = createContext<App>();
/** The application that the component belongs to. */
export const getApp = getContext;
export const setApp = setContext;

/** The page's side of the application: connection, address, open project, actions, messages. */
export class App {
  readonly router = new Router();
  readonly theme = new ThemeState();
  readonly actions = new Actions();
  readonly inspector = new Inspector();
  readonly messages = new Messages();
  readonly names = new Names();
  readonly undo = new UndoStack(this.messages);

  #client: Client<AssayContract> | undefined;
  #connection = $state.raw<'connecting' | 'open' | 'lost'>('connecting');
  #connections = $state.raw(0);
  #connectError = $state.raw<AppError | null>(null);
  #info = $state.raw<AppInfo | null>(null);
  #session = $state.raw<Session | null>(null);
  #openProblem = $state.raw<OpenProblem | null>(null);
  #opening = $state.raw<string | null>(null);
  readonly #paths = new Remembered<Record<string, string>>('projects', {}, asPaths);

  get connection() {
    return this.#connection;
  }

  /** Grows with each connection, so that what failed for want of one is asked again. */
  get connections(): number {
    return this.#connections;
  }

  get connectError(): AppError | null {
    return this.#connectError;
  }

  /** Versions and engines; null until the host has looked. */
  get info(): AppInfo | null {
    return this.#info;
  }

  /** The open project. */
  get session(): Session | null {
    return this.#session;
  }

  /** Path of the folder that is being opened. */
  get opening(): string | null {
    return this.#opening;
  }

  get openProblem(): OpenProblem | null {
    return this.#openProblem;
  }

  get client(): Client<AssayContract> {
    if (!this.#client) throw new Error('There is no connection to the host yet.');
    return this.#client;
  }

  async start(): Promise<void> {
    this.#connectError = null;
    try {
      const client = connect(contract, await openTransport());
      this.#client = client;
      client.onClose(() => void this.#reconnect());
      this.#connected();
      client.subscribe('app.command', {}, { event: (command) => this.#obey(command), missed() {} });
      void this.#readInfo();
      await this.#openFirst();
    } catch (error) {
      this.#connectError = asAppError(error);
    }
  }

  /** Opens a folder and goes to it; a problem is kept for the start page to show. */
  async open(path: string): Promise<void> {
    await this.#open(path, () => this.client.call('project.open', { path }));
  }

  /** Sets a damaged database aside and goes on with a backup or a new one. */
  async repair(path: string, from: 'backup' | 'nothing'): Promise<void> {
    await this.#open(path, () => this.client.call('project.repair', { path, from }));
  }

  async openSample(): Promise<void> {
    try {
      await this.open(await this.client.call('app.prepareSample', {}));
    } catch (error) {
      this.messages.fail('The sample project could not be opened', error);
    }
  }

  /** Back to the start page. Jobs of the project go on. */
  leave(): void {
    this.#forgetProblem();
    this.router.visit(startAddress);
  }

  /** Follows the address: opens the project that it names. Called whenever the address changes. */
  follow(): void {
    const { project } = this.router;
    if (project === (this.#session?.info.id ?? null)) return;
    if (project === null) return this.#setSession(null);
    const path = this.#paths.value[project];
    if (path === undefined) return this.router.replace(startAddress);
    if (this.#opening !== path && this.#openProblem?.path !== path) void this.open(path);
  }

  async #openFirst(): Promise<void> {
    if (this.router.project !== null && this.#paths.value[this.router.project] !== undefined)
      return this.follow();
    const initial = await this.client.call('project.initial', {});
    if (initial) this.#enter(initial);
    else if (this.router.project !== null) this.router.replace(startAddress);
  }

  async #open(path: string, ask: () => Promise<ProjectInfo>): Promise<void> {
    this.#openProblem = null;
    this.#opening = path;
    try {
      const info = await ask();
      if (this.#opening === path) this.#enter(info);
    } catch (error) {
      this.#openProblem = { path, error: asAppError(error) };
      this.router.replace(startAddress);
    } finally {
      if (this.#opening === path) this.#opening = null;
    }
  }

  #enter(info: ProjectInfo): void {
    this.#paths.value = { ...this.#paths.value, [info.id]: info.path };
    this.#forgetProblem();
    this.#setSession(new Session(this.client, info));
    if (this.router.project !== info.id)
      this.router.visit({ project: info.id, page: 'project', parts: [], query: {} });
  }

  #forgetProblem(): void {
    this.#openProblem = null;
    this.#opening = null;
  }

  #setSession(session: Session | null): void {
    this.#session?.close();
    this.#session = session;
    this.inspector.clear();
    this.undo.clear();
  }

  async #readInfo(): Promise<void> {
    try {
      this.#info = await this.client.call('app.info', {});
    } catch (error) {
      this.messages.fail('The engines could not be asked for', error);
    }
  }

  #connected(): void {
    this.#connection = 'open';
    this.#connections++;
  }

  async #reconnect(): Promise<void> {
    this.#connection = 'lost';
    for (let wait = 500; this.#connection === 'lost'; wait = Math.min(2 * wait, 8000)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        this.client.reconnect(await openTransport());
        this.#connected();
        // A host that was started anew has no project open.
        if (this.#session)
          await this.client.call('project.open', { path: this.#session.info.path });
      } catch {
        // Still away; the status bar says so.
      }
    }
  }

  #obey(command: ShellCommand): void {
    if (command.type === 'open-folder') void this.open(command.path);
    else this.actions.run(command.id);
  }
}

function asPaths(value: unknown): Record<string, string> {
  if (value === null || typeof value !== 'object') return {};
  const known = Object.entries(value).filter(([, path]) => typeof path === 'string');
  return Object.fromEntries(known.slice(-50));
}
