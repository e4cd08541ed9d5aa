import { join } from 'node:path';

/**
 * What can be made again and may be removed while no job runs:
 *
 *   .assay/cache/tokens/<key>.safetensors   text and lists of ids as rows of tokens
 *   .assay/cache/activations/<key>/         activations at one hook point, see activation-set.ts
 *   .assay/cache/maps/<key>.safetensors     features of dictionaries laid out in the plane
 *   .assay/cache/columns/<id>.safetensors   what a page shows of every feature of a dictionary
 */
export function cacheFolder(
  projectPath: string,
  kind: 'tokens' | 'activations' | 'maps' | 'columns',
): string {
  return join(projectPath, '.assay', 'cache', kind);
}
