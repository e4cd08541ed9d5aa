import * as v from 'valibot';
import { comesAfter, hookPattern } from './hook-name.ts';

/**
 * What a dictionary is trained for: a sum of coefficient x term. A coefficient of 0 means that the
 * term is only logged; a term that is not named is not computed. Definitions: those of e2e_sae.
 *
 * Notation: x the activation at the hook point, y the dictionary's output, c its codes; "spliced" is
 * the model in which y has taken x's place.
 */

const coefficient = v.pipe(v.number(), v.finite(), v.minValue(0));
const sequences = v.pipe(v.number(), v.integer(), v.minValue(0));
const hookName = v.pipe(
  v.string(),
  v.regex(hookPattern, 'must be a hook point such as blocks.2.hook_resid_pre'),
);

const sparsitySchema = v.strictObject({
  /** coefficient x (1/d) x mean over tokens of the p-norm of the codes. */
  coefficient,
  p: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(4)), 1),
  /** Sequences over which the coefficient rises from 0. */
  warmup: v.optional(sequences),
});

const squaredErrorSchema = v.strictObject({ coefficient });

const inToOrigSchema = v.strictObject({
  /** Total over the hook points, shared out among them by their weights. */
  coefficient,
  /** Hook points after the dictionary; `later` is every hook_resid_pre after it. */
  hooks: v.optional(
    v.union([v.literal('later'), v.pipe(v.array(hookName), v.minLength(1))]),
    'later',
  ),
  /** Relative weight of each listed hook point; equal where not given. */
  weights: v.optional(v.array(coefficient)),
});

/** `model-to-spliced` is KL(model ‖ spliced), which e2e_sae computes; the other is KL(spliced ‖ model). */
export const klDirections = ['model-to-spliced', 'spliced-to-model'] as const;
export type KlDirection = (typeof klDirections)[number];

const logitsKlSchema = v.strictObject({
  coefficient,
  direction: v.optional(v.picklist(klDirections), 'model-to-spliced'),
  /**
   * Scales the term, as a constant, by outToIn / (KL + 1e-8) of each batch, so that both weigh the same
   * (Karvonen 2025, arXiv 2503.17272).
   */
  balanced: v.optional(v.boolean()),
});

const mixedSchema = v.strictObject({
  /** Sequences that are trained on a local objective, outToIn with coefficient 1, first. */
  local: sequences,
  /** Sequences after these over which every coefficient moves linearly to its own. */
  over: v.optional(sequences, 0),
  /** Coefficient of the sparsity in the local objective. */
  sparsity: coefficient,
});

export const presetNames = ['local', 'e2e', 'e2e+downstream', 'kl-finetune'] as const;
export type PresetName = (typeof presetNames)[number];

/** An objective with everything spelt out: what a preset and a short spec become. */
export interface ObjectiveSpec {
  readonly sparsity: v.InferOutput<typeof sparsitySchema>;
  /** Mean squared (x - y), over tokens and dimensions. */
  readonly outToIn: v.InferOutput<typeof squaredErrorSchema>;
  /**
   * Mean squared (y - activation of the model as it is at the hook point). For a dictionary spliced
   * alone its input is that activation, so the value is that of outToIn.
   */
  readonly outToOrig?: v.InferOutput<typeof squaredErrorSchema> | undefined;
  /** Mean squared (activation in the spliced model - in the model as it is), at later hook points. */
  readonly inToOrig?: v.InferOutput<typeof inToOrigSchema> | undefined;
  /** Mean over tokens of the divergence between the next-token distributions, in nats. */
  readonly logitsKl?: v.InferOutput<typeof logitsKlSchema> | undefined;
  /** A local objective to begin with. */
  readonly mixed?: v.InferOutput<typeof mixedSchema> | undefined;
}

/**
 * The published objectives for GPT-2 small at layer 6 (Braun et al. 2024). The sparsity coefficients of
 * different presets are not comparable: compare dictionaries by their L0. Where a single later layer
 * remains the paper took 0.05 for 2.5. `kl-finetune` goes on from a dictionary that was trained locally
 * (Karvonen 2025): give it the sparsity coefficient of that training.
 */
