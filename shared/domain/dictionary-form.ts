import * as v from 'valibot';

/**
 * What a dictionary computes, whoever trained it: the one form that every format is read into and
 * written from. For activations x [r, d], latents along n:
 *
 *   x'  = normalise(x) - [centred] b_dec
 *   pre = x' W_enc + b_enc
 *   c   = activation(pre)
 *   y   = denormalise(c W_dec + b_dec) + [skip] x W_skip^T
 *
 * The activations; only `identity` and `abstopk` give codes below 0:
 *   relu      max(pre, 0)
 *   identity  pre
 *   topk      the k largest of each row, those of them above 0
 *   abstopk   the k largest of each row by magnitude, with their signs
 *   groupmax  the largest of each of k groups of neighbouring latents, where it is above 0
 *   jumprelu  pre where it exceeds max(threshold, 0), else 0
 *   gated     1[x' W_enc + b_gate > 0] max(exp(r_mag) (x' W_enc) + b_mag, 0), without b_enc
 */
export const formActivations = [
  'relu',
  'identity',
  'topk',
  'abstopk',
  'groupmax',
  'jumprelu',
  'gated',
] as const;
export type FormActivation = (typeof formActivations)[number];

/**
 * What is done to each row of x first, and undone after decoding:
 *   constant-norm  x sqrt(d) / |x|; undone by its inverse factor
 *   layer-norm     (x - mean) / (s + 1e-5), s the unbiased standard deviation; undone by s and mean
 */
export const inputNorms = ['none', 'constant-norm', 'layer-norm'] as const;
export type InputNorm = (typeof inputNorms)[number];

export const dictionaryFormSchema = v.object({
  activation: v.picklist(formActivations),
  /** Of `topk`, `abstopk` and `groupmax`; null for the others. */
  k: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Whether b_dec is subtracted from the input. */
  centred: v.boolean(),
  input: v.picklist(inputNorms),
  /** Whether there is a W_skip. */
  skip: v.boolean(),
});
export type DictionaryForm = v.InferOutput<typeof dictionaryFormSchema>;

/** Shapes of the tensors of a form: d_in, d_out (that of the input but for a transcoder), latents. */
export interface FormSizes {
  readonly dIn: number;
  readonly dOut: number;
  readonly latents: number;
}

/**
 * The tensors of a form, float32, latents along rows: encoder [n, dIn], decoder [n, dOut], decoderBias
 * [dOut], encoderBias, threshold, gateBias, magnitudeScale and magnitudeBias [n], skip [dOut, dIn].
 */
export type FormTensor =
  | 'encoder'
  | 'encoderBias'
  | 'decoder'
  | 'decoderBias'
  | 'threshold'
  | 'gateBias'
  | 'magnitudeScale'
  | 'magnitudeBias'
  | 'skip';

/** The tensors that a form has, with their shapes. */
export function formTensors(
  form: DictionaryForm,
  { dIn, dOut, latents }: FormSizes,
): { readonly name: FormTensor; readonly shape: readonly number[] }[] {
  const perLatent = (...names: FormTensor[]) => names.map((name) => ({ name, shape: [latents] }));
  return [
    { name: 'encoder', shape: [latents, dIn] },
    { name: 'decoder', shape: [latents, dOut] },
    { name: 'decoderBias', shape: [dOut] },
    ...(form.activation === 'gated'
      ? perLatent('gateBias', 'magnitudeScale', 'magnitudeBias')
      : perLatent('encoderBias')),
    ...(form.activation === 'jumprelu' ? perLatent('threshold') : []),
    ...(form.skip ? [{ name: 'skip' as const, shape: [dOut, dIn] }] : []),
  ];
}

/** The tools whose dictionaries are read, by the names that the commands and pages use. */
export const dictionaryFormats = [
  'assay',
  'e2e_sae',
  'saelens',
  'dictionary_learning',
  'sparsify',
  'openai',
  'gemma-scope',
  'llama-scope',
] as const;
export type DictionaryFormat = (typeof dictionaryFormats)[number];

/** The formats that a dictionary can be written in. */
export const exportFormats = ['saelens', 'dictionary_learning', 'safetensors'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Layouts in which the features of a dictionary are written, without its weights. */
export const dashboardFormats = ['saedashboard', 'neuronpedia'] as const;
export type DashboardFormat = (typeof dashboardFormats)[number];
