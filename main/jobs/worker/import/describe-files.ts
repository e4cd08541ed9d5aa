import { statSync } from 'node:fs';
import { fileError } from '../../../../shared/errors.ts';
import type { JobControl } from '../../control.ts';
import { digestFile } from '../../files.ts';
import type { InputFile } from '../../provenance.ts';

/** Files of one import whose hashes are kept; of a folder with more, the first. */
const mostFiles = 200;

/** Size, time and SHA-256 of the files that were read. @param files absolute paths */
export async function describeFiles(
  files: readonly string[],
  control: JobControl,
  beat: () => Promise<void>,
): Promise<InputFile[]> {
  const described: InputFile[] = [];
  const wanted = files.slice(0, mostFiles);
  for (const path of wanted) {
    await beat();
    try {
      const info = statSync(path);
      if (!info.isFile()) continue;
      described.push({ path, modified: Math.round(info.mtimeMs), ...(await digestFile(path)) });
    } catch (error) {
      throw fileError(error, path);
    }
    control.progress('hashing', described.length, wanted.length, 'files');
  }
  return described;
}
