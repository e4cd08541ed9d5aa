import { hasCode } from '../../../shared/errors.ts';
import type { Handlers } from '../../../shared/contract/serve.ts';
import type { AssayContract } from '../../../shared/contract/index.ts';
import type { ImportedFiles } from './imports.ts';

type Calls = Pick<
  Handlers<AssayContract>,
  'dictionaries.import' | 'results.inspect' | 'results.import'
>;

/**
 * Imports what was fetched from one address: its dictionaries, else results that a job reads from
 * where the files lie. Files that are neither stay there, and a warning says so.
 */
export async function importFetchedFiles(
  calls: Calls,
  { project, path, source }: { project: string; path: string; source: string },
  signal: AbortSignal,
): Promise<ImportedFiles> {
  const context = { signal };
  try {
    const found = await calls['dictionaries.import']({ project, path, source }, context);
    const dictionaries = found.dictionaries.map(
      ({ id, name, format, architecture, dIn, dSae, hook }) => ({
        id,
        name,
        format,
        architecture,
        dIn,
        dSae,
        hook,
      }),
    );
    return { dictionaries, warnings: found.warnings, isKept: false };
  } catch (error) {
    if (!hasCode(error, 'not-found') && !hasCode(error, 'unsupported')) throw error;
    const results = await calls['results.inspect']({ project, path }, context);
    if (results === null && hasCode(error, 'unsupported')) throw error;
    if (results === null)
      return {
        dictionaries: [],
        warnings: [
          `${source}: the files are no dictionary and no results that Assay knows. They lie in ${path}`,
        ],
        isKept: true,
      };
    if (results.earlier !== null)
      return {
        dictionaries: [],
        warnings: [
          `${source}: its results are in the project already, as '${results.earlier.name}', and have not changed since.`,
        ],
        isKept: true,
      };
    await calls['results.import']({ project, path, name: source.slice(0, 200) }, context);
    return {
      dictionaries: [],
      warnings: [`${source}: a job reads the results. ${results.reason}`],
      isKept: true,
    };
  }
}
