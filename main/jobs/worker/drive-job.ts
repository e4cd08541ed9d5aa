import type { Table } from '../../../shared/domain/table.ts';
import type { Steps } from '../../compute/steps.ts';
import { stopped, type JobControl } from '../control.ts';
import { openTable } from './queries/open-table.ts';

/** Between two looks at whether a job is to stop, while it waits for something without steps. */
const watchMilliseconds = 100;
/** Of calculation between two looks at orders. */
const sliceMilliseconds = 30;

/**
 * Runs a calculation in slices between which orders are heard and progress is told.
 * @throws AppError `cancelled`, and what the calculation throws
 */
export async function driveJob<T>(
  steps: Steps<T>,
  control: JobControl,
  unit = 'steps',
): Promise<T> {
  let breath = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const { phase, done, total } = step.value;
    if (performance.now() - breath < sliceMilliseconds && done < total) continue;
    control.progress(phase, done, total, unit);
    if ((await control.next()) === 'stop') throw stopped();
    breath = performance.now();
  }
}

/** Work that can be given up but has no steps of its own, with a signal for that. */
export async function whileWanted<T>(
  control: JobControl,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (control.stopRequested) throw stopped();
  const abort = new AbortController();
  const watch = setInterval(
    () => control.stopRequested && abort.abort(stopped()),
    watchMilliseconds,
  );
  try {
    return await work(abort.signal);
  } finally {
    clearInterval(watch);
  }
}

/** A table of a project, read with progress. @throws AppError `cancelled`, and what openTable says */
export function readJobTable(
  projectPath: string,
  name: string,
  control: JobControl,
): Promise<Table> {
  return whileWanted(control, (signal) =>
    openTable(projectPath, name, signal, (done, total) =>
      control.progress(`reading ${name}`, done, total, 'bytes'),
    ),
  );
}
