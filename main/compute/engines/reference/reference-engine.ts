import type { Engine } from '../../engine.ts';
import { linearAbove } from '../linear-above.ts';
import { denseOps } from './dense-ops.ts';
import { lossOps } from './loss-ops.ts';
import { pointwiseOps } from './pointwise-ops.ts';
import { reductionOps } from './reduction-ops.ts';
import { sparseOps } from './sparse-ops.ts';
import { storageOps } from './storage-ops.ts';
import { ReferenceStore } from './store.ts';
import { transformerOps } from './transformer-ops.ts';

/**
 * The oracle that the other engines are held against: float64 typed arrays and the plainest loops
 * that state each definition. For tests and tiny inputs; it makes no attempt to be fast.
 */
export function createReferenceEngine(): Engine {
  const store = new ReferenceStore();
  const engine: Engine = {
    info: {
      name: 'reference',
      device: 'CPU, 1 thread, float64',
      version: `V8 ${process.versions.v8}`,
      threads: 1,
      precision: 'float64',
    },
    ...storageOps(store),
    ...denseOps(store),
    ...pointwiseOps(store),
    ...transformerOps(store),
    ...lossOps(store),
    ...reductionOps(store),
    ...sparseOps(store),
    ...linearAbove(() => engine),
    close: () => Promise.resolve(),
  };
  return engine;
}
