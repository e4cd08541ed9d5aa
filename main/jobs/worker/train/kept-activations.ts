import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { bytesOf } from '../../../../shared/domain/tokens.ts';
import { canonicalJson } from '../../../../shared/domain/canonical-json.ts';
import { hasCode } from '../../../../shared/errors.ts';
import type { Engine, Tensor } from '../../../compute/engine.ts';
import type { HookPoint } from '../../../compute/model/hooks.ts';
import type { OriginalPass } from '../../../compute/sae/original-pass.ts';
import { modelFiles } from '../../../formats/model-folder.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { digestFileSync } from '../../files.ts';
import type { InputFile } from '../../provenance.ts';
import { openActivationSets } from '../activations/activation-cache.ts';
import type { ActivationSet } from '../activations/activation-set.ts';
import { insideProject } from '../inside-project.ts';
import { tokenSource } from '../tokens/token-source.ts';
import type { TrainInputs } from './inputs.ts';

/** Activations of one part of a batch at hook points. */
export interface Activations {
  at(hook: HookPoint): Tensor;
  dispose(): void;
}

/** A hook point and the set of its activations. */
interface KeptHook {
  readonly hook: HookPoint;
  readonly set: ActivationSet;
}

/** Activations that a job keeps on the disk, in place of the passes of the model that give them. */
export class KeptActivations {
  readonly #engine: Engine;
  readonly #sets: ReadonlyMap<string, KeptHook>;
  readonly #close: () => void;
  readonly #warn: (message: string) => void;
  #isFull = false;
  /** Parts of batches that were read, and that were computed. */
  readonly counts = { read: 0, computed: 0 };

  constructor(
    engine: Engine,
    sets: ReadonlyMap<string, KeptHook>,
    close: () => void,
    warn: (message: string) => void,
  ) {
    this.#engine = engine;
    this.#sets = sets;
    this.#close = close;
    this.#warn = warn;
  }

  /**
   * The activations of some rows: from the disk where all are there whole, else from `compute`, and
   * then they are written. Either way the numbers are those that the disk gives.
   */
  take(rows: ArrayLike<number>, compute: () => OriginalPass): Activations {
    const found = this.#read(rows);
    if (found) this.counts.read++;
    else this.counts.computed++;
    const values = found ?? this.#compute(rows, compute);
    const tensors = new Map(
      [...values].map(([name, numbers]) => {
        const { context, width } = this.#sets.get(name)!.set.shape;
        return [name, this.#engine.floats(numbers, [rows.length * context, width])];
      }),
    );
    return {
      at: ({ name }) => tensors.get(name)!,
      dispose: () => this.#engine.dispose(...tensors.values()),
    };
  }

  close(): void {
    this.#close();
  }

  #read(rows: ArrayLike<number>): Map<string, Float32Array> | undefined {
    const values = new Map<string, Float32Array>();
    for (const [name, { set }] of this.#sets) {
      const size = set.shape.context * set.shape.width;
      const numbers = new Float32Array(rows.length * size);
      for (let i = 0; i < rows.length; i++)
        if (!set.read(rows[i]!, numbers, i * size)) return undefined;
      values.set(name, numbers);
    }
    return values;
  }

  #compute(rows: ArrayLike<number>, compute: () => OriginalPass): Map<string, Float32Array> {
    const pass = compute();
    try {
      return new Map(
        [...this.#sets].map(([name, { hook, set }]) => {
          const numbers = Float32Array.from(this.#engine.read(pass.at(hook)));
          const size = set.shape.context * set.shape.width;
          for (let i = 0; i < rows.length; i++) this.#write(set, rows[i]!, numbers, i * size);
          return [name, numbers];
        }),
      );
    } finally {
      pass.dispose();
    }
  }

  /** A disk that fills up meanwhile costs time, not the job. */
  #write(set: ActivationSet, row: number, numbers: Float32Array, start: number): void {
    if (this.#isFull) return set.round(row, numbers, start);
    try {
      set.write(row, numbers, start);
    } catch (error) {
      if (!hasCode(error, 'disk-full')) throw error;
      this.#isFull = true;
      this.#warn(`${error.message} The job goes on without keeping further activations.`);
    }
  }
}

/**
 * Opens the sets that a job's spec asks for, one for each hook point; undefined where it asks for none.
 * @param files the job's inputs with their hashes, which the keys follow from
 * @throws AppError see `openActivationSets`
 */
export async function openKeptActivations(
  inputs: TrainInputs,
  files: readonly InputFile[],
  warn: (message: string) => void,
): Promise<KeptActivations | undefined> {
  const { projectPath, plan, engine, tokens } = inputs;
  const { activationCache: wanted, training, processing, model } = plan.spec;
  if (!wanted) return undefined;
  const points = plan.dictionaries.flatMap(({ hook, target }) =>
    target ? [hook, target] : [hook],
  );
  const hooks = [...new Map(points.map((hook) => [hook.name, hook])).values()];
  const shape = { context: plan.context, width: plan.model.width, dtype: wanted.dtype };
  const rows = Math.min(tokens.rows, plan.steps * training.batch);
  const { name, device, version } = engine.info;
  const common = {
    model: hashes(projectPath, files, modelFiles(insideProject(projectPath, model))),
    processing,
    tokens: tokensHash(inputs, files),
    context: plan.context,
    dtype: wanted.dtype,
    engine: { name, device, version },
  };
  const opened = await openActivationSets(
    cacheFolder(projectPath, 'activations'),
    hooks.map((hook) => {
      const about = { ...common, hook: hook.name };
      const key = createHash('sha256').update(canonicalJson(about)).digest('hex').slice(0, 32);
      return {
        key,
        about: { ...about, modelPath: model, file: plan.spec.tokens.file },
        shape,
        rows,
      };
    }),
    bytesOf(wanted.budget),
  );
  const sets = new Map(
    hooks.map((hook, index) => [hook.name, { hook, set: opened.sets[index]! }] as const),
  );
  return new KeptActivations(engine, sets, opened.close, warn);
}

/** Of the inputs that are among `wanted`, absolute paths. */
function hashes(
  projectPath: string,
  files: readonly InputFile[],
  wanted: readonly string[],
): string[] {
  const paths = new Set(wanted);
  return files.filter(({ path }) => paths.has(join(projectPath, path))).map(({ sha256 }) => sha256);
}

function tokensHash({ projectPath, plan }: TrainInputs, files: readonly InputFile[]): unknown {
  const { tokens, model } = plan.spec;
  const { files: wanted, prepared } = tokenSource(projectPath, tokens, model);
  if (prepared !== undefined) return digestFileSync(prepared).sha256;
  return { files: hashes(projectPath, files, wanted), tensor: tokens.tensor };
}
