import { AppError } from '../../../../shared/errors.ts';
import type { Engine, Tensor } from '../../../compute/engine.ts';
import type { Architecture, DictionaryShape } from '../../../compute/sae/architecture.ts';
import type { Learner } from '../../../compute/sae/trainer.ts';
import { isE2eSaeCheckpoint, readE2eSaeDictionary } from '../../../formats/e2e-sae/checkpoint.ts';
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

function copyFrom(engine: Engine, path: string, learner: Learner): void {
  if (isE2eSaeCheckpoint(path)) copyFromCheckpoint(engine, path, learner);
  else copyFromDictionary(engine, path, learner);
}

function copyFromDictionary(
  engine: Engine,
  path: string,
  { architecture, shape, parameters, buffers, target }: Learner,
): void {
  const { dictionary, metadata } = readDictionary(path, engine);
  try {
    checkFits(
      path,
      { ...dictionary.shape, name: dictionary.architecture.name },
      architecture,
      shape,
    );
    const isTranscoder = metadata.target !== undefined;
    const odd = Object.keys(parameters).filter(
      (name) => name === 'skip' && !(name in dictionary.parameters),
    );
    if (isTranscoder !== (target !== undefined) || odd.length > 0)
      throw new AppError(
        'shape-mismatch',
        `${path} holds ${isTranscoder ? 'a transcoder' : 'an autoencoder'}${odd.length > 0 ? ' without a skip connection' : ''}, and the spec calls for another kind. Give it the target and skip of that dictionary.`,
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

/** Weights as e2e_sae keeps them, the lengths of decoder columns included. */
function copyFromCheckpoint(
  engine: Engine,
  path: string,
  { architecture, shape, parameters, hook }: Learner,
): void {
  const { dIn, latents, ...values } = readE2eSaeDictionary(path, hook!.name);
  checkFits(path, { dIn, latents, name: 'relu' }, architecture, shape);
  for (const [name, tensor] of Object.entries<Tensor>(parameters)) {
    const saved = engine.floats(values[name as keyof typeof values], tensor.shape);
    engine.copyInto(tensor, saved);
    engine.dispose(saved);
  }
}

function checkFits(
  path: string,
  found: DictionaryShape & { readonly name: string },
  { name }: Architecture,
  { dIn, latents }: DictionaryShape,
): void {
  if (found.name === name && found.dIn === dIn && found.latents === latents) return;
  throw new AppError(
    'shape-mismatch',
    `${path} holds a ${found.name} dictionary of ${found.latents} latents on a width of ${found.dIn}, and the spec calls for ${name} with ${latents} on ${dIn}. Give the spec its size.`,
    { file: path, place: 'dictionary.start' },
  );
}
