/** What the families' configurations have in common: checked fields, and typed refusals. */
import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';
import type { Activation } from '../engine.ts';
import type { RotaryConfig, RotaryScaling } from './config.ts';

export const count = v.pipe(v.number(), v.integer(), v.minValue(1));
/** More layers than any model has are a damaged file, and would be lists as long. */
export const layerCount = v.pipe(count, v.maxValue(10_000));
export const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
/** A field that may hold the given value only: another one is an option that is not supported. */
export const only = <const T extends number | boolean>(value: T) => v.nullish(v.literal(value));

/**
 * Checks the fields of a parsed `config.json`.
 * @throws AppError `unsupported` for an option that Assay does not have, `corrupt` for a missing or
 *   odd field; each names it.
 */
export function parseFields<S extends v.GenericSchema>(
  schema: S,
  document: unknown,
  file: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, document);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const place = issue.path?.map((item) => String(item.key)).join('.') ?? 'top level';
  if (issue.type === 'literal' || issue.type === 'picklist')
    throw unsupported(file, place, issue.input, String(issue.expected));
  throw new AppError('corrupt', `${file}: ${place}: ${issue.message}. Check the file.`, {
    file,
    place,
  });
}

/** The error for a field whose value asks for what Assay does not do. */
export function unsupported(file: string, place: string, value: unknown, known: string): AppError {
  return new AppError(
    'unsupported',
    `${file}: ${place} is ${JSON.stringify(value)}, which is not supported. Known: ${known}.`,
    { file, place },
  );
}

/** The error for fields that contradict each other. */
export function contradiction(file: string, place: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${problem}. Check the file.`, { file, place });
}

/** Names that Hugging Face gives to the activations that the engines have. */
const activations: Readonly<Record<string, Activation>> = {
  gelu_new: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  gelu: 'gelu',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

/** The activation under its Hugging Face name. */
export function activationOf(name: string, file: string, place: string): Activation {
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (!activation) throw unsupported(file, place, name, Object.keys(activations).join(', '));
  return activation;
}

/** Width of one head, where the width of the stream is shared among them. */
export function headWidthOf(width: number, heads: number, file: string, place: string): number {
  if (width % heads !== 0)
    throw contradiction(file, place, `the width ${width} is not a multiple of ${heads} heads`);
  return width / heads;
}

/** Checks that heads of keys and values are shared evenly. */
export function checkGroups(heads: number, keyHeads: number, file: string): void {
  if (heads % keyHeads !== 0)
    throw contradiction(
      file,
      'num_key_value_heads',
      `${heads} heads are not a multiple of num_key_value_heads ${keyHeads}`,
    );
}

const ropeKinds = ['default', 'linear', 'llama3'] as const;
const ropeFields = v.looseObject({
  rope_type: v.optional(v.picklist(ropeKinds)),
  // The older name of the same.
  type: v.optional(v.picklist(ropeKinds)),
  rope_theta: v.optional(positive),
  factor: v.optional(positive),
  low_freq_factor: v.optional(positive),
  high_freq_factor: v.optional(positive),
  original_max_position_embeddings: v.optional(count),
  partial_rotary_factor: v.optional(v.pipe(positive, v.maxValue(1))),
});
/** Rotation as transformers 5 writes it (`rope_parameters`) and as earlier versions did. */
export const rotaryFields = {
  rope_parameters: v.nullish(ropeFields),
  rope_scaling: v.nullish(ropeFields),
  rope_theta: v.optional(positive),
};

/**
 * How a model turns queries and keys.
 * @param older base and share of columns as fields of their own, as older configurations have them
 */
export function rotaryOf(
  fields: v.InferOutput<v.ObjectSchema<typeof rotaryFields, undefined>>,
  headWidth: number,
  older: { base: number; share: number },
  file: string,
): RotaryConfig {
  const place = fields.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const rope = fields.rope_parameters ?? fields.rope_scaling ?? {};
  const base = rope.rope_theta ?? fields.rope_theta ?? older.base;
  const width = Math.floor(headWidth * (rope.partial_rotary_factor ?? older.share));
  if (width % 2 !== 0 || width === 0)
    throw unsupported(file, place, width, 'an even number of columns that turn in each head');
  return { width, base, scaling: scalingOf(rope, file, place) };
}

function scalingOf(
  rope: v.InferOutput<typeof ropeFields>,
  file: string,
  place: string,
): RotaryScaling {
  const kind = rope.rope_type ?? rope.type ?? 'default';
  const need = (name: keyof typeof rope & string): number => {
    const value = rope[name];
    if (typeof value === 'number') return value;
    throw contradiction(file, `${place}.${name}`, `${place}: '${kind}' needs ${name}`);
  };
  if (kind === 'default') return { kind: 'none' };
  if (kind === 'linear') return { kind, factor: need('factor') };
  return {
    kind,
    factor: need('factor'),
    lowFactor: need('low_freq_factor'),
    highFactor: need('high_freq_factor'),
    originalContext: need('original_max_position_embeddings'),
  };
}
