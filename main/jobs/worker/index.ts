import { answerQueries } from './answer-queries.ts';
import { openParentPort } from './parent-port.ts';
import { engineQueries } from './queries/engines.ts';
import { runWorker } from './run-worker.ts';

/** The entry of a worker process, under either shell: what it can do, and for whom. */
runWorker(openParentPort(), {
  jobs: {},
  queries: answerQueries(engineQueries),
});