export const objectivePresets: Readonly<Record<PresetName, ObjectiveSpec>> = {
  local: { sparsity: { coefficient: 6, p: 1 }, outToIn: { coefficient: 1 } },
  e2e: {
    sparsity: { coefficient: 1.5, p: 1 },
    outToIn: { coefficient: 0 },
    logitsKl: { coefficient: 1, direction: 'model-to-spliced' },
  },
  'e2e+downstream': {
    sparsity: { coefficient: 1.5, p: 1 },
    outToIn: { coefficient: 0 },
    inToOrig: { coefficient: 2.5, hooks: 'later' },
    logitsKl: { coefficient: 0.5, direction: 'model-to-spliced' },
  },
  'kl-finetune': {
    sparsity: { coefficient: 6, p: 1 },
    outToIn: { coefficient: 0.5 },
    logitsKl: { coefficient: 0.5, direction: 'model-to-spliced', balanced: true },
  },
};

/**
 * As it is written. A preset fills in the terms that are not named beside it and then is gone, so that
 * specs that do the same work are equal. Without one, outToIn has coefficient 1 in a local objective
 * and 0 beside terms of the spliced model.
 */
export const objectiveSchema = v.pipe(
  v.strictObject({
    preset: v.optional(v.picklist(presetNames)),
    sparsity: v.optional(sparsitySchema),
    outToIn: v.optional(squaredErrorSchema),
    outToOrig: v.optional(squaredErrorSchema),
    inToOrig: v.optional(inToOrigSchema),
    logitsKl: v.optional(logitsKlSchema),
    mixed: v.optional(mixedSchema),
  }),
  v.forward(
    v.check(
      ({ preset, sparsity }) => preset !== undefined || sparsity !== undefined,
      'is required but missing',
    ),
    ['sparsity'],
  ),
  v.transform(({ preset, ...terms }): ObjectiveSpec => {
    const named = Object.fromEntries(
      Object.entries(terms).filter(([, term]) => term !== undefined),
    );
    if (preset) return { ...objectivePresets[preset], ...named };
    const spliced = terms.logitsKl !== undefined || terms.inToOrig !== undefined;
    return { outToIn: { coefficient: spliced ? 0 : 1 }, ...named } as ObjectiveSpec;
  }),
);

/**
 * Terms that are each valid but cannot hold together, or not at this hook point.
 * @param hook where the first dictionary of the pass is spliced in
 */
export function objectiveContradiction(
  { sparsity, outToIn, outToOrig, inToOrig, logitsKl, mixed }: ObjectiveSpec,
  hook: string,
): { place: string; problem: string } | undefined {
  const terms = [sparsity, outToIn, outToOrig, inToOrig, logitsKl];
  if (terms.every((term) => !term || term.coefficient === 0))
    return { place: 'objective', problem: 'every coefficient is 0, so nothing would be learned' };
  if (logitsKl?.balanced && outToIn.coefficient === 0)
    return {
      place: 'objective.logitsKl.balanced',
      problem: 'weighs the term against outToIn, whose coefficient is 0',
    };
  if (mixed && !logitsKl && !inToOrig)
    return { place: 'objective.mixed', problem: 'has no term of the spliced model to move to' };
  if (!inToOrig) return undefined;
  const { hooks, weights } = inToOrig;
  const place = 'objective.inToOrig';
  if (hooks === 'later')
    return weights && { place: `${place}.weights`, problem: 'need a list of hooks to belong to' };
  const early = hooks.find((name) => !comesAfter(name, hook));
  if (early !== undefined)
    return { place: `${place}.hooks`, problem: `${early} is not after the dictionary at ${hook}` };
  if (new Set(hooks).size !== hooks.length)
    return { place: `${place}.hooks`, problem: 'lists the same hook point twice' };
  if (weights && weights.length !== hooks.length)
    return {
      place: `${place}.weights`,
      problem: `has ${weights.length} numbers for ${hooks.length} hooks`,
    };
  if (weights?.every((weight) => weight === 0))
    return { place: `${place}.weights`, problem: 'are all 0' };
  return undefined;
}

export const runTypes = ['local', 'e2e', 'e2e_local', 'downstream', 'downstream_all'] as const;
export type RunType = (typeof runTypes)[number];

/** What kind of run an objective makes, as the analyses of e2e_sae tell them apart. */
export function runType({ outToIn, inToOrig, logitsKl }: ObjectiveSpec): RunType {
  const isOn = (term: { coefficient: number } | undefined) => (term?.coefficient ?? 0) > 0;
  if (!isOn(logitsKl)) return 'local';
  if (isOn(inToOrig)) return isOn(outToIn) ? 'downstream_all' : 'downstream';
  return isOn(outToIn) ? 'e2e_local' : 'e2e';
}
