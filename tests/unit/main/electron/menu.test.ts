import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ShellCommand } from '../../../../shared/contract/app.ts';
import { folderOf } from '../../../../main/electron/arguments.ts';
import { setMenu } from '../../../../main/electron/menu.ts';
import { Menu, resetElectron, shell, type FakeMenuItem } from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

let commands: ShellCommand[];
let chosen: number;

beforeEach(() => {
  resetElectron();
  commands = [];
  chosen = 0;
  setMenu({
    command: (command) => commands.push(command),
    chooseFolder: () => (chosen += 1),
    recent: ['/home/a/one', '/home/a/R&D'],
    logFolder: '/logs',
  });
});
afterEach(() => vi.restoreAllMocks());

function all(items: readonly FakeMenuItem[] = Menu.current ?? []): FakeMenuItem[] {
  return items.flatMap((item) => [item, ...all(item.submenu ?? [])]);
}

function click(label: string): void {
  const item = all().find((one) => one.label === label);
  if (!item?.click) throw new Error(`no item ${label}`);
  item.click();
}

test('items of the menu run the actions of the page by their ids', () => {
  for (const label of [
    'Runs',
    'Dark',
    'Find Anything…',
    'Keys of This Page',
    'Open the Sample Project',
    'Import…',
  ])
    click(label);
  expect(commands).toEqual(
    ['go.runs', 'theme.dark', 'palette', 'keys', 'open-sample', 'import'].map((id) => ({
      type: 'action',
      id,
    })),
  );
});

test('recent projects are opened by their paths', () => {
  click('/home/a/R&&D');
  expect(commands).toEqual([{ type: 'open-folder', path: '/home/a/R&D' }]);
});

test('a folder is chosen, and the log shown, by the system', () => {
  click('Open Folder…');
  click('Show the Log');
  expect(chosen).toBe(1);
  expect(shell.paths).toEqual(['/logs']);
});

test('no two items share a shortcut', () => {
  const keys = all().flatMap((item) => (item as { accelerator?: string }).accelerator ?? []);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).toContain('CmdOrCtrl+O');
});

test('a menu without recent projects says so', () => {
  setMenu({ command: () => undefined, chooseFolder: () => undefined, recent: [], logFolder: '' });
  expect(all().some((item) => item.label === 'None Yet')).toBe(true);
});

test('the folder to open is the first plain word after the program', () => {
  expect(folderOf(['/opt/assay', '--no-sandbox', 'work/a'], '/home/a', true)).toBe(
    '/home/a/work/a',
  );
  expect(folderOf(['/electron', '/src/out/index.js', '/data/b'], '/', false)).toBe('/data/b');
  expect(folderOf(['/opt/assay', '--flag'], '/', true)).toBeUndefined();
  expect(folderOf(['/opt/assay'], '/', true)).toBeUndefined();
});
