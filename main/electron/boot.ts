import { join } from 'node:path';
import { app, dialog, session as sessions, type Session } from 'electron';
import type { ShellCommand } from '../../shared/contract/app.ts';
import type { Host } from '../host/create-host.ts';
import type { HostOptions } from '../host/options.ts';
import { systemClock } from '../jobs/clock.ts';
import { dataAddress } from './addresses.ts';
import { folderOf } from './arguments.ts';
import { acceptConnections } from './connection.ts';
import { watchCrashes } from './crashes.ts';
import { chooseFolder } from './dialogs.ts';
import { UtilityLauncher } from './launcher.ts';
import { fileLog, type Log } from './log.ts';
import { setMenu } from './menu.ts';
import { changedNativeFiles } from './native-files.ts';
import { denyNavigation } from './navigation.ts';
import { handleProtocols, registerSchemes } from './protocols.ts';
import { KeychainSecrets } from './secrets.ts';
import { hardenSession } from './session.ts';
import { MainWindow, windowFiles } from './window.ts';

/** What the shell needs of the host. */
export type ShellHost = Pick<Host, 'service' | 'blobs' | 'recentProjects' | 'close'>;

export interface Places {
  /** Folder of the built program: main/, shared/ and renderer/ lie in it. */
  readonly out: string;
  readonly resources: string;
}

/** The application from its first moment to its last, as a table of contents. */
export async function boot(
  createHost: (options: HostOptions) => ShellHost,
  places: Places,
): Promise<void> {
  if (!app.requestSingleInstanceLock()) return app.quit();
  const log = fileLog(app.getPath('logs'));
  const files = windowFiles(places.out, places.resources);

  app.enableSandbox();
  registerSchemes();
  denyNavigation(log);
  await app.whenReady();
  if (app.isPackaged && !isIntact(join(places.out, '..'), log)) return app.exit(1);

  const session = sessions.defaultSession;
  const window = openLater(session, files, log);
  const command = (shellCommand: ShellCommand): void => {
    window.show();
    host.service.topics.publish('app.command', {}, shellCommand);
  };
  const showMenu = (recent: readonly string[]): void => {
    const openChosen = () => void openChosenFolder(window, command);
    setMenu({ command, chooseFolder: openChosen, recent, logFolder: app.getPath('logs') });
  };
  const host = createHost({
    shell: 'electron',
    version: app.getVersion(),
    electron: process.versions.electron ?? null,
    paths: {
      userData: app.getPath('userData'),
      resources: places.resources,
      home: app.getPath('home'),
    },
    launcher: new UtilityLauncher(join(places.out, 'main', 'jobs', 'worker', 'index.js')),
    clock: systemClock,
    log,
    secrets: new KeychainSecrets(join(app.getPath('userData'), 'keys.json')),
    hubs: { environment: process.env },
    blobAddress: dataAddress,
    chooseFolder: () => chooseFolder(window.window),
    initialFolder: folderOf(process.argv, process.cwd(), app.isPackaged),
    recentChanged: showMenu,
  });

  hardenSession(session, log);
  handleProtocols(session, join(places.out, 'renderer'), host.blobs);
  acceptConnections({
    service: host.service,
    isOwnWindow: (contents) => window.owns(contents),
    log,
    logBug: (id, operation, error) =>
      log('error', `${operation} failed (${id}).`, { stack: stackOf(error) }),
  });
  watchCrashes(window, log);
  followOtherStarts(window, command);
  closeBeforeQuit(host, log);
  showMenu(host.recentProjects());
  window.show();
}

/** Code that was changed after it was built is not run; the user is told. */
function isIntact(program: string, log: Log): boolean {
  const changed = changedNativeFiles(program, program.replace(/app\.asar$/, 'app.asar.unpacked'));
  if (changed.length === 0) return true;
  log('error', 'Native files differ from what was built.', { changed });
  dialog.showErrorBox(
    'Assay does not start',
    `A part of the program was changed after it was built: ${changed.join(', ')}. Install Assay again.`,
  );
  return false;
}

function openLater(
  session: Session,
  files: { preload: string; icon: string },
  log: Log,
): MainWindow {
  const statePath = join(app.getPath('userData'), 'window.json');
  return new MainWindow({ session, ...files, statePath, log });
}

async function openChosenFolder(
  window: MainWindow,
  command: (command: ShellCommand) => void,
): Promise<void> {
  const path = await chooseFolder(window.window);
  if (path !== null) command({ type: 'open-folder', path });
}

/** A second start, or a folder dropped on the icon, goes to the window that is there. */
function followOtherStarts(window: MainWindow, command: (command: ShellCommand) => void): void {
  app.on('second-instance', (_event, words, workingFolder) => {
    const path = folderOf(words, workingFolder, app.isPackaged);
    if (path === undefined) window.show();
    else command({ type: 'open-folder', path });
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    command({ type: 'open-folder', path });
  });
  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
}

/** Running jobs write their checkpoints before the process ends. */
function closeBeforeQuit(host: ShellHost, log: Log): void {
  let isClosed = false;
  app.on('will-quit', (event) => {
    if (isClosed) return;
    event.preventDefault();
    host
      .close()
      .catch((error: unknown) => log('error', 'The host did not close.', { stack: stackOf(error) }))
      .finally(() => {
        isClosed = true;
        app.quit();
      });
  });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
