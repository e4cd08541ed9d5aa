import { readdirSync, type Dirent } from 'node:fs';
import { basename, extname, join, relative, sep } from 'node:path';
import type { FoundItem } from '../../../shared/contract/project.ts';
import { AppError } from '../../../shared/errors.ts';
import { scanCheckpoint } from './scan-checkpoint.ts';
import { scanEval, scanHarnessSamples, scanInspectJson } from './scan-evaluation.ts';
import { isModelFolder, scanModel } from './scan-model.ts';
import { scanSpec } from './scan-spec.ts';
import { scanTable } from './scan-table.ts';
import { scanTensorFile } from './scan-tensors.ts';
import { scanJsonLines, scanNpy, scanParquet } from './scan-token-records.ts';
import { findShards } from './find-shards.ts';
import { fileSize, problemJson, type Finding } from './finding.ts';

export interface Scan {
  readonly items: FoundItem[];
  /** The walk stopped at its limit; more may be there. */
  readonly truncated: boolean;
}

const maxEntries = 20_000;
const maxItems = 500;
const maxDepth = 6;
const skipped = new Set(['node_modules', '__pycache__', 'venv', 'wandb']);

const scanners: Readonly<Record<string, (path: string) => Finding | undefined>> = {
  '.safetensors': scanTensorFile,
  '.pt': scanCheckpoint,
  '.csv': scanTable,
  '.tsv': scanTable,
  '.yaml': scanSpec,
  '.yml': scanSpec,
  '.json': (path) => scanInspectJson(path) ?? scanSpec(path),
  '.eval': scanEval,
  '.npy': scanNpy,
  '.jsonl': (path) => scanHarnessSamples(path) ?? scanJsonLines(path),
  '.parquet': scanParquet,
  '.txt': () => ({ kind: 'text', format: 'text', facts: [], numbers: {}, problem: null }),
};

/**
 * What a project folder holds that Assay can use, with what is wrong with it where that shows in a
 * file's header. Files are not read whole, folders that start with a dot are left out, links to
 * folders are not followed, and the walk ends after a number of entries: a home folder opened by
 * mistake must not keep anybody waiting.
 */
export function scanProject(folder: string): Scan {
  const walk = new Walk(folder);
  walk.visit(folder, 0);
  return { items: [...findShards(walk.items), ...walk.items], truncated: walk.truncated };
}

class Walk {
  readonly items: FoundItem[] = [];
  truncated = false;
  #entries = 0;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  visit(folder: string, depth: number): void {
    const entries = list(folder);
    if (depth > 0 && isModelFolder(entries)) return this.#visitModel(folder, entries);
    for (const entry of entries) {
      if (this.#isFull()) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (depth < maxDepth && !entry.name.startsWith('.') && !skipped.has(entry.name))
          this.visit(path, depth + 1);
      } else this.#visitFile(path);
    }
  }

  /** A model is one item; tokens and labels that lie beside its weights are items of their own. */
  #visitModel(folder: string, entries: readonly Dirent[]): void {
    this.#look(folder, 0, scanModel);
    for (const { name } of entries)
      if (extname(name) === '.safetensors' && !name.startsWith('model'))
        this.#visitFile(join(folder, name), ['tokens', 'labels']);
  }

  #visitFile(path: string, kinds?: readonly FoundItem['kind'][]): void {
    const scan = scanners[extname(path).toLowerCase()];
    if (!scan) return;
    const bytes = fileSize(path);
    if (bytes !== undefined) this.#look(path, bytes, scan, kinds);
  }

  /** Whatever one file holds, the others are shown. */
  #look(
    path: string,
    bytes: number,
    scan: (path: string) => Finding | undefined,
    kinds?: readonly FoundItem['kind'][],
  ): void {
    let finding: Finding | undefined;
    try {
      finding = scan(path);
    } catch (error) {
      finding = unreadable(path, error);
    }
    if (finding && (kinds?.includes(finding.kind) ?? true)) this.#add(path, finding, bytes);
  }

  #add(path: string, finding: Finding, bytes: number): void {
    const name = relative(this.#root, path).split(sep).join('/');
    this.items.push({
      path: name,
      name: finding.name ?? name,
      bytes: finding.bytes ?? bytes,
      ...strip(finding),
    });
  }

  #isFull(): boolean {
    this.#entries++;
    const isFull = this.#entries > maxEntries || this.items.length >= maxItems;
    this.truncated ||= isFull;
    return isFull;
  }
}

function strip(
  finding: Finding,
): Pick<FoundItem, 'kind' | 'format' | 'facts' | 'numbers' | 'problem'> {
  const { kind, format, facts, numbers, problem } = finding;
  return { kind, format, facts, numbers, problem };
}

function unreadable(path: string, error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${basename(path)} cannot be understood: ${reason}.`;
  const problem = new AppError('corrupt', message, { file: path }).toJSON();
  return {
    kind: 'other',
    format: 'unknown',
    facts: [],
    numbers: {},
    problem: problemJson(problem),
  };
}

/** Sorted, so that two scans of one folder agree. An unreadable folder holds nothing. */
function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
