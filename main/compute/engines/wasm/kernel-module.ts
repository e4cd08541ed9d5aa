import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AppError } from '../../../../shared/errors.ts';
import type { Kernel } from './control.ts';

/** `relaxed` fuses multiply and add; `simd` runs wherever WebAssembly has vectors at all. */
export type KernelBuild = 'relaxed' | 'simd';

export interface KernelModule {
  readonly module: WebAssembly.Module;
  readonly build: KernelBuild;
  /** Short hash of the compiled kernels, recorded with what was computed by them. */
  readonly version: string;
}

/**
 * Reads and compiles the kernels: those asked for, or the best that this machine's WebAssembly takes.
 * Throws AppError `engine-unavailable` where they were not built or cannot run here.
 */
export async function loadKernels(wanted?: KernelBuild): Promise<KernelModule> {
  for (const build of wanted ? [wanted] : (['relaxed', 'simd'] as const)) {
    const bytes = readBuild(build);
    if (!WebAssembly.validate(bytes)) continue;
    const version = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
    return { module: await WebAssembly.compile(bytes), build, version };
  }
  throw new AppError(
    'engine-unavailable',
    `This version of Node (${process.version}) cannot run WebAssembly with ${wanted === 'relaxed' ? 'relaxed ' : ''}SIMD and threads, which the wasm engine needs. Use a newer one.`,
    { engine: 'wasm', build: wanted ?? 'simd' },
  );
}

function readBuild(build: KernelBuild): Uint8Array<ArrayBuffer> {
  const file = new URL(`./build/${build}.wasm`, import.meta.url);
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new AppError(
      'engine-unavailable',
      'The kernels of the wasm engine are not built. Run `node main/bootstrap/build-kernels.mjs`.',
      { engine: 'wasm', file: file.pathname },
      error,
    );
  }
}

/** The kernels over one memory, by name, and in the order that all threads number them in. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): { names: string[]; kernels: Kernel[]; heapBase: number } {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const names = Object.keys(exports)
    .filter((name) => typeof exports[name] === 'function')
    .sort();
  const base = exports['heapBase'] as WebAssembly.Global;
  return {
    names,
    kernels: names.map((name) => exports[name] as Kernel),
    heapBase: base.value as number,
  };
}
