const stepNames = [
  'step',
  '_step',
  'global_step',
  'globalstep',
  'training_step',
  'train_step',
  'iteration',
  'iter',
  'tokens',
  'n_training_tokens',
  'samples',
  'epoch',
];

/** The name among these that counts the steps of a run; undefined where none does. */
export function findStepColumn(names: readonly string[]): string | undefined {
  for (const wanted of stepNames) {
    const found = names.find((name) => name.trim().toLowerCase() === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}
