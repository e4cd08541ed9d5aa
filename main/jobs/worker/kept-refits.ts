import { join } from 'node:path';
import type { TensorData } from '../../../shared/domain/tensors.ts';
import type { StudyOutput } from '../../compute/regression/stability/refit-tasks.ts';
import type { KeptOutputs } from '../../compute/regression/stability/task-runner.ts';
import { openSafetensors } from '../../formats/safetensors.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';
import { removeQuietly } from '../files.ts';
import { loadNewestCheckpoint, saveCheckpoint } from '../checkpoint.ts';

/** Between two checkpoints; longer where writing one takes long. */
const shortestMilliseconds = 5_000;
const shareOfTime = 20;
const file = 'refits.safetensors';

/**
 * The refits of a stability job, kept in its checkpoints so that a job that ended early goes on where
 * it was. A refit depends on its number, the spec and the tables alone, so the result is the same.
 */
export class KeptRefits {
  readonly #folder: string;
  readonly #hash: string;
  /** By group of tasks, in the order in which a study asks for them, then by task. */
  readonly #outputs: Map<number, StudyOutput>[] = [];
  #groups = 0;
  #refits = 0;
  #isChanged = false;
  #nextSave: number;

  /**
   * @param folder of the checkpoints
   * @param hash of spec and tables: other refits are not those of this study
   */
  constructor(folder: string, hash: string) {
    this.#folder = folder;
    this.#hash = hash;
    this.#load();
    this.#nextSave = performance.now() + shortestMilliseconds;
  }

  /** Refits that are there so far. */
  get refits(): number {
    return this.#refits;
  }

  /** It is time to write what came since the last checkpoint. */
  get isDue(): boolean {
    return this.#isChanged && performance.now() >= this.#nextSave;
  }

  /** The outputs of the next group of tasks. */
  readonly next = (): KeptOutputs => {
    const group = this.#groups++;
    const outputs = (this.#outputs[group] ??= new Map<number, StudyOutput>());
    return {
      find: (task) => outputs.get(task),
      add: (task, output) => {
        outputs.set(task, output);
        this.#refits += output.batch.count;
        this.#isChanged = true;
      },
    };
  };

  /** Writes a checkpoint where there is something new. @throws AppError `disk-full` and the like */
  save(): void {
    if (!this.#isChanged) return;
    const start = performance.now();
    saveCheckpoint(this.#folder, {
      step: this.#refits,
      specHash: this.#hash,
      cursor: {},
      write: (folder) => writeSafetensors(join(folder, file), this.#tensors()),
    });
    this.#isChanged = false;
    const end = performance.now();
    this.#nextSave = end + Math.max(shortestMilliseconds, shareOfTime * (end - start));
  }

  /** Once the study is written nobody asks for its refits any more. */
  remove(): void {
    removeQuietly(this.#folder);
  }

  #tensors(): (TensorData & { name: string; shape: readonly number[] })[] {
    return this.#outputs.flatMap((outputs, group) =>
      [...outputs].flatMap(([task, { batch, scores }]) => {
        const tensor = (part: string, data: Float64Array | Uint8Array) => ({
          name: `${group}.${task}.${part}`,
          shape: [data.length],
          ...(data instanceof Uint8Array
            ? ({ dtype: 'U8', data } as const)
            : ({ dtype: 'F64', data } as const)),
        });
        return [
          tensor('status', batch.status),
          tensor('beta', batch.beta),
          tensor('member', batch.member),
          ...(scores ? [tensor('scores', scores)] : []),
        ];
      }),
    );
  }

  #load(): void {
    const checkpoint = loadNewestCheckpoint(this.#folder, this.#hash);
    if (!checkpoint) return;
    const reader = openSafetensors(checkpoint.path(file));
    try {
      for (const name of reader.tensors.keys()) {
        const [group, task, part] = name.split('.') as [string, string, string];
        if (part !== 'status') continue;
        const tensor = (other: string): string => `${group}.${task}.${other}`;
        const status = Uint8Array.from(reader.ints(name));
        const output: StudyOutput = {
          batch: {
            count: status.length,
            status,
            beta: reader.doubles(tensor('beta')),
            member: Uint8Array.from(reader.ints(tensor('member'))),
          },
          scores: reader.tensors.has(tensor('scores')) ? reader.doubles(tensor('scores')) : null,
        };
        (this.#outputs[Number(group)] ??= new Map()).set(Number(task), output);
        this.#refits += status.length;
      }
    } finally {
      reader.close();
    }
    for (let group = 0; group < this.#outputs.length; group++)
      this.#outputs[group] ??= new Map<number, StudyOutput>();
  }
}
