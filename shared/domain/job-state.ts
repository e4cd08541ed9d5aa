/**
 * The states of a job and the only legal moves between them. The host writes each move to the
 * database before the side effect that it announces.
 */
export const jobStates = [
  'queued',
  'starting',
  'running',
  'paused',
  'finishing',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
] as const;

export type JobState = (typeof jobStates)[number];

export type JobEvent =
  /** The queue has a free place: a process is about to be launched. */
  | 'launch'
  /** The worker said that it works. */
  | 'started'
  | 'pause'
  | 'resume'
  /** The worker has written its results and left them for import. */
  | 'results'
  /** The results are in the database. */
  | 'imported'
  /** The worker or the import failed, with an error to show. */
  | 'fail'
  | 'cancel'
  /** The process, or the host in whose queue the job stood, is gone although nobody asked it to go. */
  | 'lost'
  /** The user asked for an ended attempt to go on from its last checkpoint. */
  | 'requeue';

const moves: Readonly<Record<JobState, Partial<Record<JobEvent, JobState>>>> = {
  queued: { launch: 'starting', cancel: 'cancelled', lost: 'interrupted' },
  starting: { started: 'running', fail: 'failed', cancel: 'cancelled', lost: 'interrupted' },
  running: {
    pause: 'paused',
    results: 'finishing',
    fail: 'failed',
    cancel: 'cancelled',
    lost: 'interrupted',
  },
  paused: {
    resume: 'running',
    results: 'finishing',
    fail: 'failed',
    cancel: 'cancelled',
    lost: 'interrupted',
  },
  finishing: { imported: 'succeeded', fail: 'failed', lost: 'interrupted' },
  succeeded: {},
  failed: { requeue: 'queued' },
  cancelled: { requeue: 'queued' },
  interrupted: { requeue: 'queued', cancel: 'cancelled' },
};

/** The state after an event, or undefined where the event is not allowed in that state. */
export function nextJobState(state: JobState, event: JobEvent): JobState | undefined {
  return moves[state][event];
}

/** The job has a process (or is about to have one). */
export function isActive(state: JobState): boolean {
  return state === 'starting' || state === 'running' || state === 'paused' || state === 'finishing';
}

/** Nothing further happens unless the user asks for it. */
export function isEnded(state: JobState): boolean {
  return (
    state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'interrupted'
  );
}

/** What the user may ask of a job in this state. */
export function allowedActions(state: JobState): JobAction[] {
  const events: [JobAction, JobEvent][] = [
    ['pause', 'pause'],
    ['resume', 'resume'],
    ['cancel', 'cancel'],
    ['requeue', 'requeue'],
  ];
  const actions = events.filter(([, event]) => nextJobState(state, event)).map(([name]) => name);
  if (state === 'running' || state === 'paused') actions.push('checkpoint');
  return actions;
}

export const jobActions = ['pause', 'resume', 'cancel', 'requeue', 'checkpoint'] as const;
export type JobAction = (typeof jobActions)[number];
