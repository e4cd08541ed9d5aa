import type { Engine } from '../../engine.ts';
import { requireKind, requireLength, rowRange } from '../checks.ts';
import { sizeOf } from '../handles.ts';
import type { ReferenceStore } from './store.ts';

type StorageOps = Pick<
  Engine,
  | 'floats'
  | 'ints'
  | 'zeros'
  | 'clone'
  | 'reshape'
  | 'rows'
  | 'read'
  | 'readInts'
  | 'dispose'
  | 'usage'
>;

/** Copies in and out, views and lifetimes. */
export function storageOps(store: ReferenceStore): StorageOps {
  return {
    floats(values, shape) {
      requireLength('floats', values.length, sizeOf(shape));
      return store.wrap(Float64Array.from(values), shape);
    },
    ints(values, shape) {
      requireLength('ints', values.length, sizeOf(shape));
      return store.wrap(Int32Array.from(values), shape);
    },
    zeros: (shape) => store.create(shape).tensor,
    clone(x) {
      const numbers = x.kind === 'int' ? store.ints(x) : store.floats(x);
      return store.wrap(numbers.slice(), x.shape);
    },
    reshape(x, shape) {
      requireLength('reshape', x.size, sizeOf(shape));
      return store.handles.view(x, shape);
    },
    rows(x, start, end) {
      const { width } = rowRange(x, start, end);
      return store.handles.view(x, [end - start, ...x.shape.slice(1)], start * width);
    },
    read(x) {
      requireKind('read', 'float', x);
      return store.floats(x).slice();
    },
    readInts(x) {
      requireKind('readInts', 'int', x);
      return store.ints(x).slice();
    },
    dispose: (...tensors) => store.handles.dispose(tensors),
    usage: () => store.handles.usage(),
  };
}
