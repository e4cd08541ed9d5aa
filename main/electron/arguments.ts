import { resolve } from 'node:path';

/**
 * The folder that the program was asked to open, or undefined for none. Switches are Chromium's or
 * ours; the first plain word after the program (and, from the source tree, the script) is a folder.
 * @param isPackaged the program is installed, so that there is no script among the words
 */
export function folderOf(
  words: readonly string[],
  workingFolder: string,
  isPackaged: boolean,
): string | undefined {
  const plain = words.slice(isPackaged ? 1 : 2).filter((word) => !word.startsWith('-'));
  const [folder] = plain;
  return folder === undefined || folder === '' ? undefined : resolve(workingFolder, folder);
}
