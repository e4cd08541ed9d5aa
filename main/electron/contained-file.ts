import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

export type ContainedFile =
  | { readonly status: 200; readonly path: string; readonly bytes: number }
  | { readonly status: 403 | 404 };

/**
 * The file at a path of a URL inside a folder, and nothing else. The path is decoded once; after
 * that any part that is not a plain name is refused, and what remains is compared with the folder
 * with all links resolved, so that no link leads out of it.
 */
export async function findContained(folder: string, pathname: string): Promise<ContainedFile> {
  const parts = plainParts(pathname);
  if (parts === undefined) return { status: 403 };
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, ...parts));
    if (!path.startsWith(root + sep)) return { status: 403 };
    const info = await stat(path);
    return info.isFile() ? { status: 200, path, bytes: info.size } : { status: 404 };
  } catch {
    return { status: 404 };
  }
}

/** The names of a path, or undefined where one of them could mean something else than a name. */
function plainParts(pathname: string): string[] | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  const parts = decoded.replace(/^\//, '').split('/');
  const arePlain = parts.every(
    (part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part),
  );
  return arePlain ? parts : undefined;
}
