import { statSync } from 'node:fs';
import { join } from 'node:path';
import { digestFile } from '../jobs/files.ts';
import { describeSurroundings, inputsOf, type InputFile } from '../jobs/provenance.ts';
import { findDifferences, type Difference } from './spec-differences.ts';

/**
 * What of a run's inputs and surroundings is different today: values then, values now. A file whose
 * size and time are as they were is taken to be the same; any other is hashed.
 */
export async function findChanges(
  projectPath: string,
  provenance: Record<string, unknown>,
): Promise<Difference[]> {
  const then: Record<string, string | null> = {};
  const now: Record<string, string | null> = {};
  for (const input of inputsOf(provenance)) {
    then[input.path] = shorten(input.sha256);
    now[input.path] = await hashToday(projectPath, input);
  }
  const { versions, system } = describeSurroundings(projectPath);
  return findDifferences([
    { inputs: then, versions: provenance['versions'], system: provenance['system'] },
    { inputs: now, versions: keepKnown(versions, provenance['versions']), system },
  ]);
}

async function hashToday(projectPath: string, input: InputFile): Promise<string | null> {
  const file = join(projectPath, input.path);
  const info = statSync(file, { throwIfNoEntry: false });
  if (!info?.isFile()) return null;
  const isUntouched = info.size === input.bytes && Math.round(info.mtimeMs) === input.modified;
  return shorten(isUntouched ? input.sha256 : (await digestFile(file)).sha256);
}

/** Versions that the job wrote down besides ours, such as the engine's, cannot be told from here. */
function keepKnown(versions: Readonly<Record<string, string>>, recorded: unknown) {
  return { ...(recorded as Record<string, string> | undefined), ...versions };
}

function shorten(sha256: string): string {
  return sha256.slice(0, 16);
}
