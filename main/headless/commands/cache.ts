import { cacheFolder } from '../../jobs/cache-folder.ts';
import {
  describeActivationSet,
  listActivationSets,
  listPreparedTokens,
  removeCacheEntry,
  type CacheEntry,
} from '../../jobs/cache-content.ts';
import type { Command } from '../cli/command.ts';
import { textTable } from '../cli/text-table.ts';
import { projectFolder, projectOption } from './read-project.ts';

interface Shown extends CacheEntry {
  readonly kind: 'activations' | 'tokens';
  readonly what: string;
}

export const cache: Command = {
  name: 'cache',
  summary: 'Shows what a project keeps to be faster, and removes what no job uses with --clear.',
  parameters: [],
  options: {
    ...projectOption,
    clear: { type: 'boolean', help: 'remove what is not in use; it is made again when needed' },
  },
  example: 'assay cache --project ~/experiments/gpt2-saes --clear',
  run: async ({ values, output }) => {
    const project = projectFolder(values);
    const before = entriesOf(project);
    if (values['clear'] === true)
      for (const { kind, key, reserved } of before)
        if (reserved === undefined) removeCacheEntry(cacheFolder(project, kind), key);
    const entries = entriesOf(project);
    const bytes = bytesOf(entries);
    const freed = bytesOf(before) - bytes;
    output.answer({ entries: entries.map(toJson), bytes, freed }, () =>
      describe(entries, bytes, freed),
    );
  },
};

function entriesOf(project: string): Shown[] {
  const activations = cacheFolder(project, 'activations');
  return [
    ...listActivationSets(activations).map((entry) => ({
      ...entry,
      kind: 'activations' as const,
      what: describeActivationSet(activations, entry.key),
    })),
    ...listPreparedTokens(cacheFolder(project, 'tokens')).map((entry) => ({
      ...entry,
      kind: 'tokens' as const,
      what: 'rows of tokens',
    })),
  ];
}

function bytesOf(entries: readonly Shown[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes, 0);
}

function toJson({ kind, key, what, bytes, reserved, lastUsed }: Shown) {
  return { kind, key, what, bytes, inUse: reserved !== undefined, lastUsed };
}

function describe(entries: readonly Shown[], bytes: number, freed: number): string {
  const total = `${megabytes(bytes)} MB in all${freed > 0 ? `, ${megabytes(freed)} MB removed` : ''}`;
  if (entries.length === 0) return `Nothing is kept. ${total}`;
  const rows = entries.map(({ kind, what, bytes: size, reserved, lastUsed }) => [
    kind,
    what,
    megabytes(size),
    new Date(lastUsed).toISOString().slice(0, 16),
    reserved === undefined ? '' : 'in use',
  ]);
  return `${textTable([['kind', 'what', 'MB', 'last used', ''], ...rows])}\n${total}`;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
