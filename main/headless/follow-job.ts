import type { JobRow } from '../../shared/contract/jobs.ts';
import { isEnded } from '../../shared/domain/job-state.ts';
import { AppError, errorFromJson } from '../../shared/errors.ts';
import type { Output } from './cli/output.ts';
import type { HostClient } from './with-host.ts';

/** Waits for the end of a job and shows how far it is; Ctrl-C stops it with a checkpoint. */
export async function followJob(
  client: HostClient,
  project: string,
  submitted: JobRow,
  output: Output,
  signal: AbortSignal,
): Promise<JobRow> {
  const { id: job } = submitted;
  const cancel = () => {
    output.note('Stopping; a checkpoint is being written. Ctrl-C again stops at once.');
    client.call('jobs.act', { project, job, action: 'cancel' }).catch(() => undefined);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let stop: () => void = () => undefined;
  try {
    await new Promise<void>((done, fail) => {
      let told: string | undefined;
      const look = (row: JobRow) => {
        if (row.id !== job) return;
        if (isEnded(row.state)) return done();
        if (row.state === 'paused' && row.error && row.error.message !== told)
          output.note(`${(told = row.error.message)} The job waits; Ctrl-C stops it.`);
        if (row.progress) output.progress(row.progress);
      };
      const read = () => client.call('jobs.get', { project, job }).then(look, fail);
      stop = client.subscribe(
        'jobs.changed',
        { project },
        { event: look, missed: () => void read(), failed: fail },
      );
      void read();
    });
  } finally {
    stop();
    signal.removeEventListener('abort', cancel);
  }
  return client.call('jobs.get', { project, job });
}

/**
 * Checks that an ended job has succeeded.
 * @param goOn the command line that continues a stopped one
 * @throws AppError with the job's own error, or `cancelled`
 */
export function checkSucceeded(job: JobRow, goOn: string): void {
  if (job.state === 'succeeded') return;
  if (job.state === 'cancelled')
    throw new AppError('cancelled', `The job was stopped. Go on from ${from(job)} with: ${goOn}`, {
      job: job.id,
      checkpointStep: job.checkpointStep,
    });
  const error = job.error && errorFromJson(job.error);
  if (!error) throw new AppError('worker-crashed', `The job is ${job.state}.`, { job: job.id });
  throw new AppError(error.code, error.message, { ...error.details, job: job.id });
}

function from({ checkpointStep }: JobRow): string {
  return checkpointStep === null ? 'its beginning' : `step ${checkpointStep}`;
}
