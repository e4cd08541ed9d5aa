import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  curveChoices,
  hubSelection,
  hubTransfer,
  type HubTransfer,
} from '../../../shared/contract/hubs.ts';
import { fileError } from '../../../shared/errors.ts';
import { removeQuietly, writeFileAtomically } from '../../jobs/files.ts';

const recordSchema = v.object({
  version: v.literal(1),
  transfer: hubTransfer,
  selections: v.array(hubSelection),
  curves: v.picklist(curveChoices),
});

/** What is kept of a download, so that one that did not end can go on after any kind of end. No keys. */
export type TransferRecord = v.InferOutput<typeof recordSchema>;

const mostKept = 100;

/** The records of a project's downloads, one small file each, in its cache folder. */
export class TransferFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Newest first. A record that cannot be understood is passed over: its files are in the cache all the same. */
  list(): TransferRecord[] {
    const records = names(this.#folder).flatMap((name) => read(join(this.#folder, name)));
    return records.sort((a, b) => b.transfer.createdAt - a.transfer.createdAt);
  }

  write(record: TransferRecord): void {
    const path = join(this.#folder, `${record.transfer.id}.json`);
    try {
      mkdirSync(this.#folder, { recursive: true });
    } catch (error) {
      throw fileError(error, this.#folder, 'write');
    }
    writeFileAtomically(path, JSON.stringify(record));
    for (const old of this.list().slice(mostKept)) this.remove(old.transfer.id);
  }

  remove(id: HubTransfer['id']): void {
    removeQuietly(join(this.#folder, `${id}.json`));
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function read(path: string): TransferRecord[] {
  try {
    const text = readFileSync(path, 'utf8');
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), text);
    return parsed.success ? [parsed.output] : [];
  } catch {
    return [];
  }
}
