import type { JobRow } from '../../../shared/contract/jobs.ts';
import type { JobAction, JobState } from '../../../shared/domain/job-state.ts';

type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'error';

const tones: Readonly<Record<JobState, Tone>> = {
  queued: 'neutral',
  starting: 'accent',
  running: 'accent',
  paused: 'warn',
  finishing: 'accent',
  succeeded: 'good',
  failed: 'error',
  cancelled: 'neutral',
  interrupted: 'warn',
};

const meanings: Readonly<Record<JobState, string>> = {
  queued: 'Waits until the jobs before it are done.',
  starting: 'Its process is starting and loads the model.',
  running: 'It is at work.',
  paused: 'Holds still until it is resumed; its memory stays taken.',
  finishing: 'Its results are being read into the project.',
  succeeded: 'It is done, and its results are in the project.',
  failed: 'It ended with an error.',
  cancelled: 'Somebody stopped it.',
  interrupted: 'Its process ended although nobody asked it to.',
};

export function stateTone(state: JobState): Tone {
  return tones[state];
}

export function stateMeaning(state: JobState): string {
  return meanings[state];
}

/** What the button of an action says for a job, and what it would do. */
export function actionWords(
  job: Pick<JobRow, 'checkpointStep'>,
  action: JobAction,
): { readonly label: string; readonly title: string } {
  switch (action) {
    case 'pause':
      return { label: 'Pause', title: 'Writes a checkpoint and holds still' };
    case 'resume':
      return { label: 'Resume', title: 'Goes on where it was paused' };
    case 'cancel':
      return { label: 'Cancel', title: 'Writes a checkpoint and stops; it can be resumed later' };
    case 'checkpoint':
      return { label: 'Checkpoint now', title: 'Writes a checkpoint and goes on' };
    case 'requeue':
      return job.checkpointStep === null
        ? { label: 'Start again', title: 'No checkpoint was written: starts from the first step' }
        : { label: 'Resume', title: `Goes on from the checkpoint of step ${job.checkpointStep}` };
  }
}

/** A moment as what people say of it: `14:02` today, the date before. */
export function formatMoment(time: number | null, now: number): string {
  if (time === null) return '–';
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  const clock = date.toTimeString().slice(0, 5);
  if (isToday) return clock;
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${clock}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
