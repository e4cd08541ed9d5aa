import type { Engine } from '../../engine.ts';
import { requireKind, requireLength, rowRange } from '../checks.ts';
import { sizeOf } from '../handles.ts';
import type { TensorflowStore } from './store.ts';

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
export function storageOps(store: TensorflowStore): StorageOps {
  return {
    floats(values, shape) {
      requireLength('floats', values.length, sizeOf(shape));
      const numbers = values instanceof Float32Array ? values : Float32Array.from(values);
      return store.own(store.upload(numbers, shape));
    },
    ints(values, shape) {
      requireLength('ints', values.length, sizeOf(shape));
      const host = Int32Array.from(values);
      return store.own(store.upload(host, shape), 'int', host);
    },
    zeros(shape) {
      sizeOf(shape);
      return store.run((ops) => ops.keep(ops.call('Fill', [ops.list(shape), ops.number(0)])));
    },
    // Numbers are shared until one side is written to, which gives that side others.
    clone: (x) => store.run((ops) => ops.keep(ops.call('Identity', [ops.at(x)]), x.kind)),
    reshape(x, shape) {
      requireLength('reshape', x.size, sizeOf(shape));
      return store.handles.view(x, shape);
    },
    rows(x, start, end) {
      rowRange(x, start, end);
      return store.run((ops) => ops.keep(ops.part(ops.at(x), start, end), x.kind));
    },
    read(x) {
      requireKind('read', 'float', x);
      return store.download(store.storageOf(x).value) as Float32Array;
    },
    readInts(x) {
      requireKind('readInts', 'int', x);
      return store.ints(x).slice();
    },
    dispose: (...tensors) => store.handles.dispose(tensors),
    usage: () => store.handles.usage(),
  };
}
