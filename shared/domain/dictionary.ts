import * as v from 'valibot';

const positiveInt = v.pipe(v.number(), v.integer(), v.minValue(1));
const naturalInt = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const share = v.pipe(v.number(), v.gtValue(0), v.ltValue(1));

/**
 * `relu`: ReLU with a p-norm penalty; `topk`, `batchtopk`: the k largest codes of each token, or k per
 * token of a batch; `matryoshka`: BatchTopK whose first latents reconstruct by themselves; `jumprelu`: a
 * threshold of each latent; `gated`: firing and magnitude apart.
 */
export const architectureNames = [
  'relu',
  'topk',
  'batchtopk',
  'matryoshka',
  'jumprelu',
  'gated',
] as const;
export type ArchitectureName = (typeof architectureNames)[number];

/** The architectures that keep the k largest codes. */
export const topKNames: readonly string[] = ['topk', 'batchtopk', 'matryoshka'];

/** What holds where a spec does not say. */
export const auxKDefaults = { coefficient: 1 / 32, deadAfter: 10_000_000 } as const;
export const defaultPrefixes: readonly number[] = [1 / 16, 1 / 8, 1 / 4, 1 / 2];
export const defaultBandwidth = 0.001;
export const defaultThreshold = 0.001;

/**
 * The auxiliary loss of an architecture: for `topk`, `batchtopk` and `matryoshka` what dead latents can
 * add to the reconstruction (AuxK, Gao et al. 2024), for `gated` the reconstruction of its gate.
 */
const auxiliarySchema = v.strictObject({
  /** 1/32 for AuxK and 1 for `gated` where not given. */
  coefficient: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  /** AuxK: dead latents of each token that take part; half the width where not given, 0 for no loss. */
  k: v.optional(naturalInt),
  /** AuxK: tokens without firing after which a latent is dead; 10 million where not given. */
  deadAfter: v.optional(positiveInt),
});

/** Dead latents get the directions of tokens that are reconstructed badly (Bricken et al. 2023). */
const resampleSchema = v.strictObject({
  /** Sequences between two times. */
  every: positiveInt,
  /** Tokens without firing after which a latent is dead; 10 million where not given. */
  deadAfter: v.optional(positiveInt),
});

export const dictionarySchema = v.strictObject({
  architecture: v.optional(v.picklist(architectureNames), 'relu'),
  /** Number of latents as a multiple of the width of the hook point. Exactly one of the two. */
  ratio: v.optional(positive),
  /** Number of latents. */
  latents: v.optional(positiveInt),
  /** Latents that fire for a token, on average for `batchtopk` and `matryoshka`. */
  k: v.optional(positiveInt),
  /** `matryoshka`: rising shares of the latents that reconstruct by themselves; 1/16, 1/8, 1/4, 1/2 where not given. */
  prefixes: v.optional(v.pipe(v.array(share), v.minLength(1), v.maxLength(16))),
  /** `jumprelu`: width of the kernel through which thresholds learn; 0.001 where not given. */
  bandwidth: v.optional(positive),
  /** `jumprelu`: threshold of every latent at the start; 0.001 where not given. */
  threshold: v.optional(positive),
  auxiliary: v.optional(auxiliarySchema),
  /** `relu`: what is done about dead latents; nothing where not given. */
  resample: v.optional(resampleSchema),
  /**
   * How decoder rows are held at unit length: `graph` (where not given) divides by their norms in the
   * forward pass, as e2e_sae; `projected` projects the gradient and renormalises after each step.
   */
  decoderNorm: v.optional(v.picklist(['graph', 'projected'])),
  /**
   * A dictionary file of the project, of the same architecture and size, to go on from; a checkpoint of
   * e2e_sae (`.pt`) too, from which the dictionary at the hook point is taken.
   */
  start: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
  /** The dictionary of `start` stays as it is: it is spliced in and measured, not trained. */
  frozen: v.optional(v.boolean()),
  /** Transcoders: a linear map of the input, trained too, is added to the output. */
  skip: v.optional(v.boolean()),
});
export type DictionarySpec = v.InferOutput<typeof dictionarySchema>;

/**
 * Fields that do not belong to the architecture, or that it lacks.
 * @param p exponent of the sparsity norm
 */
export function architectureContradiction(
  dictionary: DictionarySpec,
  p: number,
): { place: string; problem: string } | undefined {
  const { architecture, k, latents, prefixes, auxiliary } = dictionary;
  const keepsLargest = topKNames.includes(architecture);
  const place = (field: string) => `dictionary.${field}`;
  const belongs = (field: string, to: string) => ({
    place: place(field),
    problem: `belongs to ${to}, not to ${architecture}`,
  });
  if (keepsLargest && k === undefined)
    return { place: place('k'), problem: `is required for ${architecture}` };
  if (!keepsLargest && k !== undefined) return belongs('k', 'topk, batchtopk and matryoshka');
  if (k !== undefined && latents !== undefined && k > latents)
    return { place: place('k'), problem: `${k} exceeds the ${latents} latents` };
  if (prefixes && architecture !== 'matryoshka') return belongs('prefixes', 'matryoshka');
  if (prefixes?.some((part, i) => i > 0 && part <= prefixes[i - 1]!))
    return { place: place('prefixes'), problem: 'must rise' };
  for (const field of ['bandwidth', 'threshold'] as const)
    if (dictionary[field] !== undefined && architecture !== 'jumprelu')
      return belongs(field, 'jumprelu');
  if (dictionary.resample && architecture !== 'relu') return belongs('resample', 'relu');
  if (dictionary.frozen && dictionary.start === undefined)
    return {
      place: place('frozen'),
      problem: 'needs a dictionary to keep: give its file as start',
    };
  if (dictionary.frozen && dictionary.resample)
    return { place: place('resample'), problem: 'would change a frozen dictionary' };
  if (auxiliary && !keepsLargest && architecture !== 'gated')
    return belongs('auxiliary', 'topk, batchtopk, matryoshka and gated');
  for (const field of ['k', 'deadAfter'] as const)
    if (auxiliary?.[field] !== undefined && !keepsLargest)
      return belongs(`auxiliary.${field}`, 'topk, batchtopk and matryoshka');
  if (architecture === 'jumprelu' && p !== 1)
    return {
      place: 'objective.sparsity.p',
      problem: 'jumprelu counts active latents and takes no norm; leave p out',
    };
  return undefined;
}
