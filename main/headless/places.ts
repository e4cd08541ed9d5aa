import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the program's own files lie, in the source tree and once built. */
export interface Places {
  readonly root: string;
  readonly resources: string;
  /** The built pages. */
  readonly pages: string;
  readonly version: string;
}

export function findPlaces(): Places {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'package.json')) && root !== dirname(root)) root = dirname(root);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    root,
    version,
    resources: join(root, 'resources'),
    pages: join(root, 'out', 'renderer'),
  };
}

/** The folder for what belongs to the user and to no project; ASSAY_HOME puts it elsewhere. */
export function userDataFolder(): string {
  const { ASSAY_HOME, APPDATA, XDG_CONFIG_HOME } = process.env;
  if (ASSAY_HOME) return ASSAY_HOME;
  if (process.platform === 'win32') return join(APPDATA ?? homedir(), 'Assay');
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Application Support', 'Assay');
  return join(XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'assay');
}

/** Version of the Electron that is installed beside the program, or null. It is not loaded. */
export function electronVersion({ root }: Places): string | null {
  try {
    const path = join(root, 'node_modules', 'electron', 'package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}
