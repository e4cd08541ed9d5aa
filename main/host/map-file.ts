import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from '../jobs/cache-folder.ts';

/** Of umap-learn: points that count as near, each point itself included. */
export const mapNeighbours = 15;
export const mapSeed = 0;

/** Where the map of dictionaries lies. They never change, so a map under their ids stays right. */
export function mapFile(projectPath: string, dictionaries: readonly string[]): string {
  const key = createHash('sha256')
    .update(JSON.stringify({ dictionaries, neighbours: mapNeighbours, seed: mapSeed, version: 1 }))
    .digest('hex');
  return join(cacheFolder(projectPath, 'maps'), `${key.slice(0, 32)}.safetensors`);
}
