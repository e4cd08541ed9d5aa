import { renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from '../../../../shared/errors.ts';
import { SafetensorsWriter, type TensorPlan } from '../../../formats/safetensors-writer.ts';
import { flush, removeQuietly } from '../../files.ts';

/** Under its name a file is whole: where writing ends early, what was there before still is. */
export async function writeWhole(
  path: string,
  plans: readonly TensorPlan[],
  fill: (writer: SafetensorsWriter) => Promise<void>,
): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const writer = new SafetensorsWriter(unfinished, plans, {}, path);
    try {
      await fill(writer);
    } finally {
      writer.close();
    }
    renameSync(unfinished, path);
    flush(dirname(path));
  } catch (error) {
    removeQuietly(unfinished);
    throw fileError(error, path, 'write');
  }
}

/** What the answer to a query says of a file. */
export function writtenFile(path: string, plans: readonly TensorPlan[]) {
  const tensors = Object.fromEntries(plans.map(({ name, shape }) => [name, [...shape]]));
  return { path, bytes: statSync(path).size, tensors };
}
