import { posix } from 'node:path';
import type { FoundItem } from '../../../shared/contract/project.ts';
import { grouped } from './finding.ts';

/**
 * Folders whose files of tokens, or of text, differ in numbers alone: shards, which are read one after
 * the other as one.
 */
export function findShards(items: readonly FoundItem[]): FoundItem[] {
  const folders = Map.groupBy(
    items.filter(({ kind, path }) => isPart(kind) && posix.dirname(path) !== '.'),
    ({ path }) => posix.dirname(path),
  );
  return [...folders].flatMap(([path, files]) => {
    const [first, second] = files;
    if (!first || !second || !files.every((file) => fits(file, first))) return [];
    if (items.some((item) => item.path === path)) return []; // a model's folder is a model
    const sum = (name: string) => sumOf(files.map(({ numbers }) => numbers[name]));
    const [rows, tokens] = [sum('rows'), sum('tokens')];
    const { kind, format, numbers } = first;
    return [
      {
        ...{ kind, path, name: path, format, problem: null },
        bytes: files.reduce((bytes, file) => bytes + file.bytes, 0),
        facts: [
          `${grouped(files.length)} files`,
          ...(rows === undefined ? [] : [`${grouped(rows)} rows`]),
        ],
        numbers: {
          ...(numbers['context'] !== undefined && { context: numbers['context'] }),
          ...(rows !== undefined && { rows }),
          ...(tokens !== undefined && { tokens }),
        },
      },
    ];
  });
}

function isPart(kind: FoundItem['kind']): boolean {
  return kind === 'tokens' || kind === 'text';
}

function fits(file: FoundItem, first: FoundItem): boolean {
  return (
    file.kind === first.kind &&
    file.format === first.format &&
    file.problem === null &&
    patternOf(file) === patternOf(first) &&
    file.numbers['context'] === first.numbers['context']
  );
}

/** Shards differ in numbers alone; files of train and validation do not make one set. */
function patternOf({ path }: FoundItem): string {
  return path.replace(/\d+/g, '#');
}

/** Undefined where one of them is not known. */
function sumOf(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce(
    (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
    0,
  );
}
