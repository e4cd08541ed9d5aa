import { resolve, sep } from 'node:path';
import { AppError } from '../../../shared/errors.ts';

/**
 * Absolute path of something that a spec names. A spec may come from anywhere, so it cannot reach
 * outside the project.
 */
export function insideProject(projectPath: string, path: string): string {
  const full = resolve(projectPath, path);
  if (full !== projectPath && !full.startsWith(projectPath + sep))
    throw new AppError(
      'bad-spec',
      `${path} lies outside the project. Copy it into the project folder or link it there.`,
      { file: path },
    );
  return full;
}
