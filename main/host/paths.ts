import { existsSync, realpathSync } from 'node:fs';
import { basename, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { AppError, fileError, type ErrorCode } from '../../shared/errors.ts';

/**
 * The absolute path of something that a spec or a page names relative to the project folder. Names
 * that lead out of the folder are refused: a spec may come from somebody else.
 * @throws AppError with `code` for such a name, `not-found` where nothing is there.
 */
export function insideProject(
  projectPath: string,
  name: string,
  code: ErrorCode = 'bad-input',
): string {
  const plain = normalize(name);
  const leadsOut =
    isAbsolute(plain) || plain === '..' || plain.startsWith(`..${sep}`) || name.includes('\0');
  if (leadsOut)
    throw new AppError(
      code,
      `${name} lies outside the project folder. Copy or link it into the folder and name it from there.`,
      { file: name },
    );
  const path = join(projectPath, plain);
  if (!existsSync(path))
    throw new AppError('not-found', `${name} does not exist in the project folder.`, {
      file: path,
    });
  return path;
}

/** The one path of a folder, links resolved, by which it is known. @throws AppError `not-found` … */
export function realFolder(path: string): string {
  try {
    return realpathSync(resolve(path));
  } catch (error) {
    throw fileError(error, path);
  }
}

export function folderName(path: string): string {
  return basename(path) || path;
}

export function databaseFile(folder: string): string {
  return join(folder, '.assay', 'assay.db');
}
