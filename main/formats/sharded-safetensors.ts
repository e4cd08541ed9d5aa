import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../shared/errors.ts';
import type { TensorInfo, TensorReader } from '../../shared/domain/tensors.ts';
import { readJson } from './documents.ts';
import { openSafetensors } from './safetensors.ts';

const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });

/**
 * Opens weights that Hugging Face split over several files, by their `model.safetensors.index.json`.
 * @throws AppError `corrupt` for an index that names a file outside its folder or a tensor that its
 *   file does not have, and whatever opening a shard throws.
 */
export function openShardedSafetensors(indexPath: string): TensorReader {
  const parsed = v.safeParse(indexSchema, readJson(indexPath));
  if (!parsed.success)
    throw new AppError('corrupt', `${indexPath} has no weight_map. Download it again.`, {
      file: indexPath,
      place: 'weight_map',
    });
  const folder = dirname(indexPath);
  const shards = new Map<string, TensorReader>();
  const owner = new Map<string, TensorReader>();
  const tensors = new Map<string, TensorInfo>();
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    for (const [name, file] of Object.entries(parsed.output.weight_map)) {
      if (!/^[\w.-]+$/.test(file))
        throw new AppError(
          'corrupt',
          `${indexPath}: '${file}' is not the name of a file beside it. Download the index again.`,
          { file: indexPath, place: name },
        );
      const shard = shards.get(file) ?? openSafetensors(join(folder, file));
      shards.set(file, shard);
      const info = shard.tensors.get(name);
      if (!info)
        throw new AppError(
          'corrupt',
          `${indexPath} says that '${name}' is in ${file}, where it is not. Download both again.`,
          { file: indexPath, place: name },
        );
      owner.set(name, shard);
      tensors.set(name, info);
    }
  } catch (error) {
    close();
    throw error;
  }
  const reader = (name: string): TensorReader => {
    const shard = owner.get(name);
    if (shard) return shard;
    throw new AppError('not-found', `${indexPath} names no tensor '${name}'.`, {
      file: indexPath,
      place: name,
    });
  };
  return {
    source: indexPath,
    metadata: new Map(),
    tensors,
    floats: (name, start, end) => reader(name).floats(name, start, end),
    doubles: (name, start, end) => reader(name).doubles(name, start, end),
    ints: (name, start, end) => reader(name).ints(name, start, end),
    close,
  };
}
