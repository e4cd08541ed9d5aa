import type { Engine } from '../../engine.ts';
import { requireKind, requireLength, rowRange } from '../checks.ts';
import { sizeOf } from '../handles.ts';
import type { WasmStore } from './store.ts';

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

/** Copies in and out of linear memory, views and lifetimes. */
export function storageOps(store: WasmStore): StorageOps {
  return {
    floats(values, shape) {
      requireLength('floats', values.length, sizeOf(shape));
      const out = store.create(shape);
      store.floats(out).set(values);
      return out;
    },
    ints(values, shape) {
      requireLength('ints', values.length, sizeOf(shape));
      const out = store.create(shape, 'int');
      store.ints(out).set(values);
      return out;
    },
    zeros: (shape) => store.zeros(shape),
    clone(x) {
      const out = store.create(x.shape, x.kind);
      store.runElements('copy', x.size, store.at(x), store.at(out));
      return out;
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
      return Float32Array.from(store.floats(x));
    },
    readInts(x) {
      requireKind('readInts', 'int', x);
      return Int32Array.from(store.ints(x));
    },
    dispose: (...tensors) => store.handles.dispose(tensors),
    usage: () => store.handles.usage(),
  };
}
