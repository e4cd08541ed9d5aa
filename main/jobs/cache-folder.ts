import { join } from 'node:path';

/**
 * What can be made again and may be removed while no job runs:
 *
 *   .assay/cache/tokens/<key>.safetensors   text and lists of ids as rows of tokens
 *   .assay/cache/activations/<key>/         activations at one hook point, see activation-set.ts
 */
export function cacheFolder(projectPath: string, kind: 'tokens' | 'activations'): string {
  return join(projectPath, '.assay', 'cache', kind);
}
