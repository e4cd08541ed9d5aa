import { runTasks } from '../../parallel/run-tasks.ts';
import type { StudyOutput, StudyShared, StudyTask } from './refit-tasks.ts';

export interface StudyControl {
  readonly threads: number;
  readonly progress: (phase: string, done: number, total: number) => void;
  /** Awaited between tasks: the place to pause, or to stop by throwing. */
  readonly pause: () => Promise<void>;
  /** Asked once for each group of tasks, in the order of the groups: where outputs are kept. */
  readonly keep?: () => KeptOutputs;
}

/** Outputs of a group of tasks that an earlier attempt at the same study left. */
export interface KeptOutputs {
  readonly find: (task: number) => StudyOutput | undefined;
  readonly add: (task: number, output: StudyOutput) => void;
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
  { threads, progress, pause, keep }: StudyControl,
): Promise<StudyOutput[]> {
  const kept = keep?.();
  const outputs: (StudyOutput | undefined)[] = tasks.map((_, task) => kept?.find(task));
  const left = [...tasks.keys()].filter((task) => outputs[task] === undefined);
  const refitsIn = (which: readonly StudyTask[]): number =>
    which.reduce((sum, task) => sum + refitsOf(task), 0);
  const inputs = left.map((task) => tasks[task]!);
  const total = refitsIn(tasks);
  let done = total - refitsIn(inputs);
  progress(phase, done, total);
  await runTasks<StudyShared, StudyTask, StudyOutput>(
    { module, shared, inputs, threads },
    {
      onOutput: (output, place) => {
        const task = left[place]!;
        outputs[task] = output;
        kept?.add(task, output);
        done += refitsOf(tasks[task]!);
        progress(phase, done, total);
      },
      pause,
    },
  );
  return outputs as StudyOutput[];
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
