import { app, dialog } from 'electron';
import type { Log } from './log.ts';
import type { MainWindow } from './window.ts';

const burst = 3;
const burstMilliseconds = 60_000;

/**
 * The page holds no work of the user's: when its process ends it is loaded again, and the jobs, which
 * have processes of their own, go on. A page that ends again and again is left for the user to judge.
 */
export function watchCrashes(main: MainWindow, log: Log): void {
  const ends: number[] = [];
  app.on('render-process-gone', (_event, contents, details) => {
    if (details.reason === 'clean-exit' || !main.owns(contents)) return;
    log('error', `The page's process ended: ${details.reason}.`, { exitCode: details.exitCode });
    const now = Date.now();
    ends.push(now);
    const recent = ends.filter((time) => now - time < burstMilliseconds).length;
    if (recent <= burst) contents.reload();
    else void askWhatToDo(main, log);
  });
  app.on('child-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    log('error', `A process of type ${details.type} ended: ${details.reason}.`, {
      name: details.serviceName ?? details.name,
      exitCode: details.exitCode,
    });
  });
}

async function askWhatToDo(main: MainWindow, log: Log): Promise<void> {
  const { window } = main;
  if (!window) return;
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The page of Assay keeps ending.',
    detail:
      'Your jobs go on and nothing is lost. Load the page again, or close Assay; its log tells more.',
    buttons: ['Load again', 'Close Assay'],
    defaultId: 0,
    cancelId: 0,
  });
  log('info', `The user chose to ${response === 0 ? 'load the page again' : 'close Assay'}.`);
  if (response === 0) main.window?.webContents.reload();
  else app.quit();
}
