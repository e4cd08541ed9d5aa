import { dialog, type BrowserWindow } from 'electron';

/** Asks the user for a folder; null where they changed their mind. */
export async function chooseFolder(window: BrowserWindow | undefined): Promise<string | null> {
  const options = {
    title: 'Open a project folder',
    buttonLabel: 'Open',
    properties: ['openDirectory' as const, 'createDirectory' as const],
  };
  const { canceled, filePaths } = window
    ? await dialog.showOpenDialog(window, options)
    : await dialog.showOpenDialog(options);
  return canceled ? null : (filePaths[0] ?? null);
}
