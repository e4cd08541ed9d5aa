import { AppError } from '../../../../shared/errors.ts';
import type { Engine, Tensor } from '../../../compute/engine.ts';
import type { Learner } from '../../../compute/sae/trainer.ts';
import { readDictionary } from '../dictionary-file.ts';
import { insideProject } from '../inside-project.ts';
import type { TrainingPlan } from './plan.ts';

/**
 * Gives the dictionaries whose spec names one to go on from its parameters in place of random ones.
 * @throws AppError `shape-mismatch` for one of another architecture or size, and what its file says.
 */
export function startFromFiles(
  engine: Engine,
  projectPath: string,
  { dictionaries }: TrainingPlan,
  learners: readonly Learner[],
): void {
  learners.forEach((learner, index) => {
    const { start } = dictionaries[index]!.spec.dictionary;
    if (start !== undefined) copyFrom(engine, insideProject(projectPath, start), learner);
  });
}

function copyFrom(
  engine: Engine,
  path: string,
  { architecture, shape, parameters, buffers }: Learner,
): void {
  const { dictionary } = readDictionary(path, engine);
  try {
    const { dIn, latents } = dictionary.shape;
    if (
      dictionary.architecture.name !== architecture.name ||
      dIn !== shape.dIn ||
      latents !== shape.latents
    )
      throw new AppError(
        'shape-mismatch',
        `${path} holds a ${dictionary.architecture.name} dictionary of ${latents} latents on a width of ${dIn}, and the spec calls for ${architecture.name} with ${shape.latents} on ${shape.dIn}. Give the spec its size.`,
        { file: path, place: 'dictionary.start' },
      );
    const thawed = architecture.thaw?.(engine, dictionary.parameters, buffers);
    const source = thawed ?? dictionary.parameters;
    for (const [name, tensor] of Object.entries<Tensor>(parameters))
      engine.copyInto(tensor, source[name]!);
    if (thawed) engine.dispose(...Object.values<Tensor>(thawed));
  } finally {
    dictionary.dispose();
  }
}
