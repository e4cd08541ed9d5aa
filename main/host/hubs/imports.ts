import type { FetchedDictionary } from '../../../shared/contract/hubs.ts';
import type { ForeignRun } from '../../formats/runs/foreign-run.ts';

export interface ImportedFiles {
  readonly dictionaries: readonly FetchedDictionary[];
  readonly warnings: readonly string[];
  /** The files are still needed where they lie. */
  readonly isKept: boolean;
}

/** What becomes of a download: the same imports that local files go through. */
export interface HubImports {
  /** @throws AppError, and then none of the runs is kept */
  runs(
    source: string,
    runs: AsyncIterable<ForeignRun>,
    signal: AbortSignal,
  ): Promise<{ readonly runs: readonly string[] }>;
  /**
   * @param path folder with the files of one run or repository
   * @param source the address that they came from
   */
  files(path: string, source: string, signal: AbortSignal): Promise<ImportedFiles>;
}
