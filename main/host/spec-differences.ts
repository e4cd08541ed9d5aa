import { canonicalJson } from '../../shared/domain/canonical-json.ts';

export type Leaf = string | number | boolean | null;

/** Leaves of a document by their dotted path; a list is one leaf, as its JSON. */
export function flattenSpec(document: unknown): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const visit = (path: string, value: unknown): void => {
    if (value === undefined) return;
    if (value === null || typeof value !== 'object') leaves.set(path, value as Leaf);
    else if (Array.isArray(value)) leaves.set(path, canonicalJson(value));
    else
      for (const [key, inner] of Object.entries(value))
        visit(path === '' ? key : `${path}.${key}`, inner);
  };
  visit('', document);
  return leaves;
}

export interface Difference {
  readonly path: string;
  /** One for each document, in order; null where it has no such field. */
  readonly values: Leaf[];
}

/** The fields in which documents differ, sorted by path. `ignore` lists paths that do not count. */
export function findDifferences(
  documents: readonly unknown[],
  ignore: readonly string[] = [],
): Difference[] {
  const flat = documents.map(flattenSpec);
  const paths = [...new Set(flat.flatMap((leaves) => [...leaves.keys()]))].sort();
  return paths
    .filter((path) => !ignore.includes(path))
    .map((path) => ({ path, values: flat.map((leaves) => leaves.get(path) ?? null) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}
