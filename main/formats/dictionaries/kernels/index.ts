/**
 * What is done to every number of a dictionary on its way into the form, four at a time. Pointers are byte
 * addresses; the host (row-kernels.ts) lays out the memory. Sums and products are taken in float64.
 */
export { norm, unitRows } from './rows';
export { turn } from './turn';

/** Where the host's memory begins: below lie the constants of the compiler. */
export const heapBase: usize = __heap_base;
