import {
  ActivationCollector,
  type FeatureMajor,
} from '../../main/compute/features/activation-store.ts';

/** Activations given as a dense matrix [tokens, latents], row-major, as the store keeps them. */
export function featureMajor(dense: ArrayLike<number>, latents: number): FeatureMajor {
  const collector = new ActivationCollector(latents);
  const tokens = dense.length / latents;
  const pointers = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let token = 0; token < tokens; token++) {
    for (let j = 0; j < latents; j++) {
      const value = dense[token * latents + j]!;
      if (value === 0) continue;
      indices.push(j);
      values.push(value);
    }
    pointers.push(indices.length);
  }
  collector.add(Int32Array.from(pointers), Int32Array.from(indices), values);
  return collector.finish();
}
