import { app, Menu, shell, type MenuItemConstructorOptions } from 'electron';
import type { ShellCommand } from '../../shared/contract/app.ts';

export interface MenuParts {
  readonly command: (command: ShellCommand) => void;
  readonly chooseFolder: () => void;
  /** Paths of the projects opened last, the newest first. */
  readonly recent: readonly string[];
  readonly logFolder: string;
}

/** Pages of a project, under the ids of their actions in the page and the keys that lead there. */
const places = [
  ['Project', 'go.project', 'g p'],
  ['Runs', 'go.runs', 'g r'],
  ['Features', 'go.features', 'g f'],
  ['Statistics', 'go.statistics', 'g s'],
  ['Reports', 'go.reports', 'g e'],
  ['Jobs', 'go.jobs', 'g j'],
] as const;

/** Sets the application's menu; called again when the recent projects change. */
export function setMenu(parts: MenuParts): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(parts)));
}

/** The menu as data. Keys that the page handles itself are shown but not taken from it. */
export function menuTemplate(parts: MenuParts): MenuItemConstructorOptions[] {
  const isMac = process.platform === 'darwin';
  const action = (
    label: string,
    id: string,
    options: MenuItemConstructorOptions = {},
  ): MenuItemConstructorOptions => ({
    label,
    click: () => parts.command({ type: 'action', id }),
    ...options,
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const application: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : [];
  return [
    ...application,
    {
      label: '&File',
      submenu: [
        { label: 'Open Folder…', accelerator: 'CmdOrCtrl+O', click: parts.chooseFolder },
        { label: 'Open Recent', submenu: recentItems(parts) },
        action('Import…', 'import', { sublabel: 'm' }),
        action('Open the Sample Project', 'open-sample'),
        action('Start Page', 'start'),
        separator,
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        action('Find Anything…', 'palette', {
          accelerator: 'CmdOrCtrl+K',
          registerAccelerator: false,
        }),
        action('Inspector', 'inspector'),
        separator,
        {
          label: 'Theme',
          submenu: [
            action('As the System', 'theme.system'),
            action('Light', 'theme.light'),
            action('Dark', 'theme.dark'),
          ],
        },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
      ],
    },
    {
      label: '&Go',
      submenu: places.map(([label, id, keys]) => action(label, id, { sublabel: keys })),
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        action('Keys of This Page', 'keys'),
        separator,
        { label: 'Show the Log', click: () => void shell.openPath(parts.logFolder) },
        { role: 'reload' },
        { role: 'toggleDevTools' },
        ...(isMac ? [] : [separator, { label: 'About Assay', click: () => app.showAboutPanel() }]),
      ],
    },
  ];
}

function recentItems(parts: MenuParts): MenuItemConstructorOptions[] {
  if (parts.recent.length === 0) return [{ label: 'None Yet', enabled: false }];
  return parts.recent.slice(0, 12).map((path) => ({
    // An ampersand would underline the letter after it.
    label: path.replaceAll('&', '&&'),
    click: () => parts.command({ type: 'open-folder', path }),
  }));
}
