import type { SparseColumns } from '../../../compute/regression/sparse/columns.ts';
import { ColumnCollector, type Samples } from '../../../compute/regression/sparse/samples.ts';
import type { Steps } from '../../../compute/steps.ts';
import { ActivationFile } from '../../../formats/activation-file.ts';

/** Activations that are read at a time. */
const entriesAtOnce = 4_000_000;
/** Bytes for each activation at the peak: as read, as collected, and as one array. */
const bytesPerEntry = 20;

/**
 * The columns of a dictionary's features on the rows of a fit, read by ranges of features.
 * @throws AppError `too-large` for more than `memoryBytes` hold, and what opening the file says
 */
export function* readColumns(
  path: string,
  samples: Samples,
  { leastRows, memoryBytes }: { leastRows: number; memoryBytes: number },
): Steps<{ features: Int32Array; columns: SparseColumns; latents: number }> {
  const file = new ActivationFile(path);
  try {
    const { latents } = file;
    const pointers = file.featurePointers();
    const most = Math.floor(memoryBytes / bytesPerEntry);
    const collector = new ColumnCollector(samples, leastRows, most);
    for (let start = 0; start < latents;) {
      let end = start + 1;
      while (end < latents && pointers[end + 1]! - pointers[start]! <= entriesAtOnce) end++;
      collector.add(start, file.features(start, end));
      start = end;
      yield { phase: 'reading activations', done: start, total: latents };
    }
    return { ...collector.finish(), latents };
  } finally {
    file.close();
  }
}
