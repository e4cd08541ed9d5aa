import { openModelFolder } from '../../main/formats/model-folder.ts';
import { openSafetensors } from '../../main/formats/safetensors.ts';

/** The random models of tests/golden/models, see its script. */
export const goldenModels = [
  'gpt2',
  'gpt-neo',
  'gpt-neox',
  'gpt-neox-sequential',
  'llama',
  'llama-scaled',
  'gemma2',
] as const;

/** Opens a golden model and its values. Close `folder.weights` and `golden` when done. */
export function openGoldenModel(name: (typeof goldenModels)[number]) {
  const path = `${import.meta.dirname}/../golden/models/${name}`;
  return { folder: openModelFolder(path), golden: openSafetensors(`${path}/golden.safetensors`) };
}
