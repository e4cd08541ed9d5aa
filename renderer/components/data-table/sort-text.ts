import type { Sort } from './columns.ts';

/** A sort as it stands in the address: `metric:l0`, or `-metric:l0` for the largest first. */
export function parseSort(text: string): Sort | null {
  if (text === '') return null;
  return text.startsWith('-')
    ? { key: text.slice(1), descending: true }
    : { key: text, descending: false };
}

export function formatSort({ key, descending }: Sort): string {
  return `${descending ? '-' : ''}${key}`;
}
