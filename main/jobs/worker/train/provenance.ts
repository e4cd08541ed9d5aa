import { existsSync, readFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { appVersion } from '../../../../shared/version.ts';
import { digestFileSync } from '../../files.ts';
import type { TrainInputs } from './inputs.ts';
import { insideProject } from './plan.ts';

/** What a run was made from and on, so that it can be made again or told apart from another. */
export function describeProvenance(inputs: TrainInputs): Record<string, unknown> {
  const { projectPath, plan, engine } = inputs;
  const { spec } = plan;
  const files = new Set([
    ...['config.json', 'model.safetensors', 'model.safetensors.index.json', 'tokenizer.json'].map(
      (name) => join(spec.model, name),
    ),
    spec.tokens.file,
    ...(spec.evaluation ? [spec.evaluation.tokens.file] : []),
    ...(spec.features ? [spec.features.tokens.file] : []),
    ...(spec.features?.labels === undefined ? [] : [spec.features.labels]),
  ]);
  return {
    assay: appVersion,
    node: process.versions.node,
    engine: engine.info,
    machine: {
      platform: `${platform()} ${release()} ${process.arch}`,
      processor: cpus()[0]?.model ?? 'unknown',
      processors: cpus().length,
      memoryBytes: totalmem(),
    },
    inputs: Object.fromEntries(
      [...files].sort().flatMap((file) => {
        const path = insideProject(projectPath, file);
        return existsSync(path) ? [[file, digestFileSync(path)]] : [];
      }),
    ),
    /** Of the project folder, where it is a git work tree. */
    projectCommit: gitCommit(projectPath),
    finishedAt: new Date().toISOString(),
  };
}

/**
 * The commit that a folder's repository is at. Read from its files rather than through git, since git
 * runs programs that a repository's own configuration names.
 */
export function gitCommit(folder: string): string | null {
  for (let at = resolve(folder); ; at = resolve(at, '..')) {
    const git = join(at, '.git');
    if (existsSync(join(git, 'HEAD'))) return commitOf(git);
    if (at === resolve(at, '..')) return null;
  }
}

function commitOf(git: string): string | null {
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    const reference = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
    if (!reference) return isCommit(head) ? head : null;
    const loose = join(git, reference);
    if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
    const packed = readFileSync(join(git, 'packed-refs'), 'utf8');
    return (
      packed
        .split('\n')
        .find((line) => line.endsWith(` ${reference}`))
        ?.slice(0, 40) ?? null
    );
  } catch {
    return null;
  }
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(text);
}
