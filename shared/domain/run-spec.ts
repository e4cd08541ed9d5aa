import { canonicalJson } from './canonical-json.ts';
import { parseWith } from './parse-spec.ts';
import type { TokensRef } from './tokens.ts';
import { trainSpecSchema, type TrainSpec } from './train-spec.ts';
import { applyVariant, type Variant } from './variant.ts';

/** Number of runs of a job: one for each variant and seed. */
export function runCount({ variants, seeds }: TrainSpec): number {
  return (variants?.length ?? 1) * seeds.length;
}

/**
 * The spec of one run of a job, as if it were trained alone: one variant, one seed. Runs are in the
 * order of the variants, those of one variant in the order of the seeds. A run on the pathway `joint`
 * cannot be alone: its spec also tells the other dictionaries of its pass.
 */
export function runSpec(spec: TrainSpec, position: number): TrainSpec {
  const at = Math.floor(position / spec.seeds.length);
  const variant = spec.variants?.[at];
  const seeds = [spec.seeds[position % spec.seeds.length]!];
  if (!variant) return { ...spec, seeds };
  const alone = { ...variantSpec(spec, variant, spec.name, ''), seeds };
  if (spec.pathway !== 'joint') return alone;
  const companions = spec.variants!.flatMap((other, index) => {
    if (index === at || passOf(other) !== passOf(variant)) return [];
    const { hook, target, dictionary, objective, training } = variantSpec(
      spec,
      other,
      spec.name,
      '',
    );
    const { learningRate } = training;
    return [{ hook, ...(target && { target }), dictionary, objective, learningRate }];
  });
  return { ...alone, companions };
}

/** Names the pass of a run on the pathway `joint`; undefined for one that is spliced alone. */
export function passOfRun(spec: TrainSpec, position: number): string | undefined {
  if (spec.pathway !== 'joint') return undefined;
  const variant = spec.variants?.[Math.floor(position / spec.seeds.length)];
  return `${variant ? passOf(variant) : 0}/${spec.seeds[position % spec.seeds.length]!}`;
}

/** The pass that a variant is spliced into on the pathway `joint`. */
export function passOf({ pass = 0 }: Variant): number {
  return pass;
}

/** The tokens that a job reads, by the field that names them. */
export function tokensOf({
  tokens,
  evaluation,
  features,
}: Pick<TrainSpec, 'tokens' | 'evaluation' | 'features'>): [string, TokensRef][] {
  return [
    ['tokens', tokens],
    ...(evaluation ? [['evaluation.tokens', evaluation.tokens] as [string, TokensRef]] : []),
    ...(features ? [['features.tokens', features.tokens] as [string, TokensRef]] : []),
  ];
}

/** The dictionary files that dictionaries of a job go on from. */
export function startsOf(spec: TrainSpec): string[] {
  const starts = Array.from({ length: runCount(spec) }, (_, position) => {
    return runSpec(spec, position).dictionary.start;
  });
  return [...new Set(starts)].filter((start) => start !== undefined);
}

/** What replicates share: the spec of a run without its seed. Runs with equal keys form one group. */
export function groupKey(spec: TrainSpec): string {
  const { seeds: _seeds, ...rest } = spec;
  return canonicalJson(rest);
}

/** The spec of a variant of a job. @throws AppError `bad-spec` with places from `within` on */
export function variantSpec(
  spec: TrainSpec,
  variant: Variant,
  file: string,
  within: string,
): TrainSpec {
  return parseWith(trainSpecSchema, applyVariant(spec, variant), file, within);
}
