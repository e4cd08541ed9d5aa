import { setTimeout as sleep } from 'node:timers/promises';
import { openParentPort } from '../../main/jobs/worker/parent-port.ts';
import type { QueryHandler } from '../../main/jobs/worker/queries/handler.ts';
import { runWorker, type RunJob } from '../../main/jobs/worker/run-worker.ts';
import type { FromWorker } from '../../main/jobs/protocol.ts';
import { AppError } from '../../shared/errors.ts';
import { fakeTrain } from './fake-train.ts';

/**
 * A worker entry in the place of main/jobs/worker/index.ts. The name of a job says how it behaves;
 * any other name trains (see fake-train.ts).
 */
const engine = { name: 'fake', device: 'none', version: '1', threads: 1 };
const forever = () => new Promise<never>(() => setInterval(() => undefined, 1000));
const sendRaw = (message: unknown) => process.send!(message);

const behaviours: Record<string, RunJob> = {
  'exit 0': () => process.exit(0),
  'exit 1': () => process.exit(1),
  segv: () => (process.kill(process.pid, 'SIGSEGV'), forever()),
  abort: () => process.abort(),
  'out of memory': () => (process.kill(process.pid, 'SIGKILL'), forever()),
  throws: () => Promise.reject(new TypeError('a bug in the job')),
  fails: () => Promise.reject(new AppError('non-finite', 'The loss became NaN at step 3.')),
  hangs: (_assignment, _control, io) => {
    process.on('SIGTERM', () => undefined);
    io.started(engine, null);
    // The event loop is never free again: no message is heard.
    setTimeout(() => {
      for (;;);
    }, 20);
    return forever();
  },
  floods: async (_assignment, _control, io) => {
    io.started(engine, null);
    const message: FromWorker = {
      type: 'log',
      level: 'info',
      message: 'the same line over and over again',
    };
    for (let i = 0; i < 1_000_000; i++) {
      sendRaw(message);
      if (i % 10_000 === 0) await sleep(1);
    }
    throw new AppError('non-finite', 'the flood is over');
  },
  garbage: (_assignment, _control, io) => {
    io.started(engine, null);
    sendRaw({ type: 'progress', progress: { done: 'lots' } });
    return forever();
  },
  'results without a file': (_assignment, _control, io) => {
    io.started(engine, null);
    return Promise.resolve();
  },
};

const train: RunJob = (assignment, control, io) => {
  const behave = behaviours[assignment.spec.name];
  return behave ? behave(assignment, control, io) : fakeTrain(assignment, control, io);
};

const queries: Record<string, QueryHandler> = {
  double: (input) => Promise.resolve(2 * (input as number)),
  pid: () => Promise.resolve(process.pid),
  refuse: () => Promise.reject(new AppError('unknown-column', "There is no column 'x'.")),
  bug: () => Promise.reject(new TypeError('a bug in the query')),
  crash: () => process.exit(3),
  wait: (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new AppError('cancelled', 'Heeded.')));
    }),
  block: (input) => {
    const end = Date.now() + (input as number);
    while (Date.now() < end);
    return Promise.resolve('done');
  },
};

runWorker(openParentPort(), { jobs: { train }, queries });
