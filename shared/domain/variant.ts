import * as v from 'valibot';

/**
 * What one dictionary of a job has otherwise than the spec around it: fields named here take the place
 * of those there, terms and settings that are not named stay, and a term that is null goes. What comes out is checked like any spec.
 */
export const variantSchema = v.strictObject({
  hook: v.optional(v.string()),
  target: v.optional(v.nullable(v.string())),
  /** Pathway `joint`: dictionaries with the same number, and seed, share a pass; 0 where not given. */
  pass: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  dictionary: v.optional(v.record(v.string(), v.unknown())),
  objective: v.optional(v.record(v.string(), v.unknown())),
  learningRate: v.optional(v.number()),
});
export type Variant = v.InferOutput<typeof variantSchema>;

interface Varied {
  readonly hook: unknown;
  readonly target?: unknown;
  readonly dictionary: object;
  readonly objective: object;
  readonly training: object;
}

/** The document that a spec and one of its variants make. It is yet to be checked. */
export function applyVariant(spec: Varied, variant: Variant): Record<string, unknown> {
  const {
    hook = spec.hook,
    target = spec.target,
    dictionary = {},
    objective = {},
    learningRate,
  } = variant;
  return {
    ...spec,
    variants: undefined,
    hook,
    target: target ?? undefined,
    dictionary: { ...withoutOtherSize(spec.dictionary, dictionary), ...dictionary },
    // A preset says all that is not named beside it.
    objective: 'preset' in objective ? objective : mergeTerms(spec.objective, objective),
    training: learningRate === undefined ? spec.training : { ...spec.training, learningRate },
  };
}

/** A size that is given takes the place of one given in the other way. */
function withoutOtherSize(base: object, changes: object): object {
  const isSized = 'ratio' in changes || 'latents' in changes;
  return isSized ? { ...base, ratio: undefined, latents: undefined } : base;
}

function mergeTerms(base: object, changes: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, term] of Object.entries(changes)) {
    const before = merged.get(name);
    if (term === null) merged.delete(name);
    else merged.set(name, isObject(before) && isObject(term) ? { ...before, ...term } : term);
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
