import { join } from 'node:path';
import type { CurveChoice, HubSelection, HubTransfer } from '../../../shared/contract/hubs.ts';
import { AppError } from '../../../shared/errors.ts';
import type { HubCache } from '../../hubs/cache.ts';
import { download } from '../../hubs/download.ts';
import type { Clock } from '../../jobs/clock.ts';
import { removeQuietly } from '../../jobs/files.ts';
import { RateMeter } from '../../jobs/rate-meter.ts';
import { problemJson } from '../scan/finding.ts';
import type { HubClients } from './hub-clients.ts';
import type { HubImports } from './imports.ts';
import { makePlan, selectionsOf, type Plan, type PlannedItem } from './plan.ts';
import { wandbRun } from './run-source.ts';

export interface TransferParts {
  readonly clients: (contacted: (hosts: string[]) => void) => HubClients;
  readonly cache: HubCache;
  /** Where files lie under their names while they are imported. */
  readonly staging: string;
  readonly imports: HubImports;
  readonly clock: Clock;
  /** A state worth keeping. */
  readonly keep: (transfer: HubTransfer) => void;
  /** Something to show. */
  readonly show: (transfer: HubTransfer) => void;
  readonly bug: (error: unknown) => void;
}

export interface Wanted {
  readonly selections: readonly HubSelection[];
  readonly curves: CurveChoice;
}

const showEveryMilliseconds = 200;

/** One download and what is imported of it, from its start to its end, once or again. */
export class Transfer {
  readonly #parts: TransferParts;
  readonly #abort = new AbortController();
  readonly #rate = new RateMeter();
  #row: HubTransfer;
  #wanted: Wanted;
  #shown = -Infinity;
  /** Settles at the end, whatever that is. */
  readonly ended: Promise<void>;

  constructor(row: HubTransfer, wanted: Wanted, parts: TransferParts) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#row = { ...row, state: 'running', error: null, progress: null };
    this.#keep({});
    this.ended = this.#run();
  }

  get row(): HubTransfer {
    return this.#row;
  }

  get wanted(): Wanted {
    return this.#wanted;
  }

  cancel(): void {
    this.#abort.abort(
      new AppError('cancelled', 'The download was stopped. What came is kept: it can go on.'),
    );
  }

  async #run(): Promise<void> {
    const { bug } = this.#parts;
    const { signal } = this.#abort;
    try {
      const clients = this.#parts.clients((hosts) => this.#show({ hosts }));
      const plan = await makePlan(clients, this.#wanted, signal);
      this.#wanted = { selections: selectionsOf(plan), curves: plan.curves };
      await this.#fetchFiles(plan, signal);
      this.#keep({ state: 'importing', progress: null });
      await this.#importRuns(plan, clients, signal);
      await this.#importFiles(plan, signal);
      this.#keep({ state: 'done', progress: null });
    } catch (error) {
      if (!(error instanceof AppError)) bug(error);
      const known =
        error instanceof AppError
          ? error
          : new AppError('internal', 'Something went wrong inside Assay. The log tells more.');
      const isStopped = signal.aborted && known.code === 'cancelled';
      this.#keep({
        state: isStopped ? 'cancelled' : 'failed',
        error: isStopped ? null : problemJson(known.toJSON()),
      });
    }
  }

  async #fetchFiles({ items }: Plan, signal: AbortSignal): Promise<void> {
    const { cache, clock } = this.#parts;
    const all = items.flatMap((item) => item.files.map((file) => ({ item, file })));
    const total = all.reduce((sum, { file }) => sum + (file.bytes ?? 0), 0);
    this.#keep({ fileCount: all.length, filesDone: 0 });
    let before = 0;
    for (const [index, { item, file }] of all.entries()) {
      let have = 0;
      this.#rate.reset();
      const tell = (bytes: number): void => {
        // What was here before is no speed.
        if (bytes < have || (have === 0 && bytes > 1 << 20)) this.#rate.reset();
        have = bytes;
        this.#rate.add(clock.now(), before + bytes);
        this.#progress(file.path, before + bytes, total);
      };
      const { http, address: source } = item;
      await download(file, { http, cache, source, signal, progress: tell });
      before += file.bytes ?? have;
      this.#show({ filesDone: index + 1 });
    }
  }

  /** Runs come into the table in one piece per project: seeds of one spec make a group. */
  async #importRuns({ items, curves }: Plan, clients: HubClients, signal: AbortSignal) {
    const runs = items.flatMap(({ run, address }) => (run ? [{ run, address }] : []));
    if (runs.length === 0 || this.#row.runs.length > 0) return;
    const client = await clients.wandb();
    const { imports } = this.#parts;
    const progress = (done: number, total: number): void =>
      this.#show({
        progress: {
          phase: 'reading curves',
          done,
          total,
          unit: 'steps',
          rate: null,
          remainingSeconds: null,
        },
      });
    const first = runs[0]!;
    const name = runs.length === 1 ? first.address : `${runs.length} runs, ${first.address} …`;
    const { runs: ids } = await imports.runs(
      name,
      (async function* () {
        for (const { run } of runs) yield await wandbRun(client, run, curves, { signal, progress });
      })(),
      signal,
    );
    this.#keep({ runs: [...ids], progress: null });
  }

  async #importFiles({ items }: Plan, signal: AbortSignal): Promise<void> {
    const { staging, imports } = this.#parts;
    const folder = join(staging, this.#row.id);
    let isKept = false;
    try {
      for (const item of items) {
        if (item.files.length === 0) continue;
        const path = this.#place(item, folder);
        const { dictionaries, warnings, ...after } = await imports.files(
          path,
          item.address,
          signal,
        );
        isKept ||= after.isKept;
        this.#keep({
          dictionaries: [
            ...this.#row.dictionaries.filter(({ id }) => !dictionaries.some((d) => d.id === id)),
            ...dictionaries,
          ],
          warnings: [...this.#row.warnings, ...warnings],
        });
      }
    } finally {
      if (!isKept) removeQuietly(folder);
    }
  }

  /** Puts the files of one item, and no others, under their names; answers their folder. */
  #place({ name, address, files }: PlannedItem, folder: string): string {
    const own = join(folder, name);
    for (const file of files) this.#parts.cache.place(file, address, own);
    return own;
  }

  #progress(phase: string, done: number, total: number): void {
    const rate = this.#rate.rate();
    const missing = total - done;
    this.#show({
      progress: {
        phase,
        done,
        total: Math.max(total, done),
        unit: 'bytes',
        rate,
        remainingSeconds: rate !== null && rate > 0 && missing > 0 ? missing / rate : null,
      },
    });
  }

  #keep(changes: Partial<HubTransfer>): void {
    this.#row = { ...this.#row, ...changes };
    this.#shown = this.#parts.clock.now();
    this.#parts.keep(this.#row);
    this.#parts.show(this.#row);
  }

  #show(changes: Partial<HubTransfer>): void {
    this.#row = { ...this.#row, ...changes };
    const now = this.#parts.clock.now();
    if (now - this.#shown < showEveryMilliseconds && now >= this.#shown) return;
    this.#shown = now;
    this.#parts.show(this.#row);
  }
}
