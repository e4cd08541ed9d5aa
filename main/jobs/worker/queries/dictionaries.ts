import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FoundDictionary as FoundRow } from '../../../../shared/contract/dictionaries.ts';
import { fileError } from '../../../../shared/errors.ts';
import { exportDictionary } from '../../../formats/dictionaries/exports/export-dictionary.ts';
import { storedBytes, type FoundDictionary } from '../../../formats/dictionaries/found.ts';
import { openDictionaries } from '../../../formats/dictionaries/open-dictionaries.ts';
import { storeDictionary } from '../../../formats/dictionaries/store.ts';
import { areSameFiles, flush, removeQuietly, writeDurably } from '../../files.ts';
import {
  importedFiles,
  importedId,
  unfinishedFolder,
  type ImportedFolder,
} from '../../imported-dictionary.ts';
import { queries, type QueryInput, type QueryOutput } from '../../queries.ts';
import { openDictionary } from '../dictionary-file.ts';
import { parseInput } from '../parse-input.ts';
import type { QueryContext, QueryHandler } from './handler.ts';

/** `dictionaries.inspect`: from headers and configurations. */
const inspect: QueryHandler = (input): Promise<QueryOutput<'dictionaries.inspect'>> => {
  const { path } = parseInput(queries['dictionaries.inspect'].input, input);
  const opened = openDictionaries(path);
  try {
    const { dictionaries, warnings } = opened;
    return Promise.resolve({
      dictionaries: dictionaries.map(describe),
      warnings: [...warnings, ...dictionaries.flatMap((found) => found.warnings)],
    });
  } finally {
    opened.close();
  }
};

/** `dictionaries.import`: one dictionary after the other, each whole or not there. */
const runImport: QueryHandler = async (
  input,
  { signal, report },
): Promise<QueryOutput<'dictionaries.import'>> => {
  const ask = parseInput(queries['dictionaries.import'].input, input);
  const opened = openDictionaries(ask.path);
  try {
    const { dictionaries } = opened;
    const total = dictionaries.reduce((sum, found) => sum + storedBytes(found), 0);
    const imported: QueryOutput<'dictionaries.import'>['dictionaries'] = [];
    let before = 0;
    for (const found of dictionaries) {
      const context = { signal, report: (done: number) => report?.(before + done, total) };
      imported.push(await store(found, ask, context));
      before += storedBytes(found);
    }
    const warnings = [...opened.warnings, ...dictionaries.flatMap((found) => found.warnings)];
    return { dictionaries: imported, warnings };
  } finally {
    opened.close();
  }
};

async function store(
  found: FoundDictionary,
  { folder, source, now }: QueryInput<'dictionaries.import'>,
  { signal, report }: QueryContext,
): Promise<{ id: string; wasThere: boolean }> {
  const building = unfinishedFolder(folder, randomUUID());
  const file = join(building, importedFiles.dictionary);
  try {
    mkdirSync(building, { recursive: true });
    const sha256 = await storeDictionary(file, found, { signal, ...(report && { report }) });
    const { id, wasThere } = placeFor(folder, file, sha256);
    if (wasThere) {
      removeQuietly(building);
      return { id, wasThere };
    }
    const about = aboutOf(found, { id, sha256, source, now });
    writeDurably(join(building, importedFiles.about), JSON.stringify(about, null, 2));
    flush(building);
    renameSync(building, join(folder, id));
    flush(folder);
    return { id, wasThere };
  } catch (error) {
    removeQuietly(building);
    throw fileError(error, file, 'write');
  }
}

/** Under which id a dictionary goes. Of one that has the id of another, and is not the same, the next. */
function placeFor(folder: string, file: string, sha256: string): { id: string; wasThere: boolean } {
  for (let number = 0; ; number++) {
    const id = importedId(sha256, number);
    const finished = join(folder, id);
    if (!existsSync(finished)) return { id, wasThere: false };
    if (areSameFiles(file, join(finished, importedFiles.dictionary))) return { id, wasThere: true };
  }
}

function aboutOf(
  found: FoundDictionary,
  { id, sha256, source, now }: { id: string; sha256: string; source: string; now: number },
): ImportedFolder {
  const { name, hook, model, sizes, alive, format, architecture, reason } = found;
  return {
    version: 1,
    id,
    name,
    hook,
    model,
    ...sizes,
    alive,
    source: {
      format,
      architecture,
      path: source,
      reason,
      conversions: [...found.conversions],
      warnings: [...found.warnings],
      config: found.config,
      sha256,
      importedAt: now,
    },
  };
}

function describe(found: FoundDictionary): FoundRow {
  const { name, format, architecture, sizes, hook, model, reason, conversions } = found;
  return {
    name,
    format,
    architecture,
    dIn: sizes.dIn,
    dOut: sizes.dOut,
    dSae: sizes.latents,
    hook,
    model,
    reason,
    conversions: [...conversions],
    bytes: storedBytes(found),
  };
}

/** `dictionaries.export` */
const runExport: QueryHandler = async (
  input,
  { signal, report },
): Promise<QueryOutput<'dictionaries.export'>> => {
  const ask = parseInput(queries['dictionaries.export'].input, input);
  const { found, close } = openDictionary(ask.dictionary);
  const total = storedBytes(found);
  let done = 0;
  const pace = async (bytes: number) => {
    done += bytes;
    report?.(done, total);
    await setImmediate();
    signal.throwIfAborted();
  };
  try {
    return await exportDictionary({ ...found, ...ask.place }, ask.format, ask.out, pace);
  } finally {
    close();
  }
};

export const dictionaryQueries: Readonly<Record<string, QueryHandler>> = {
  'dictionaries.inspect': inspect,
  'dictionaries.import': runImport,
  'dictionaries.export': runExport,
};
