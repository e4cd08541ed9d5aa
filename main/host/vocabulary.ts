import { readFileSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';

/** The vocabulary of the job opened last: pages ask for many features of one dictionary in a row. */
let lastVocabulary: { path: string; words: readonly string[] } | undefined;

/** Text of each token id of a job. @throws AppError `corrupt` and what reading throws */
export function readVocabulary(path: string): readonly string[] {
  if (lastVocabulary?.path === path) return lastVocabulary.words;
  let words: unknown;
  try {
    words = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, path);
  }
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string'))
    throw new AppError('corrupt', `${path} is not a list of words. Run the job again.`, {
      file: path,
    });
  lastVocabulary = { path, words };
  return words;
}

/** Text of a token id; the id itself where the vocabulary lacks it. */
export function wordOf(words: readonly string[], id: number): string {
  return words[id] ?? `⟨${id}⟩`;
}
