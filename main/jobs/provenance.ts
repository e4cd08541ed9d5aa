import { readFileSync, statSync, type Stats } from 'node:fs';
import { arch, cpus, platform, release } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { fileError } from '../../shared/errors.ts';
import { appVersion } from '../../shared/version.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { digestFile, writeFileAtomically } from './files.ts';
import { jobFiles } from './job-folder.ts';

/** A file that a job read, as it was then. */
export interface InputFile {
  /** Relative to the project folder. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly sha256: string;
}

/** What a job's provenance.json says besides its spec, engine and whatever else the job adds. */
export interface Surroundings {
  readonly versions: Readonly<Record<string, string>>;
  readonly system: { readonly platform: string; readonly processor: string };
  /** Commit of the git repository that the project lies in; null where there is none. */
  readonly commit: string | null;
}

/** Called now and then with the bytes of all files that are done; may throw, to stop. */
export type InputPace = (done: number, total: number) => Promise<void>;

/** Measures input files, which may be long. @param paths relative to the project folder. */
export async function describeInputs(
  projectPath: string,
  paths: readonly string[],
  pace: InputPace = async () => undefined,
): Promise<InputFile[]> {
  const files = paths.map((path) => {
    const file = join(projectPath, path);
    try {
      return { path, file, ...pick(statSync(file)) };
    } catch (error) {
      throw fileError(error, file);
    }
  });
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const inputs: InputFile[] = [];
  let before = 0;
  for (const { path, file, size, mtimeMs } of files) {
    const digest = await digestFile(file, (bytes) => pace(before + bytes, total));
    inputs.push({ path, modified: Math.round(mtimeMs), ...digest });
    before += size;
  }
  return inputs;
}

function pick({ size, mtimeMs }: Stats): { size: number; mtimeMs: number } {
  return { size, mtimeMs };
}

export function describeSurroundings(projectPath: string): Surroundings {
  return {
    versions: { assay: appVersion, node: process.versions.node },
    system: {
      platform: `${platform()} ${release()} ${arch()}`,
      processor: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    },
    commit: findCommit(projectPath),
  };
}

export function writeProvenance(
  folder: string,
  provenance: Readonly<Record<string, unknown>>,
): void {
  writeFileAtomically(join(folder, jobFiles.provenance), JSON.stringify(provenance, null, 2));
}

const inputsSchema = v.object({
  inputs: v.array(
    v.object({ path: v.string(), bytes: v.number(), modified: v.number(), sha256: v.string() }),
  ),
});

/** provenance.json, or an empty record where the job has not written it. @throws AppError `corrupt` */
export function readProvenance(folder: string): Record<string, unknown> {
  const path = join(folder, jobFiles.provenance);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw fileError(error, path);
  }
  const document = parseStrictJson(text, path);
  return typeof document === 'object' && document !== null ? { ...document } : {};
}

export function inputsOf(provenance: Record<string, unknown>): InputFile[] {
  const parsed = v.safeParse(inputsSchema, provenance);
  return parsed.success ? parsed.output.inputs : [];
}

/**
 * Reads the commit from the files of git. Git itself is not run: the settings of a repository that
 * came from somebody else can make it run anything.
 */
function findCommit(start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const head = readQuietly(join(folder, '.git', 'HEAD'));
    if (head !== undefined) return resolveHead(join(folder, '.git'), head);
    if (folder === dirname(folder)) return null;
  }
}

function resolveHead(git: string, head: string): string | null {
  const reference = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
  if (reference === undefined) return asCommit(head);
  const loose = asCommit(readQuietly(join(git, reference)) ?? '');
  if (loose !== null) return loose;
  const packed = readQuietly(join(git, 'packed-refs')) ?? '';
  const line = packed.split('\n').find((entry) => entry.endsWith(` ${reference}`));
  return asCommit(line?.split(' ', 1)[0] ?? '');
}

function asCommit(text: string): string | null {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : null;
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
