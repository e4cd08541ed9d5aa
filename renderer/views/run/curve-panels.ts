import { metricDefinition } from '../../../shared/domain/metrics.ts';

/** A chart of the Run page: one quantity, on the batch of training and on held-out tokens. */
export interface CurvePanel {
  readonly title: string;
  readonly names: readonly string[];
  readonly logY?: boolean;
}

/** In the order in which one looks at them while a dictionary trains. */
export const curvePanels: readonly CurvePanel[] = [
  { title: 'Loss', names: ['loss'] },
  { title: 'L0', names: ['l0', 'eval.l0'] },
  { title: 'CE increase', names: ['ceIncrease', 'eval.ceIncrease'] },
  { title: 'KL', names: ['logitsKl', 'eval.kl'] },
  { title: 'Explained variance', names: ['explainedVariance', 'eval.explainedVariance'] },
  { title: 'Reconstruction error', names: ['outToIn', 'eval.mse'] },
  { title: 'Sparsity term', names: ['sparsity'] },
  { title: 'AuxK', names: ['auxK'] },
  { title: 'Gate reconstruction', names: ['gateReconstruction'] },
  { title: 'Alive latents', names: ['alive'] },
  { title: 'Resampled latents', names: ['resampled'] },
  { title: 'Learning rate', names: ['learningRate'] },
  { title: 'Gradient norm', names: ['gradientNorm'], logY: true },
];

/**
 * Charts for curves of another tool: those of Assay's names as above, then one for each other name.
 * @param names of all curves that the runs have
 */
export function panelsOf(names: readonly string[]): CurvePanel[] {
  const known = curvePanels.filter((panel) => panel.names.some((name) => names.includes(name)));
  const taken = new Set(known.flatMap((panel) => panel.names));
  const others = names.filter((name) => !taken.has(name));
  return [...known, ...others.map((name) => ({ title: axisLabel(name), names: [name] }))];
}

/** What the axis says of a series: its title and unit. */
export function axisLabel(name: string): string {
  const { title, unit } = metricDefinition(name);
  return unit === undefined ? title : `${title} (${unit})`;
}
