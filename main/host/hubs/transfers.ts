import { join } from 'node:path';
import type { HubTransfer } from '../../../shared/contract/hubs.ts';
import { AppError } from '../../../shared/errors.ts';
import { HubCache } from '../../hubs/cache.ts';
import { newId } from '../../jobs/ids.ts';
import { Transfer, type TransferParts, type Wanted } from './transfer.ts';
import { TransferFiles, type TransferRecord } from './transfer-file.ts';

type SharedParts = Omit<TransferParts, 'cache' | 'staging' | 'keep' | 'show'>;

/** The downloads of one open project. */
export class Transfers {
  readonly cache: HubCache;
  readonly #parts: SharedParts;
  readonly #changed: (transfer: HubTransfer) => void;
  readonly #files: TransferFiles;
  readonly #staging: string;
  readonly #active = new Map<string, Transfer>();

  constructor(projectPath: string, parts: SharedParts, changed: (transfer: HubTransfer) => void) {
    const folder = join(projectPath, '.assay', 'cache', 'hubs');
    this.cache = new HubCache(folder);
    this.#files = new TransferFiles(join(folder, 'transfers'));
    this.#staging = join(folder, 'files');
    this.#parts = parts;
    this.#changed = changed;
  }

  start(wanted: Wanted): HubTransfer {
    const row: HubTransfer = {
      id: newId('get'),
      name: wanted.selections[0]!.address,
      state: 'running',
      createdAt: this.#parts.clock.now(),
      fileCount: 0,
      filesDone: 0,
      progress: null,
      error: null,
      hosts: [],
      dictionaries: [],
      runs: [],
      warnings: [],
    };
    return this.#begin(row, wanted);
  }

  list(): HubTransfer[] {
    return this.#files.list().map((record) => this.#rowOf(record));
  }

  get(id: string): HubTransfer {
    return this.#rowOf(this.#record(id));
  }

  cancel(id: string): HubTransfer {
    const active = this.#active.get(id);
    if (!active)
      throw new AppError('not-allowed-now', 'This download has ended already.', { transfer: id });
    active.cancel();
    return active.row;
  }

  /** Goes on with one that did not come to its end. */
  resume(id: string): HubTransfer {
    const record = this.#record(id);
    const row = this.#rowOf(record);
    if (row.state === 'done' || this.#active.has(id))
      throw new AppError(
        'not-allowed-now',
        'There is nothing left of this download to go on with.',
        {
          transfer: id,
        },
      );
    return this.#begin(row, record);
  }

  forget(id: string): void {
    if (this.#active.has(id))
      throw new AppError('not-allowed-now', 'This download is under way. Stop it first.', {
        transfer: id,
      });
    this.#files.remove(id);
  }

  /** Stops what is under way; it can go on later. */
  async close(): Promise<void> {
    const active = [...this.#active.values()];
    for (const transfer of active) transfer.cancel();
    await Promise.all(active.map(({ ended }) => ended));
  }

  #begin(row: HubTransfer, wanted: Wanted): HubTransfer {
    const transfer: Transfer = new Transfer(row, wanted, {
      ...this.#parts,
      cache: this.cache,
      staging: this.#staging,
      show: this.#changed,
      // While it is made there is none yet, and its wishes are those that were given.
      keep: (kept) => this.#write(kept, this.#active.get(kept.id)?.wanted ?? wanted),
    });
    this.#active.set(row.id, transfer);
    void transfer.ended.finally(() => {
      this.#active.delete(row.id);
      // What a download that failed has brought so far is needed to go on with it.
      if (this.#active.size === 0 && transfer.row.state === 'done') this.cache.makeRoom();
    });
    return transfer.row;
  }

  #write(transfer: HubTransfer, { selections, curves }: Wanted): void {
    try {
      this.#files.write({ version: 1, transfer, selections: [...selections], curves });
    } catch (error) {
      // The download itself says it where the disk is full; without a record it cannot go on later.
      this.#parts.bug(error);
    }
  }

  #record(id: string): TransferRecord {
    const record = this.#files.list().find(({ transfer }) => transfer.id === id);
    if (record) return record;
    throw new AppError('not-found', 'There is no such download in this project.', { transfer: id });
  }

  /** What is marked as under way but is not ended with an earlier session. */
  #rowOf({ transfer }: TransferRecord): HubTransfer {
    const active = this.#active.get(transfer.id);
    if (active) return active.row;
    const isOpen = transfer.state === 'running' || transfer.state === 'importing';
    return isOpen ? { ...transfer, state: 'interrupted', progress: null } : transfer;
  }
}
