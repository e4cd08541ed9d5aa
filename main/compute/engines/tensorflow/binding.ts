import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../../../shared/errors.ts';
import { bindingRevision, nvidiaGpus, tensorflowFolder } from './folder.mjs';

/** An attribute of an operation; `type` is one of the binding's TF_ATTR numbers. */
export interface BindingAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: boolean | number | string | readonly number[] | readonly string[];
}

/** What TensorFlow says of a result. */
export interface Metadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/**
 * The functions of the Node-API binding that the engine uses. Tensors are numbers that the caller
 * must delete. Every call blocks until its work is done.
 */
export interface Binding {
  createTensor(shape: readonly number[], dtype: number, numbers: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | BigInt64Array;
  executeOp(
    name: string,
    attributes: readonly BindingAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): Metadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
}

const versionsSchema = v.object({
  tensorflow: v.string(),
  binding: v.optional(v.number(), 1),
  source: v.object({ version: v.string() }),
  wheel: v.object({ name: v.string() }),
});

/** What was prepared, without loading it. */
export interface Prepared {
  readonly file: string;
  readonly version: string;
  /** Whether it is the build for NVIDIA GPUs. */
  readonly forGpu: boolean;
}

const setup = 'npm run setup:tensorflow';

function unavailable(why: string, details: Record<string, string>, cause?: unknown): AppError {
  return new AppError('engine-unavailable', why, { engine: 'tensorflow', ...details }, cause);
}

/**
 * Finds what `npm run setup:tensorflow` made. Throws AppError `engine-unavailable` with what to do
 * where there is nothing or it is damaged.
 */
export function findTensorflow(folder = tensorflowFolder()): Prepared {
  const file = join(folder, 'tfjs_binding.node');
  const record = join(folder, 'versions.json');
  if (!existsSync(file) || !existsSync(record))
    throw unavailable(
      `TensorFlow is not prepared on this machine. Run \`${setup}\` in Assay's source folder, or choose the wasm engine.`,
      { folder },
    );
  const { tensorflow, binding, source, wheel } = readVersions(record);
  if (binding !== bindingRevision)
    throw unavailable(
      `TensorFlow was prepared by another version of Assay. Run \`${setup}\` again, or choose the wasm engine.`,
      { file: record },
    );
  const version = `TensorFlow ${tensorflow}, binding ${source.version}`;
  return { file, version, forGpu: wheel.name === 'tensorflow' };
}

function readVersions(record: string): v.InferOutput<typeof versionsSchema> {
  try {
    return v.parse(versionsSchema, JSON.parse(readFileSync(record, 'utf8')));
  } catch (error) {
    throw unavailable(
      `The record of the prepared TensorFlow cannot be read. Run \`${setup} -- --force\`.`,
      { file: record },
      error,
    );
  }
}

let loaded:
  { readonly file: string; readonly threads: number; readonly binding: Binding } | undefined;

/** The number of threads that TensorFlow was loaded with in this process, if it was. */
export function loadedThreads(): number | undefined {
  return loaded?.threads;
}

/**
 * Loads the binding into this process, once: TensorFlow takes its number of threads from the
 * environment when it is loaded and keeps it. Throws AppError `engine-unavailable`.
 */
export function loadTensorflow(prepared: Prepared, threads: number): Binding {
  const { file } = prepared;
  if (loaded && (loaded.file !== file || loaded.threads !== threads))
    throw unavailable(
      `TensorFlow already runs with ${loaded.threads} threads in this process, so it cannot run with ${threads}. Start another process for it.`,
      { file: loaded.file },
    );
  if (loaded) return loaded.binding;
  const device = wantedDevice();
  prepareEnvironment(threads, device);
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)(file) as Binding;
  } catch (error) {
    throw unavailable(
      `TensorFlow cannot be loaded: ${error instanceof Error ? error.message : String(error)}. Run \`${setup} -- --force\`, or choose the wasm engine.`,
      { file },
      error,
    );
  }
  loaded = { file, threads, binding };
  requireDevice(prepared, device);
  return binding;
}

type Device = 'auto' | 'cpu' | 'gpu';

/** What ASSAY_TENSORFLOW_DEVICE asks for: the GPU where TensorFlow can use one, unless it says otherwise. */
function wantedDevice(): Device {
  const wanted = process.env['ASSAY_TENSORFLOW_DEVICE'] ?? 'auto';
  if (wanted === 'auto' || wanted === 'cpu' || wanted === 'gpu') return wanted;
  throw unavailable(`ASSAY_TENSORFLOW_DEVICE is auto, cpu or gpu, not ${wanted}.`, { wanted });
}

/** What TensorFlow reads from the environment while it is loaded. */
function prepareEnvironment(threads: number, device: Device): void {
  const { env } = process;
  env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  // TensorFlow's own products on the CPU take twice the time where there is no AVX-512.
  env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  // Notes about the processor would fill the log; errors stay.
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // Else it takes all of the GPU's memory at once, from other programs too.
  env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Products in float32: TensorFlow's own choice, TF32, keeps three digits. 1 allows it.
  env['NVIDIA_TF32_OVERRIDE'] = env['ASSAY_TF32'] === '1' ? '1' : '0';
  if (device === 'cpu') env['CUDA_VISIBLE_DEVICES'] = '-1';
}

/** There is no silent fallback: throws where the GPU was asked for and is not used. */
function requireDevice(prepared: Prepared, device: Device): void {
  const why = whyNoGpu(prepared);
  if (device === 'gpu' && why)
    throw unavailable(`TensorFlow does not use a GPU here: ${why}.`, { file: prepared.file });
}

/**
 * Why TensorFlow, which is loaded, does not use a GPU, in words that end a sentence; undefined where it
 * does, or where there is none and none was asked for.
 */
export function whyNoGpu({ forGpu }: Prepared): string | undefined {
  if (loaded?.binding.isUsingGpuDevice()) return undefined;
  const gpus = nvidiaGpus();
  const device = wantedDevice();
  if (device === 'cpu') return 'ASSAY_TENSORFLOW_DEVICE is cpu';
  if (gpus.length === 0)
    return device === 'gpu' ? 'the driver of this machine shows no NVIDIA GPU' : undefined;
  const name = gpus.join(', ');
  if (!forGpu)
    return `${name} is idle, since TensorFlow was prepared for the CPU; run \`${setup}\` again`;
  return `${name} is idle, since TensorFlow could not open it; set TF_CPP_MIN_LOG_LEVEL=0 to see what it says`;
}
