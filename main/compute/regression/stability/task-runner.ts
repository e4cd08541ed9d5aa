import { runTasks } from '../../parallel/run-tasks.ts';
import type { StudyOutput, StudyShared, StudyTask } from './refit-tasks.ts';

export interface StudyControl {
  readonly threads: number;
  readonly progress: (phase: string, done: number, total: number) => void;
  /** Awaited between tasks: the place to pause, or to stop by throwing. */
  readonly pause: () => Promise<void>;
}

const module = new URL('./refit-tasks.ts', import.meta.url);

/**
 * Runs tasks of one kind and answers their outputs in the order of the tasks, whichever thread did
 * which: sums over them do not depend on the number of threads.
 * @param refitsOf how many refits a task is, for progress
 */
export async function runStudyTasks(
  shared: StudyShared,
  tasks: readonly StudyTask[],
  phase: string,
  { threads, progress, pause }: StudyControl,
): Promise<StudyOutput[]> {
  const outputs: StudyOutput[] = Array.from({ length: tasks.length });
  const total = tasks.reduce((sum, task) => sum + refitsOf(task), 0);
  let done = 0;
  progress(phase, 0, total);
  await runTasks<StudyShared, StudyTask, StudyOutput>(
    { module, shared, inputs: tasks, threads },
    {
      onOutput: (output, task) => {
        outputs[task] = output;
        done += refitsOf(tasks[task]!);
        progress(phase, done, total);
      },
      pause,
    },
  );
  return outputs;
}

function refitsOf(task: StudyTask): number {
  if (task.kind === 'subsets') return task.subsets.length;
  return (task.to - task.from) * (task.kind === 'splits' ? task.sets.length : 1);
}

/** [from, to) in blocks of a fixed size, so that blocks do not depend on the machine. */
export function blocks(count: number, size: number, first = 0): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, block) => ({
    from: first + block * size,
    to: first + Math.min(count, (block + 1) * size),
  }));
}
