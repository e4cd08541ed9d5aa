import { totalmem } from 'node:os';
import { AppError } from '../../../../shared/errors.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import type { Engine } from '../../../compute/engine.ts';
import { openEngine } from '../../../compute/engines/open-engine.ts';
import { openTransformer } from '../../../compute/model/open-transformer.ts';
import { ModelTokenizer } from '../../../compute/model/tokenizer.ts';
import type { Transformer } from '../../../compute/model/transformer.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { checkTokens, type TokenFile } from '../../../formats/token-file.ts';
import { stopped, type JobControl } from '../../control.ts';
import { insideProject } from '../inside-project.ts';
import { openTokens } from '../tokens/prepare-tokens.ts';
import { estimateTraining, planTraining, type TrainingPlan } from './plan.ts';
import { openLabelsOf } from './labels.ts';

/** Everything that a training job reads, open and checked. */
export interface TrainInputs {
  readonly projectPath: string;
  readonly plan: TrainingPlan;
  readonly engine: Engine;
  readonly model: Transformer;
  readonly tokenizer: ModelTokenizer | undefined;
  readonly tokens: TokenFile;
  close(): Promise<void>;
}

/**
 * Plans the job, checks that it fits into memory, opens an engine and loads the model onto it.
 * @throws AppError naming what is wrong with an input, `out-of-memory` with the numbers, or
 *   `engine-unavailable`.
 */
export async function openInputs(
  projectPath: string,
  spec: TrainSpec,
  control: JobControl,
): Promise<TrainInputs> {
  const plan = planTraining(projectPath, spec);
  refuseTooLarge(projectPath, spec);
  await checkContents(plan, projectPath, control);
  const engine = await openEngine(
    spec.engine,
    spec.threads === null ? {} : { threads: spec.threads },
  );
  try {
    const folder = openModelFolder(insideProject(projectPath, spec.model));
    try {
      const files = folder.tokenizer;
      return {
        projectPath,
        plan,
        engine,
        model: openTransformer(engine, folder, spec.processing),
        tokenizer:
          files &&
          ModelTokenizer.parse(files.document, files.config, plan.model.vocabulary, files.file),
        tokens: openTokens(projectPath, spec.tokens, spec.model),
        close: () => engine.close(),
      };
    } finally {
      folder.weights.close();
    }
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** What headers do not tell, and what would otherwise end the job only when it gets there. */
async function checkContents(
  { spec, model }: TrainingPlan,
  projectPath: string,
  control: JobControl,
): Promise<void> {
  const parts = [{ tokens: spec.tokens, sequences: undefined }, spec.evaluation, spec.features];
  for (const part of parts) {
    if (!part) continue;
    const tokens = openTokens(projectPath, part.tokens, spec.model);
    const rows = part.sequences ?? tokens.rows;
    try {
      for (const done of checkTokens(tokens, model.vocabulary, part.sequences)) {
        if ((await control.next()) === 'stop') throw stopped();
        control.progress('checking tokens', done, rows, 'sequences');
      }
    } finally {
      tokens.close();
    }
  }
  openLabelsOf(spec, projectPath);
}

function refuseTooLarge(projectPath: string, spec: TrainSpec): void {
  const { memoryBytes } = estimateTraining(projectPath, spec);
  const available = totalmem();
  if (memoryBytes <= available) return;
  const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  throw new AppError(
    'out-of-memory',
    `The job needs about ${gigabytes(memoryBytes)} GiB of memory, and this machine has ${gigabytes(available)} GiB. Use fewer seeds, fewer latents or a smaller batch.`,
    { needed: memoryBytes, available },
  );
}
