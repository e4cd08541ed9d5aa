import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { formTensors, type FormTensor } from '../../../shared/domain/dictionary-form.ts';
import { SafetensorsWriter, type TensorPlan } from '../safetensors-writer.ts';
import { storedBytes, type FoundDictionary } from './found.ts';
import { blockNumbers, blockRows } from './rows.ts';

export interface StoreOptions {
  readonly signal?: AbortSignal;
  /** Told how many bytes of the form are written, of how many. */
  readonly report?: (done: number, total: number) => void;
  /** What errors call the file, where it is to be renamed. */
  readonly name?: string;
}

/** Blocks that are being hashed and written while the next is read. */
const mostInFlight = 5;

/** So many of them, and the others have enough to do: this thread hashes the next one itself. */
const enough = 3;

/**
 * Writes a dictionary in the internal form: float32, by latents, under the names of the form's tensors,
 * with the form in the metadata. Block by block: memory holds one matrix at most, and of one larger than
 * that a block. What is written follows from the tensors, the form, hook point and model alone, so that
 * the same dictionary from two places is the same file.
 * @returns the SHA-256 of the metadata and the SHA-256 of each block in their order; blocks are hashed
 *   beside each other, which one sum over the file would not allow
 * @throws AppError what the source or the file system says; `cancelled` through the signal.
 */
export async function storeDictionary(
  path: string,
  dictionary: FoundDictionary,
  options: StoreOptions = {},
): Promise<string> {
  const { form, sizes, tensors, hook, target, model, processing } = dictionary;
  const plans: TensorPlan[] = formTensors(form, sizes).map(({ name, shape }) => ({
    name,
    dtype: 'F32',
    shape,
  }));
  const metadata = {
    format: 'assay-dictionary',
    form: JSON.stringify(form),
    hook,
    ...(target !== '' && { target }),
    model,
    processing,
  };
  const writer = new SafetensorsWriter(path, plans, metadata, options.name);
  const hashes: Promise<ArrayBuffer | Uint8Array>[] = [];
  const inFlight: Promise<Float32Array>[] = [];
  let underway = 0;
  const progress = { done: 0, total: storedBytes(dictionary) };
  try {
    for (const { name } of plans) {
      const rows = tensors[name as FormTensor]!;
      const step = blockRows(rows);
      for (let start = 0; start < rows.rows; start += step) {
        const end = Math.min(rows.rows, start + step);
        // Memory that was used before is there already: new pages take longer than what is done on them.
        const free = inFlight.length < mostInFlight ? undefined : await inFlight.shift();
        const length = (end - start) * rows.columns;
        const values = rows.read(
          start,
          end,
          free && free.length >= length ? free : new Float32Array(Math.max(length, blockNumbers)),
        );
        const hash = underway < enough ? crypto.subtle.digest('SHA-256', values) : hashHere(values);
        hashes.push(hash);
        const written = writer.writeBeside(name, values, start * rows.columns);
        underway++;
        const done = Promise.all([hash, written])
          .finally(() => underway--)
          .then(() => new Float32Array(values.buffer));
        // It is waited for later; until then its failure has no one else to go to.
        done.catch(() => undefined);
        inFlight.push(done);
        progress.done += values.byteLength;
        options.report?.(progress.done, progress.total);
        await setImmediate();
        options.signal?.throwIfAborted();
      }
    }
    await Promise.all(inFlight);
    return await hashOf(JSON.stringify({ ...metadata, sizes }), hashes);
  } finally {
    await Promise.allSettled(inFlight);
    await writer.settled();
    writer.close();
  }
}

function hashHere(values: Float32Array): Promise<Uint8Array> {
  return Promise.resolve(createHash('sha256').update(values).digest());
}

async function hashOf(
  text: string,
  blocks: readonly Promise<ArrayBuffer | Uint8Array>[],
): Promise<string> {
  const hash = createHash('sha256').update(text);
  for (const block of blocks) hash.update(new Uint8Array(await block));
  return hash.digest('hex');
}
