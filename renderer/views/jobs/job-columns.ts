import type { Snippet } from 'svelte';
import type { JobRow } from '../../../shared/contract/jobs.ts';
import type { Column } from '../../components/data-table/columns.ts';
import { formatDuration, formatTime } from '../../components/format.ts';

type Cell = Snippet<[JobRow, Column<JobRow>]>;

interface Cells {
  readonly name: Cell;
  readonly state: Cell;
  readonly progress: Cell;
  readonly actions: Cell;
}

/** Columns of the table of jobs. `now` is told, so that the time of a running job goes on. */
export function jobColumns(cells: Cells, now: number): Column<JobRow>[] {
  return [
    {
      key: 'name',
      title: 'Job',
      width: 240,
      sortable: true,
      text: ({ name }) => name,
      cell: cells.name,
    },
    {
      key: 'state',
      title: 'State',
      width: 104,
      sortable: true,
      text: ({ state }) => state,
      cell: cells.state,
    },
    { key: 'actions', title: 'Actions', width: 100, text: () => '', cell: cells.actions },
    {
      key: 'progress',
      title: 'Progress',
      width: 280,
      grows: true,
      text: progressText,
      cell: cells.progress,
    },
    {
      key: 'kind',
      title: 'Kind',
      width: 116,
      sortable: true,
      text: ({ kind }) => kindWords(kind),
    },
    {
      key: 'duration',
      title: 'Time',
      definition: 'From the start of the newest attempt to its end, pauses included.',
      numeric: true,
      width: 92,
      sortable: true,
      text: (job) => formatDuration(elapsedSeconds(job, now)),
      value: (job) => elapsedSeconds(job, now),
    },
    {
      key: 'attempt',
      title: 'Attempts',
      definition: 'Launches so far; more than one after a resume.',
      numeric: true,
      width: 76,
      text: ({ attempt }) => String(attempt),
    },
    {
      key: 'created',
      title: 'Created',
      width: 148,
      sortable: true,
      text: ({ createdAt }) => formatTime(createdAt),
      value: ({ createdAt }) => createdAt,
    },
  ];
}

const kinds: Readonly<Record<JobRow['kind'], string>> = {
  train: 'training',
  regress: 'regression',
  stability: 'stability study',
  compare: 'comparison',
  import: 'import',
  features: 'features',
  predict: 'prediction',
};

export function kindWords(kind: JobRow['kind']): string {
  return kinds[kind];
}

/** Seconds between start and end, or now; null before the start. */
export function elapsedSeconds({ startedAt, endedAt }: JobRow, now: number): number | null {
  if (startedAt === null) return null;
  return Math.max(0, ((endedAt ?? now) - startedAt) / 1000);
}

/** What the progress column says, in words. */
export function progressText({ error, progress, state, checkpointStep }: JobRow): string {
  if (error) return error.message;
  if (state === 'succeeded') return '';
  if (state === 'interrupted' || state === 'cancelled')
    return checkpointStep === null ? 'no checkpoint' : `checkpoint of step ${checkpointStep}`;
  if (!progress) return '';
  const share = progress.total > 0 ? Math.floor((100 * progress.done) / progress.total) : 0;
  return `${progress.phase} ${share} %`;
}
