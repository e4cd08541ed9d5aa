/** The row that a key goes to; null for a key that moves nowhere. `active` is -1 before the first. */
export function rowForKey(
  key: string,
  active: number,
  total: number,
  pageRows: number,
): number | null {
  if (total === 0) return null;
  const page = Math.max(1, pageRows);
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    j: active + 1,
    ArrowUp: active - 1,
    k: active - 1,
    Home: 0,
    End: total - 1,
    PageDown: active + page,
    PageUp: active - page,
  };
  const target = Object.hasOwn(targets, key) ? targets[key] : undefined;
  return target === undefined ? null : Math.min(total - 1, Math.max(0, target));
}

/** Where to scroll so that a row is whole in view; null where it is already. */
export function scrollForRow(
  index: number,
  rowHeight: number,
  view: { readonly top: number; readonly height: number },
): number | null {
  const top = index * rowHeight;
  if (top < view.top) return top;
  if (top + rowHeight > view.top + view.height) return top + rowHeight - view.height;
  return null;
}
