/** Rows of a table by their numbers; the host has checked that these lie in the table. */
import { addScaledAll } from './elementwise';
import { words } from './vector';

/** Task: rows of the result. */
export function gatherRows(
  thread: i32,
  begin: i32,
  end: i32,
  table: usize,
  ids: usize,
  out: usize,
  columns: i32,
): void {
  const size = words(columns);
  for (let i = begin; i < end; i++)
    memory.copy(out + <usize>i * size, table + <usize>load<u32>(ids + words(i)) * size, size);
}

/** Task: columns, so that ids may repeat: each column is summed by one thread, in the order of ids. */
export function scatterAddColumns(
  thread: i32,
  begin: i32,
  end: i32,
  out: usize,
  ids: usize,
  x: usize,
  count: i32,
  columns: i32,
): void {
  const size = words(columns);
  const at = words(begin);
  for (let i = 0; i < count; i++)
    addScaledAll(
      out + <usize>load<u32>(ids + words(i)) * size + at,
      x + <usize>i * size + at,
      end - begin,
      1,
    );
}
