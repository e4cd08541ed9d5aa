import { benchE2eStep } from './e2e-step.ts';
import { benchImport } from './import.ts';
import { benchMatmul } from './matmul.ts';
import type { Bench } from './row.ts';
import { benchTrainStep } from './train-step.ts';

/** What `assay bench NAME [sizes]` can measure. */
export const benches: Readonly<Record<string, Bench>> = {
  matmul: benchMatmul,
  'train-step': benchTrainStep,
  'e2e-step': benchE2eStep,
  import: benchImport,
};
