import { benchCompare } from './compare.ts';
import { benchE2eStep } from './e2e-step.ts';
import { benchFeatures } from './features.ts';
import { benchImport } from './import.ts';
import { benchMany } from './many.ts';
import { benchMatmul } from './matmul.ts';
import type { Bench } from './row.ts';
import { benchOls } from './ols.ts';
import { benchPredict } from './predict.ts';
import { benchSaeStep } from './sae-step.ts';
import { benchSoak } from './soak.ts';
import { benchStability } from './stability.ts';
import { benchUi } from './ui.ts';

/** What `assay bench NAME [sizes]` can measure. */
export const benches: Readonly<Record<string, Bench>> = {
  matmul: benchMatmul,
  'sae-step': benchSaeStep,
  'e2e-step': benchE2eStep,
  compare: benchCompare,
  features: benchFeatures,
  import: benchImport,
  many: benchMany,
  soak: benchSoak,
  stability: benchStability,
  ui: benchUi,
  predict: benchPredict,
  ols: benchOls,
};
