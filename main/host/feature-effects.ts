import { join } from 'node:path';
import type { Output } from '../../shared/contract/index.ts';
import { AppError } from '../../shared/errors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { jobFiles } from '../jobs/job-folder.ts';
import type { QueryService } from '../jobs/query-service.ts';
import { ask } from './ask.ts';
import { insideProject } from './paths.ts';
import type { ProjectView } from './project-view.ts';
import { dictionaryFile, featureFolders } from './read-features.ts';

interface AskedEffects {
  readonly feature: number;
  readonly places: readonly { readonly sequence: number; readonly position: number }[];
  /** Tokens shown on each side of a place. */
  readonly context: number;
}

/**
 * What taking a feature out of the model does to the loss around some of its examples. Each sequence
 * runs once, up to the end of its last window.
 * @throws AppError `bad-input` for a place outside the tokens, and what the worker says
 */
export async function measureEffects(
  view: ProjectView,
  queries: QueryService,
  dictionary: StoredDictionary,
  { feature, places, context: around }: AskedEffects,
  signal: AbortSignal,
): Promise<Output<'features.ablate'>> {
  const { context } = dictionary;
  const ends = new Map<number, number>();
  for (const { sequence, position } of places) {
    const end = Math.min(context, position + around + 1);
    ends.set(sequence, Math.max(end, ends.get(sequence) ?? 0));
  }
  const sequences = readSequences(view, dictionary, ends);
  const { effects } = await ask(
    queries,
    'ablate',
    {
      model: insideProject(view.path, dictionary.model),
      dictionary: dictionaryFile(view, dictionary),
      hook: dictionary.hook,
      feature,
      sequences,
    },
    { signal },
  );
  const bySequence = new Map([...ends.keys()].map((sequence, i) => [sequence, effects[i] ?? []]));
  return places.map(({ sequence, position }) => {
    const start = Math.max(0, position - around);
    const end = Math.min(context, position + around + 1);
    const all = bySequence.get(sequence)!;
    // Nothing predicts the first token of a sequence.
    const tokens = Array.from({ length: end - start }, (_, i) =>
      start + i === 0 ? 0 : (all[start + i - 1] ?? 0),
    );
    const following = tokens.slice(position - start + 1);
    const mean =
      following.length === 0
        ? null
        : following.reduce((sum, effect) => sum + effect, 0) / following.length;
    return { sequence, position, start, effects: tokens, mean };
  });
}

/** The beginnings of sequences, up to an end each. */
function readSequences(
  view: ProjectView,
  dictionary: StoredDictionary,
  ends: ReadonlyMap<number, number>,
): number[][] {
  const path = join(featureFolders(view, dictionary).jobFolder, jobFiles.tokens);
  const reader = openSafetensors(path);
  try {
    const [rows = 0, context = 0] = reader.tensors.get('input_ids')?.shape ?? [];
    return [...ends].map(([row, end]) => {
      if (row >= rows)
        throw new AppError(
          'bad-input',
          `${path} has ${rows} sequences, and ${row} was asked for.`,
          {
            file: path,
          },
        );
      return [...reader.ints('input_ids', row * context, row * context + end)];
    });
  } finally {
    reader.close();
  }
}
