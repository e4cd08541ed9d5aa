import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportFormat } from '../../../../shared/domain/dictionary-form.ts';
import { AppError, fileError } from '../../../../shared/errors.ts';
import type { Pace } from '../../pace.ts';
import type { FoundDictionary } from '../found.ts';
import { writeDictionaryLearning } from './dictionary-learning.ts';
import { writePlain, writeSaeLens } from './saelens.ts';

export interface Exported {
  readonly path: string;
  readonly files: { name: string; bytes: number }[];
  readonly warnings: string[];
}

/** Writes the files of a dictionary into a folder, and answers what a reader should know. */
export type Exporter = (
  dictionary: FoundDictionary,
  folder: string,
  pace: Pace,
) => Promise<string[]>;

interface Target {
  readonly files: readonly string[];
  readonly write: Exporter;
}

const targets: Readonly<Record<ExportFormat, Target>> = {
  saelens: { files: ['cfg.json', 'sae_weights.safetensors'], write: writeSaeLens },
  dictionary_learning: { files: ['config.json', 'ae.pt'], write: writeDictionaryLearning },
  safetensors: { files: ['dictionary.safetensors'], write: writePlain },
};

/**
 * Writes a dictionary in the layout of another tool, which reads the same activations out of it.
 * @throws AppError `unsupported` where that tool has no such dictionary, `not-allowed-now` where a file
 *   of the same name is there, what the file system says, and what `pace` throws; then no file of it is left.
 */
export async function exportDictionary(
  dictionary: FoundDictionary,
  format: ExportFormat,
  folder: string,
  pace: Pace = () => Promise.resolve(),
): Promise<Exported> {
  const { files, write } = targets[format];
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, 'write');
  }
  for (const name of files) refuseExisting(join(folder, name));
  try {
    const warnings = await write(dictionary, folder, pace);
    return {
      path: folder,
      files: files.map((name) => ({ name, bytes: statSync(join(folder, name)).size })),
      warnings,
    };
  } catch (error) {
    for (const name of files) rmSync(join(folder, name), { force: true });
    throw error;
  }
}

function refuseExisting(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw new AppError(
    'not-allowed-now',
    `${path} is there already, and an export replaces nothing. Choose another folder.`,
    { file: path },
  );
}
