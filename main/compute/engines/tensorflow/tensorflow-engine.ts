import { availableParallelism } from 'node:os';
import { AppError } from '../../../../shared/errors.ts';
import type { Engine, EngineInfo } from '../../engine.ts';
import { hostSelection } from '../host-selection.ts';
import { linearAbove } from '../linear-above.ts';
import {
  type Binding,
  findTensorflow,
  loadedThreads,
  loadTensorflow,
  type Prepared,
  whyNoGpu,
} from './binding.ts';
import { nvidiaGpus } from './folder.mjs';
import { denseOps } from './dense-ops.ts';
import { lossOps } from './loss-ops.ts';
import { pointwiseOps } from './pointwise-ops.ts';
import { reductionOps } from './reduction-ops.ts';
import { sparseOps } from './sparse-ops.ts';
import { storageOps } from './storage-ops.ts';
import { TensorflowStore } from './store.ts';
import { transformerOps } from './transformer-ops.ts';

export interface TensorflowOptions {
  /** Threads of one operation on the CPU; as many as the machine runs at once by default. */
  readonly threads?: number;
}

const maximumThreads = 256;

function defaultThreads(): number {
  return Math.min(availableParallelism(), maximumThreads);
}

/** The engine in words. */
function describe(prepared: Prepared, binding: Binding, threads: number): EngineInfo {
  const why = whyNoGpu(prepared);
  const cpu = `CPU, ${threads} thread${threads === 1 ? '' : 's'}${why ? `; ${why}` : ''}`;
  const gpu = `GPU, ${nvidiaGpus()[0] ?? 'NVIDIA GPU'}${process.env['ASSAY_TF32'] === '1' ? ', TF32' : ''}`;
  return {
    name: 'tensorflow',
    // Without a GPU that it can use, TensorFlow computes on the CPU and says nothing.
    device: binding.isUsingGpuDevice() ? gpu : cpu,
    version: prepared.version,
    threads,
    precision: 'float32',
    ...(binding.isUsingGpuDevice() && { logitEntries: 1 << 26 }),
  };
}

/**
 * Loads TensorFlow and says what it runs on. Throws AppError `engine-unavailable` as
 * createTensorflowEngine does.
 */
export function inspectTensorflow(): EngineInfo {
  const prepared = findTensorflow();
  const threads = loadedThreads() ?? defaultThreads();
  return describe(prepared, loadTensorflow(prepared, threads), threads);
}

/**
 * TensorFlow's kernels, on the GPU that it finds or else on the CPU; `info.device` says which. float32.
 * Each operation is one or several of TensorFlow's, run at once. Results on several threads may differ
 * in their last bits from run to run. Throws AppError `engine-unavailable` where TensorFlow is not
 * prepared, cannot be loaded, or already runs with another number of threads in this process.
 */
export function createTensorflowEngine(options: TensorflowOptions = {}): Engine {
  const threads = options.threads ?? defaultThreads();
  if (!Number.isInteger(threads) || threads < 1 || threads > maximumThreads)
    throw new AppError(
      'bad-input',
      `The tensorflow engine takes 1 to ${maximumThreads} threads, not ${threads}.`,
      { threads },
    );
  const prepared = findTensorflow();
  const binding = loadTensorflow(prepared, threads);
  const store = new TensorflowStore(binding);
  const engine: Engine = {
    info: describe(prepared, binding, threads),
    ...storageOps(store),
    ...denseOps(store),
    ...pointwiseOps(store),
    ...transformerOps(store),
    ...lossOps(store),
    ...reductionOps(store),
    ...hostSelection(() => engine),
    ...sparseOps(store),
    ...(store.onGpu && linearAbove(() => engine)),
    close() {
      store.close();
      return Promise.resolve();
    },
  };
  return engine;
}
