import { setImmediate } from 'node:timers/promises';
import { formTensors, type FormTensor } from '../../../shared/domain/dictionary-form.ts';
import { SafetensorsWriter, type TensorPlan } from '../safetensors-writer.ts';
import { storedBytes, type FoundDictionary } from './found.ts';
import { blockRows } from './rows.ts';

export interface StoreOptions {
  readonly signal?: AbortSignal;
  /** Told how many bytes of the form are written, of how many. */
  readonly report?: (done: number, total: number) => void;
  /** What errors call the file, where it is to be renamed. */
  readonly name?: string;
}

/**
 * Writes a dictionary in the internal form: float32, by latents, under the names of the form's tensors,
 * with the form in the metadata. Block by block: memory holds one matrix at most, and of one larger than
 * that a block. What is written follows from the tensors, the form, hook point and model alone, so that
 * the same dictionary from two places is the same file.
 * @throws AppError what the source or the file system says; `cancelled` through the signal.
 */
export async function storeDictionary(
  path: string,
  dictionary: FoundDictionary,
  options: StoreOptions = {},
): Promise<void> {
  const { form, sizes, tensors, hook, model, processing } = dictionary;
  const plans: TensorPlan[] = formTensors(form, sizes).map(({ name, shape }) => ({
    name,
    dtype: 'F32',
    shape,
  }));
  const metadata = {
    format: 'assay-dictionary',
    form: JSON.stringify(form),
    hook,
    model,
    processing,
  };
  const writer = new SafetensorsWriter(path, plans, metadata, options.name);
  const progress = { done: 0, total: storedBytes(dictionary) };
  try {
    for (const { name } of plans) {
      const rows = tensors[name as FormTensor]!;
      const step = blockRows(rows);
      for (let start = 0; start < rows.rows; start += step) {
        const values = rows.read(start, Math.min(rows.rows, start + step));
        writer.write(name, values, start * rows.columns);
        progress.done += values.byteLength;
        options.report?.(progress.done, progress.total);
        await setImmediate();
        options.signal?.throwIfAborted();
      }
    }
  } finally {
    writer.close();
  }
}
