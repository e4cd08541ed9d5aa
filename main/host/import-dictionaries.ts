import { join } from 'node:path';
import type { Writer } from '../db/connection.ts';
import { getDictionary, insertDictionary } from '../db/dictionaries.ts';
import { insertDictionarySource } from '../db/dictionary-sources.ts';
import { dictionariesFolder, listImported, readImported } from '../jobs/imported-dictionary.ts';

/**
 * Brings an imported dictionary from its folder into the database, in one transaction; does nothing
 * where it is there already. @throws AppError what its folder says.
 */
export function registerImported(db: Writer, projectPath: string, id: string): void {
  if (getDictionary(db, id)) return;
  const about = readImported(join(dictionariesFolder(projectPath), id));
  const { name, hook, model, dIn, latents, alive, source } = about;
  db.transaction(() => {
    const key = insertDictionary(db, {
      id,
      run: null,
      name,
      seed: null,
      hook,
      model,
      architecture: source.architecture,
      dIn,
      latents,
      tokens: 0,
      context: 0,
      alive,
      properties: [],
      createdAt: source.importedAt,
    });
    insertDictionarySource(db, key, source);
  });
}

/**
 * Takes in imported dictionaries that the database does not know, such as those from before a repair.
 * Answers the ids of those that could not be, with their errors.
 */
export function takeInImported(db: Writer, projectPath: string): { id: string; error: unknown }[] {
  const failed: { id: string; error: unknown }[] = [];
  for (const id of listImported(projectPath))
    try {
      registerImported(db, projectPath, id);
    } catch (error) {
      failed.push({ id, error });
    }
  return failed;
}
