import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { runFiles } from '../jobs/job-folder.ts';
import type { PropertyRecovery } from '../reports/report-data.ts';
import { readProperties } from './feature-files.ts';
import type { ProjectView } from './project-view.ts';
import { runFolder } from './read-features.ts';

/**
 * For each ground-truth property the feature that tells it best, the best told first. Nothing where the
 * dictionary was trained without labels, or by a version that did not score halves.
 * @throws AppError `corrupt` and the like naming the file.
 */
export function readRecovery(view: ProjectView, dictionary: StoredDictionary): PropertyRecovery[] {
  if (dictionary.properties.length === 0 || dictionary.run === null) return [];
  const path = join(runFolder(view, dictionary), runFiles.features);
  if (!existsSync(path)) return [];
  const reader = openSafetensors(path);
  try {
    if (!reader.tensors.has('auc_by_half') || !reader.tensors.has('token_auc')) return [];
    return recoverEach(reader, dictionary.tokens).sort((a, b) => b.auc - a.auc);
  } finally {
    reader.close();
  }
}

/** Chooses on the even sequences and scores on the odd ones (layout: main/jobs/job-folder.ts). */
function recoverEach(reader: TensorReader, tokens: number): PropertyRecovery[] {
  const properties = readProperties(reader);
  const positives = reader.ints('positives');
  const scores = reader.floats('auc_by_half');
  const tokenAuc = reader.floats('token_auc');
  const width = properties.length;
  const features = scores.length / (2 * width);
  return properties.flatMap((property, k): PropertyRecovery[] => {
    const score = (feature: number, half: 0 | 1) => scores[2 * (feature * width + k) + half]!;
    let feature = 0;
    for (let other = 1; other < features; other++)
      if (score(other, 0) > score(feature, 0)) feature = other;
    const [chosenAuc, auc] = [score(feature, 0), score(feature, 1)];
    if (Number.isNaN(chosenAuc) || Number.isNaN(auc)) return [];
    const share = positives[k]! / tokens;
    return [{ property, share, feature, chosenAuc, auc, tokenAuc: tokenAuc[k]! }];
  });
}
