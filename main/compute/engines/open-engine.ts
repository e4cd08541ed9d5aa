import type { EngineStatus } from '../../../shared/contract/app.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { createReferenceEngine } from './reference/reference-engine.ts';
import { findTensorflow } from './tensorflow/binding.ts';
import { nvidiaGpus } from './tensorflow/folder.mjs';
import { createTensorflowEngine, inspectTensorflow } from './tensorflow/tensorflow-engine.ts';
import { loadKernels } from './wasm/kernel-module.ts';
import { createWasmEngine, defaultThreads, describeWasm } from './wasm/wasm-engine.ts';

/** `auto` is `automaticEngine()`. */
export type EngineChoice = 'auto' | 'wasm' | 'tensorflow' | 'reference';

export interface EngineOptions {
  /** Threads that compute; as many as the machine runs at once by default. */
  readonly threads?: number;
}

/**
 * The engine that `auto` stands for here: tensorflow where it was prepared for a GPU and finds one,
 * which outweighs all else. On a CPU it is wasm, which is always there and whose results are the same
 * bits on every number of threads: TensorFlow is faster with wide dictionaries, but does not promise that.
 */
export function automaticEngine(): 'wasm' | 'tensorflow' {
  try {
    if (process.env['ASSAY_TENSORFLOW_DEVICE'] === 'cpu') return 'wasm';
    if (nvidiaGpus().length === 0 || !findTensorflow().forGpu) return 'wasm';
    return inspectTensorflow().device.startsWith('GPU') ? 'tensorflow' : 'wasm';
  } catch (error) {
    if (error instanceof AppError) return 'wasm';
    throw error;
  }
}

/**
 * Main memory that an engine takes before it holds a number, in bytes. TensorFlow's libraries come to
 * 400 MB, as measured with 2.21 after a first training step.
 */
export function engineBytes(name: EngineChoice): number {
  const opened = name === 'auto' ? automaticEngine() : name;
  return opened === 'tensorflow' ? 400e6 : 0;
}

/**
 * Opens the engine that was asked for. There is no silent fallback: throws AppError
 * `engine-unavailable` with the reason where it cannot be had.
 */
export async function openEngine(
  choice: EngineChoice,
  options: EngineOptions = {},
): Promise<Engine> {
  const name: string = choice === 'auto' ? automaticEngine() : choice;
  if (name === 'wasm') return createWasmEngine(options);
  if (name === 'tensorflow') return createTensorflowEngine(options);
  if (name === 'reference') return createReferenceEngine();
  throw new AppError(
    'engine-unavailable',
    `There is no engine called ${name} in this version. Choose auto, wasm, tensorflow or reference.`,
    { engine: name },
  );
}

/** What each engine can do on this machine, the preferred one first. No engine is started for it. */
export async function engineStatuses(): Promise<EngineStatus[]> {
  const reference = createReferenceEngine().info;
  return [
    await wasmStatus(),
    tensorflowStatus(),
    {
      name: 'reference',
      available: true,
      device: reference.device,
      version: reference.version,
      threads: reference.threads,
      why: null,
    },
  ];
}

async function wasmStatus(): Promise<EngineStatus> {
  try {
    const { device, version, threads } = describeWasm(await loadKernels(), defaultThreads());
    return { name: 'wasm', available: true, device, version, threads, why: null };
  } catch (error) {
    return missing('wasm', error);
  }
}

/** Loads the library, which is the only way to learn that it loads and what device it takes. */
function tensorflowStatus(): EngineStatus {
  try {
    const { name, device, version, threads } = inspectTensorflow();
    return { name, available: true, device, version, threads, why: null };
  } catch (error) {
    return missing('tensorflow', error);
  }
}

function missing(name: EngineStatus['name'], error: unknown): EngineStatus {
  if (!(error instanceof AppError)) throw error;
  const why = error.message;
  return { name, available: false, device: null, version: null, threads: null, why };
}
