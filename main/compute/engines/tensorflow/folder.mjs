import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Number of the binding that setup makes and the engine needs; rises with every change of its sources,
 * native/kernels.cc among them.
 */
export const bindingRevision = 5;

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

/**
 * Names of the NVIDIA GPUs that the driver of this machine shows, none where there is no driver.
 * @param {{ proc?: string, device?: string }} [places] where Linux shows them
 * @returns {string[]}
 */
export function nvidiaGpus({ proc = '/proc/driver/nvidia/gpus', device = '/dev/nvidia0' } = {}) {
  const unnamed = existsSync(device) ? ['NVIDIA GPU'] : [];
  try {
    const names = readdirSync(proc).map((gpu) => {
      const text = readFileSync(join(proc, gpu, 'information'), 'utf8');
      return /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? 'NVIDIA GPU';
    });
    return names.length > 0 ? names : unnamed;
  } catch {
    return unnamed;
  }
}
