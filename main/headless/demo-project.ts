import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError, fileError } from '../../shared/errors.ts';
import { userDataFolder } from './places.ts';

/** The copy of the sample project that the demo works in; the source tree says where through the environment. */
export function demoFolder(): string {
  return resolve(process.env['ASSAY_DEMO_PROJECT'] ?? join(userDataFolder(), 'demo'));
}

const nameplate = 'README.md';

/**
 * Brings the demo's copy of the sample project up to date, file by file, so that a demo that was
 * interrupted or an older version's copy is mended. Results that were made from files which are now
 * replaced are kept, out of the way: they must not be averaged with new ones.
 * @returns the folder to which older results were moved, or null
 * @throws AppError `not-allowed-now` for a folder that holds something else, `not-found` without a sample.
 */
export function prepareDemoProject(sample: string, folder: string): string | null {
  if (!existsSync(sample))
    throw new AppError('not-found', `The sample project is missing from ${dirname(sample)}.`, {
      file: sample,
    });
  try {
    refuseForeign(sample, folder);
    const stale = filesIn(sample).filter((file) => !isSame(join(sample, file), join(folder, file)));
    const movedTo = stale.length > 0 ? moveResultsAside(folder) : null;
    for (const file of stale) replaceFile(join(sample, file), join(folder, file));
    return movedTo;
  } catch (error) {
    throw fileError(error, folder);
  }
}

function refuseForeign(sample: string, folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const title = (path: string) =>
    existsSync(path) ? readFileSync(path, 'utf8').split('\n', 1)[0] : undefined;
  if (title(join(folder, nameplate)) === title(join(sample, nameplate))) return;
  throw new AppError(
    'not-allowed-now',
    `${folder} holds something other than the demo. Name another folder in ASSAY_DEMO_PROJECT.`,
    { file: folder },
  );
}

/** Paths of all files, relative to the folder; the nameplate first, so that half a copy is known as ours. */
function filesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
  return files.sort((a, b) => Number(b === nameplate) - Number(a === nameplate));
}

function isSame(a: string, b: string): boolean {
  const size = statSync(b, { throwIfNoEntry: false })?.size;
  return size === statSync(a).size && readFileSync(a).equals(readFileSync(b));
}

/** Through another name: a reader never sees half a file, and an old one may be write-protected. */
function replaceFile(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, `${target}.tmp`);
  renameSync(`${target}.tmp`, target);
}

function moveResultsAside(folder: string): string | null {
  const results = join(folder, '.assay');
  if (!existsSync(results)) return null;
  for (let number = 1; ; number++) {
    const aside = `${results}-before-${number}`;
    if (existsSync(aside)) continue;
    renameSync(results, aside);
    return aside;
  }
}
