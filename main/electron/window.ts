import { join } from 'node:path';
import { BrowserWindow, nativeTheme, screen, type Session, type WebContents } from 'electron';
import { pageAddress } from './addresses.ts';
import type { Log } from './log.ts';
import { placeWindow, readWindowState, smallest, writeWindowState } from './window-state.ts';

export interface WindowOptions {
  readonly session: Session;
  readonly preload: string;
  readonly icon: string;
  /** File in which the window's place is kept. */
  readonly statePath: string;
  readonly log: Log;
}

/** The application's window: one at a time, which keeps its place and survives its page. */
export class MainWindow {
  readonly #options: WindowOptions;
  #window: BrowserWindow | undefined;

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  get window(): BrowserWindow | undefined {
    return this.#window?.isDestroyed() ? undefined : this.#window;
  }

  /** The contents belong to the window that this object made. */
  owns(contents: WebContents): boolean {
    return this.window?.webContents === contents;
  }

  /** Brings the window to the front, or opens it. */
  show(): void {
    const { window } = this;
    if (!window) return this.#open();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  #open(): void {
    const { session, preload, icon, statePath, log } = this.#options;
    const state = readWindowState(statePath);
    const screens = screen.getAllDisplays().map((display) => display.workArea);
    const window = new BrowserWindow({
      ...placeWindow(state, screens),
      minWidth: smallest.width,
      minHeight: smallest.height,
      show: false,
      title: 'Assay',
      icon,
      // The colour of the page's own ground, so that nothing flashes while it loads.
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#15171c' : '#ffffff',
      webPreferences: {
        session,
        preload,
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
        safeDialogs: true,
      },
    });
    this.#window = window;
    if (state?.isMaximized) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.on('close', () => {
      writeWindowState(statePath, {
        bounds: window.getNormalBounds(),
        isMaximized: window.isMaximized(),
      });
    });
    window.on('closed', () => (this.#window = undefined));
    window.webContents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
    window.loadURL(pageAddress).catch((error: unknown) => {
      log('error', `The page could not be loaded: ${String(error)}`);
    });
  }
}

/** Files that the window needs, inside the folder of the built program. */
export function windowFiles(out: string, resources: string): { preload: string; icon: string } {
  return {
    preload: join(out, 'main', 'electron', 'preload', 'preload.cjs'),
    icon: join(resources, 'icons', 'icon-512.png'),
  };
}
