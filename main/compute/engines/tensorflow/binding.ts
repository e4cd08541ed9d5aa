import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../../../shared/errors.ts';
import { tensorflowFolder } from './folder.mjs';

/** An attribute of an operation; `type` is one of the binding's TF_ATTR numbers. */
export interface BindingAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: boolean | number | string | readonly number[];
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
  source: v.object({ version: v.string() }),
});

/** What was prepared, without loading it. */
export interface Prepared {
  readonly file: string;
  readonly version: string;
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
  try {
    const versions = v.parse(versionsSchema, JSON.parse(readFileSync(record, 'utf8')));
    const { tensorflow, source } = versions;
    return { file, version: `TensorFlow ${tensorflow}, binding ${source.version}` };
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
export function loadTensorflow({ file }: Prepared, threads: number): Binding {
  if (loaded && (loaded.file !== file || loaded.threads !== threads))
    throw unavailable(
      `TensorFlow already runs with ${loaded.threads} threads in this process, so it cannot run with ${threads}. Start another process for it.`,
      { file: loaded.file },
    );
  if (loaded) return loaded.binding;
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  // Notes about the processor would fill the log; errors stay.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  try {
    const binding = createRequire(import.meta.url)(file) as Binding;
    loaded = { file, threads, binding };
    return binding;
  } catch (error) {
    throw unavailable(
      `TensorFlow cannot be loaded: ${error instanceof Error ? error.message : String(error)}. Run \`${setup} -- --force\`, or choose the wasm engine.`,
      { file },
      error,
    );
  }
}
