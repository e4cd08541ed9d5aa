import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where `npm run setup:tensorflow` puts TensorFlow and where the engine looks for it: the folder of
 * ASSAY_TENSORFLOW, else one of the user's data. The source tree, the built program and an installed
 * one share it.
 * @param {Record<string, string | undefined>} [environment]
 */
export function tensorflowFolder(environment = process.env) {
  const { ASSAY_TENSORFLOW, ASSAY_HOME, XDG_DATA_HOME } = environment;
  if (ASSAY_TENSORFLOW) return ASSAY_TENSORFLOW;
  if (ASSAY_HOME) return join(ASSAY_HOME, 'tensorflow');
  return join(XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'assay', 'tensorflow');
}
