import { createCipheriv, createHash, createSecretKey } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { formTensors, type FormTensor } from '../../../shared/domain/dictionary-form.ts';
import { SafetensorsWriter, type TensorPlan } from '../safetensors-writer.ts';
import { storedBytes, type FoundDictionary } from './found.ts';
import { borrowFloats, giveBack } from './row-kernels.ts';
import { blockNumbers, blockRows, readInto } from './rows.ts';

export interface StoreOptions {
  readonly signal?: AbortSignal;
  /** Told how many bytes of the form are written, of how many. */
  readonly report?: (done: number, total: number) => void;
  /** What errors call the file, where it is to be renamed. */
  readonly name?: string;
}

/** Blocks of a piece, which is written at once: to have that done by another thread has its price. */
const pieceBlocks = 16;

/** Pieces that are written while the next is read. */
const mostInFlight = 5;

/**
 * Writes a dictionary in the internal form: float32, by latents, under the names of the form's tensors,
 * with the form in the metadata. Piece by piece: memory holds a strip and some pieces, or one matrix where
 * its file cannot be read in parts. What is written follows from the tensors, the form, hook point and
 * model alone, so that the same dictionary from two places is the same file.
 * @returns what tells it from others: the SHA-256 of its metadata and of a tag of each piece. Tags find
 *   what is probably the same; whoever has to be sure compares the bytes (see `tagOf`).
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
  const hash = createHash('sha256').update(JSON.stringify({ ...metadata, sizes }));
  const inFlight: Promise<Float32Array>[] = [];
  const progress = { done: 0, total: storedBytes(dictionary) };
  try {
    for (const { name } of plans) {
      const rows = tensors[name as FormTensor]!;
      const step = pieceBlocks * blockRows(rows);
      for (let start = 0; start < rows.rows; start += step) {
        if (inFlight.length === mostInFlight) giveBack(await inFlight.shift()!);
        const end = Math.min(rows.rows, start + step);
        const length = (end - start) * rows.columns;
        const room = borrowFloats(Math.max(length, pieceBlocks * blockNumbers));
        const values = room.subarray(0, length);
        readInto(values, rows, start, end);
        hash.update(tagOf(values));
        const done = writer.writeBeside(name, values, start * rows.columns).then(() => room);
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
    return hash.digest('hex');
  } finally {
    for (const done of await Promise.allSettled(inFlight))
      if (done.status === 'fulfilled') giveBack(done.value);
    await writer.settled();
    writer.close();
  }
}

const key = createSecretKey(Buffer.alloc(16));
const nonce = Buffer.alloc(12);

/**
 * 128 bits that differ where the numbers do, unless someone saw to it that they do not: GMAC under a key
 * that everyone knows, ten times as fast as SHA-256.
 */
function tagOf(values: Float32Array): Buffer {
  const gmac = createCipheriv('aes-128-gcm', key, nonce);
  gmac.setAAD(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  gmac.final();
  return gmac.getAuthTag();
}
