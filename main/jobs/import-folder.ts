import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportFormat, ImportSpec } from '../../shared/domain/import-spec.ts';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import { fileError } from '../../shared/errors.ts';
import { convertRun, seedKeys, type ConvertedRun } from '../formats/runs/convert-run.ts';
import type { ForeignRun } from '../formats/runs/foreign-run.ts';
import { removeQuietly, writeFileAtomically } from './files.ts';
import { newId } from './ids.ts';
import { jobFiles, runFiles, type JobResult } from './job-folder.ts';
import { describeSurroundings, writeProvenance, type InputFile } from './provenance.ts';
import { writeResult, type ResultFile } from './result.ts';

export interface ImportPlace {
  readonly job: string;
  readonly attempt: number;
  readonly folder: string;
  readonly projectPath: string;
  readonly spec: ImportSpec;
  readonly format: ImportFormat;
  /** Called now and then while something long is written; throws where the import is to stop. */
  readonly beat?: (points: number) => Promise<void>;
}

/** A dictionary whose features an import brings. */
interface ImportedDictionary {
  readonly hook: string;
  readonly model: string;
  readonly architecture: string;
  readonly dIn: number;
  readonly latents: number;
}

/** What was written of a dictionary; paths of files are inside the folder of its run. */
export interface WrittenDictionary {
  readonly name: string;
  readonly metrics: Record<string, number | null>;
  readonly dictionary: ImportedDictionary;
  readonly files: readonly ResultFile[];
  readonly notes: readonly string[];
}

type RunResult = JobResult['runs'][number];

const beatEvery = 2_000;
const bufferCharacters = 1 << 18;

/**
 * Writes what another tool made as the result of a job: the same files as a training leaves, which the
 * host then takes in in one transaction, today or after a repair. Nothing is imported before `finish`.
 */
export class ImportFolder {
  readonly #place: ImportPlace;
  readonly #runs: RunResult[] = [];
  readonly #files: ResultFile[] = [];
  readonly #notes: { readonly run: string; readonly notes: readonly string[] }[] = [];
  readonly #seeds = new Map<string, number>();

  constructor(place: ImportPlace) {
    this.#place = place;
    mkdirSync(place.folder, { recursive: true });
    this.#json('spec', jobFiles.spec, place.spec);
  }

  get runs(): number {
    return this.#runs.length;
  }

  /** Converts a run and writes its curves and metrics; answers its id. */
  async addRun(foreign: ForeignRun): Promise<string> {
    const run = convertRun(foreign);
    const id = newId('run');
    this.folderOf(id);
    await this.#writePoints(id, run);
    const { metrics, notes } = run.finish();
    this.#json('metrics', `${id}/${runFiles.metrics}`, metrics);
    const groupKey = groupKeyOf(run, id);
    this.#add(id, {
      seed: this.#seedIn(groupKey, run.seed),
      metrics,
      seconds: run.seconds,
      dictionary: null,
      hook: run.hook,
      architecture: '',
      dIn: 0,
      latents: 0,
      imported: { name: run.name, model: run.model, groupKey, x: run.x, config: run.config },
    });
    this.#notes.push({ run: id, notes });
    return id;
  }

  /**
   * Adds a run that stands for a dictionary alone.
   * @param write puts the files of features into the run's folder and says what they are
   */
  async addDictionary(write: (folder: string) => Promise<WrittenDictionary>): Promise<string> {
    const id = newId('run');
    const { name, metrics, dictionary, files, notes } = await write(this.folderOf(id));
    const { hook, model, architecture, dIn, latents } = dictionary;
    for (const { kind, path } of files) this.#files.push({ kind, path: `${id}/${path}` });
    this.#add(id, {
      seed: 0,
      metrics,
      seconds: null,
      dictionary: newId('dict'),
      hook,
      architecture,
      dIn,
      latents,
      imported: { name, model, groupKey: digest(id), x: 'steps', config: {} },
    });
    this.#notes.push({ run: id, notes });
    return id;
  }

  /** Folder of a run inside the job's. */
  folderOf(run: string): string {
    const path = join(this.#place.folder, run);
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw fileError(error, path, 'write');
    }
    return path;
  }

  /** A file that the runs of the job share and that is there already. */
  addFile(kind: string, path: string): void {
    this.#files.push({ kind, path });
  }

  /**
   * Writes where everything came from, and the result last.
   * @param inputs the files that were read, as far as there are any
   * @param features tokens and context over which features were counted
   */
  finish(
    inputs: readonly InputFile[],
    features: { readonly tokens: number; readonly context: number } = { tokens: 0, context: 0 },
  ): void {
    const { job, attempt, folder, projectPath, spec, format } = this.#place;
    writeProvenance(folder, {
      imported: { from: spec.source, format, notes: this.#notes },
      inputs,
      ...describeSurroundings(projectPath),
    });
    this.#files.push({ kind: 'provenance', path: jobFiles.provenance });
    writeResult(
      folder,
      { job, attempt, featureTokens: features.tokens, context: features.context, runs: this.#runs },
      this.#files,
    );
  }

  /** Leaves nothing behind. */
  discard(): void {
    removeQuietly(this.#place.folder);
  }

  #add(id: string, run: Omit<RunResult, 'id'>): void {
    this.#runs.push({ id, ...run });
  }

  async #writePoints(id: string, run: ConvertedRun): Promise<void> {
    const name = `${id}/${runFiles.points}`;
    const path = join(this.#place.folder, name);
    const fd = openSync(path, 'w');
    try {
      let text = '';
      let points = 0;
      for await (const point of run.points()) {
        text += `${JSON.stringify(point)}\n`;
        if (text.length > bufferCharacters) {
          writeSync(fd, text);
          text = '';
        }
        if (++points % beatEvery === 0) await this.#place.beat?.(points);
      }
      writeSync(fd, text);
    } catch (error) {
      throw fileError(error, path, 'write');
    } finally {
      closeSync(fd);
    }
    this.#files.push({ kind: 'points', path: name });
  }

  /** Replicates are told apart by seeds: where none is known, or one comes twice, the next free number. */
  #seedIn(groupKey: string, seed: number | null): number {
    const key = (value: number) => `${groupKey} ${value}`;
    let found = seed ?? 0;
    while (seed === null && this.#seeds.has(key(found))) found++;
    this.#seeds.set(key(found), found);
    return found;
  }

  #json(kind: string, path: string, value: unknown): void {
    writeFileAtomically(join(this.#place.folder, path), JSON.stringify(value));
    this.#files.push({ kind, path });
  }
}

/** Runs whose configs differ in the seed alone are replicates; one without a config stands alone. */
function groupKeyOf({ config, seed }: ConvertedRun, id: string): string {
  const rest = Object.entries(config).filter(
    ([key]) => !seedKeys.some((name) => name === key) && !isOfOneRun(key),
  );
  if (seed === null || rest.length === 0) return digest(id);
  return digest(canonicalJson({ imported: Object.fromEntries(rest) }));
}

/** Fields that name a run or where it lies, and so differ between replicates. */
function isOfOneRun(key: string): boolean {
  return /^(wandb_run_name|run_name|name|save_dir|output_dir|log_dir|checkpoint_path)$/.test(key);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
