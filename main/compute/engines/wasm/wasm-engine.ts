import { availableParallelism } from 'node:os';
import { AppError } from '../../../../shared/errors.ts';
import type { Engine, EngineInfo } from '../../engine.ts';
import { linearAbove } from '../linear-above.ts';
import { denseOps } from './dense-ops.ts';
import { type KernelBuild, type KernelModule, loadKernels } from './kernel-module.ts';
import { lossOps } from './loss-ops.ts';
import { pointwiseOps } from './pointwise-ops.ts';
import { reductionOps } from './reduction-ops.ts';
import { selectionOps } from './selection-ops.ts';
import { sparseOps } from './sparse-ops.ts';
import { storageOps } from './storage-ops.ts';
import { WasmStore } from './store.ts';
import { ThreadPool } from './thread-pool.ts';
import { transformerOps } from './transformer-ops.ts';

export interface WasmOptions {
  /** Threads that compute, the calling one included; as many as the machine runs at once by default. */
  readonly threads?: number;
  /** Which build of the kernels; the best that runs here by default. */
  readonly build?: KernelBuild;
  /** Upper bound on the memory, in bytes; 4 GiB, the most that WebAssembly can address, by default. */
  readonly memoryBytes?: number;
}

const pageBytes = 65536;
/** What 32-bit addresses reach. */
const maximumBytes = 2 ** 32;
const maximumThreads = 64;

/** As many threads as the machine runs at once, up to what the engine takes. */
export function defaultThreads(): number {
  return Math.min(availableParallelism(), maximumThreads);
}

/** The engine in words. */
export function describeWasm({ build, version }: KernelModule, threads: number): EngineInfo {
  const simd = build === 'relaxed' ? 'relaxed SIMD' : 'plain SIMD';
  return {
    name: 'wasm',
    device: `CPU, ${threads} thread${threads === 1 ? '' : 's'}, ${simd}`,
    version: `kernels ${version}, V8 ${process.versions.v8}`,
    threads,
    precision: 'float32',
  };
}

/**
 * The engine that runs everywhere: float32, kernels in WebAssembly with vector instructions, threads
 * over one shared memory. Results are the same bits for any number of threads. Throws AppError
 * `engine-unavailable` where the kernels are not built or WebAssembly lacks what they need.
 */
export async function createWasmEngine(options: WasmOptions = {}): Promise<Engine> {
  const threads = options.threads ?? defaultThreads();
  if (!Number.isInteger(threads) || threads < 1 || threads > maximumThreads)
    throw new AppError(
      'bad-input',
      `The wasm engine takes 1 to ${maximumThreads} threads, not ${threads}.`,
      { threads },
    );
  const kernels = await loadKernels(options.build);
  const memory = new WebAssembly.Memory({
    initial: 1,
    maximum: maximumBytes / pageBytes,
    shared: true,
  });
  const pool = await ThreadPool.start(kernels.module, memory, threads);
  const store = new WasmStore(
    pool,
    memory,
    Math.min(options.memoryBytes ?? maximumBytes, maximumBytes),
  );
  const engine: Engine = {
    info: describeWasm(kernels, threads),
    ...storageOps(store),
    ...denseOps(store),
    ...pointwiseOps(store),
    ...transformerOps(store),
    ...lossOps(store),
    ...reductionOps(store),
    ...sparseOps(store),
    ...selectionOps(store),
    ...linearAbove(() => engine),
    close: () => pool.close(),
  };
  return engine;
}
