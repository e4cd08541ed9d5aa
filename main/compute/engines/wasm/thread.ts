/** The helper thread: instantiates the kernels over the shared memory and serves jobs until stopped. */
import { parentPort, workerData } from 'node:worker_threads';
import { Control } from './control.ts';
import { instantiateKernels } from './kernel-module.ts';
import type { ThreadData } from './thread-pool.ts';

const { module, memory, control, thread } = workerData as ThreadData;
const { kernels } = instantiateKernels(module, memory);
parentPort?.postMessage('ready');
new Control(control).serve(kernels, thread);
