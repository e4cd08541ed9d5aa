import { AppError } from '../../../../shared/errors.ts';
import { batchRows, FeaturePass } from '../../../compute/features/feature-pass.ts';
import type { Transformer } from '../../../compute/model/transformer.ts';
import type { PlacedDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import { activationFileBytes } from '../../../formats/activation-file.ts';
import type { TokenFile } from '../../../formats/token-file.ts';
import { stopped, type JobControl } from '../../control.ts';
import type { ChunkFiles } from './chunk-files.ts';

/** Activations in memory at a time, of all dictionaries together: 100 MB with what turns them. */
export const entriesInMemory = 1 << 22;

export interface Collecting {
  readonly model: Transformer;
  readonly dictionaries: readonly PlacedDictionary[];
  readonly tokens: TokenFile;
  /** The first of the tokens' sequences. */
  readonly sequences: number;
  readonly chunks: ChunkFiles;
  /** Bytes that the job may put on the disk; undefined where nobody said. */
  readonly diskBytes: number | undefined;
  /** Told after each chunk: the sequences that a resume need not run again. */
  readonly kept?: (sequences: number) => void;
  readonly entriesAtOnce?: number;
}

/**
 * Runs model and dictionaries over the sequences that are not in the chunks yet, all dictionaries in one
 * pass. Chunks end where memory is full; pause, checkpoint and stop end one early.
 * @throws AppError `too-large` once the activations so far tell that the disk budget will not do, and
 *   `cancelled`
 */
export async function collectActivations(
  { model, dictionaries, tokens, sequences, chunks, ...limits }: Collecting,
  control: JobControl,
): Promise<void> {
  const { context } = tokens;
  const { diskBytes, kept, entriesAtOnce = entriesInMemory } = limits;
  const latents = dictionaries.map(({ dictionary }) => dictionary.shape.latents);
  const pass = new FeaturePass(model, dictionaries);
  const total = sequences * context;
  const atOnce = batchRows(model.engine, sequences, context);
  let waiting = 0;
  const keep = async () => {
    if (waiting === 0) return;
    waiting = 0;
    const taken = pass.take();
    await control.retrying(() => chunks.add(taken));
    kept?.(chunks.tokens / context);
    if (diskBytes !== undefined) checkBudget(chunks, latents, total, diskBytes);
  };
  for (let row = chunks.tokens / context; row < sequences; row += atOnce) {
    const order = await control.next();
    if (order !== 'continue') await keep();
    if (order === 'stop') throw stopped();
    const rows = Array.from({ length: Math.min(atOnce, sequences - row) }, (_, i) => row + i);
    pass.add({ ids: tokens.read(rows), sequences: rows.length, length: context });
    waiting += rows.length;
    if (pass.entries >= entriesAtOnce) await keep();
    control.progress('collecting activations', (row + rows.length) * context, total, 'tokens');
  }
  await keep();
}

/** Chunks and files are on the disk together for a while. */
export function storeBytes(latents: number, tokens: number, entries: number): number {
  return 8 * entries + activationFileBytes(latents, tokens, entries);
}

function checkBudget(
  chunks: ChunkFiles,
  latents: readonly number[],
  total: number,
  budget: number,
): void {
  const seen = chunks.tokens;
  const needed = latents.reduce(
    (sum, n, index) => sum + storeBytes(n, total, (chunks.entriesOf(index) / seen) * total),
    0,
  );
  if (needed <= budget) return;
  const entries = latents.reduce((sum, _, index) => sum + chunks.entriesOf(index), 0);
  const gigabytes = (bytes: number) => (bytes / 1e9).toPrecision(3);
  throw new AppError(
    'too-large',
    `The activations of ${total} tokens would take about ${gigabytes(needed)} GB on the disk (${(entries / seen).toFixed(1)} for each of the first ${seen} tokens), and 'disk' allows ${gigabytes(budget)} GB. Ask for fewer sequences or allow more.`,
    { place: 'disk', needed: Math.ceil(needed), budget, tokens: total },
  );
}
