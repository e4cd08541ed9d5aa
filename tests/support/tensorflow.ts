import { findTensorflow } from '../../main/compute/engines/tensorflow/binding.ts';

/** Why the tests on TensorFlow are skipped here, or undefined where it is prepared. */
export function missingTensorflow(): string | undefined {
  try {
    findTensorflow();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What a suite runs on besides the engines that are always there; nothing where it is not prepared. */
export function withTensorflow<T>(entry: T): T[] {
  const reason = missingTensorflow();
  if (reason) console.warn(`Skipped on tensorflow: ${reason}`);
  return reason ? [] : [entry];
}
