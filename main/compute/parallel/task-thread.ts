/** A thread that runs the tasks of one module: an input comes in, its output goes back. */
import { parentPort, workerData } from 'node:worker_threads';
import type { OpenTasks, TaskReply, TaskThreadData } from './run-tasks.ts';

const { module, shared } = workerData as TaskThreadData;
const { openTasks } = (await import(module)) as { openTasks: OpenTasks<unknown, unknown, unknown> };
const run = openTasks(shared);
parentPort?.on('message', (input: unknown) => {
  let reply: TaskReply;
  try {
    reply = { output: run(input) };
  } catch (error) {
    reply = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort?.postMessage(reply);
});
