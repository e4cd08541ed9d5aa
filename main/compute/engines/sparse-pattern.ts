import type { Sparse, Tensor } from '../engine.ts';
import { requireVector } from './checks.ts';
import type { Handles, Storage } from './handles.ts';

/** `Engine.withValues` of every engine: views of a sparse matrix's pattern with other values [count]. */
export function patternWithValues<S extends Storage>(
  handles: Handles<S>,
  pattern: Sparse,
  values: Tensor,
): Sparse {
  requireVector('withValues', 'values', values, pattern.count);
  const view = (tensor: Tensor) => handles.view(tensor, tensor.shape);
  return {
    rows: pattern.rows,
    columns: pattern.columns,
    count: pattern.count,
    pointers: view(pattern.pointers),
    indices: view(pattern.indices),
    values: view(values),
  };
}
