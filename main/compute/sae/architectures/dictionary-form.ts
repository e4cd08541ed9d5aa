import type { DictionaryForm } from '../../../../shared/domain/dictionary-form.ts';
import { encodeRelu, encodeSelected, type Codes, type Selection } from '../../ops/codes.ts';
import { subtractRow } from '../../ops/dense.ts';
import { encodeGated } from '../../ops/gated.ts';
import { largestOfGroups, largestOfMagnitude } from '../../ops/selection.ts';
import type { Tape, Variable } from '../../tape.ts';
import type { ByParameter, FrozenArchitecture } from '../architecture.ts';
import { InputNormaliser } from '../input-normaliser.ts';

/** A parameter that some forms have. */
type FormParameter = 'encoderBias' | 'threshold' | 'gateBias' | 'magnitudeScale' | 'magnitudeBias';

/**
 * How a dictionary of any form encodes and decodes (shared/domain/dictionary-form.ts). Its frozen
 * parameters are the tensors of the form, thresholds not below 0.
 */
export function formArchitecture(form: DictionaryForm): FrozenArchitecture {
  const normaliser = new InputNormaliser(form.input);
  return {
    name: trainedName(form) ?? form.activation,
    encode(tape, frozen, x) {
      const normed =
        form.input === 'none' ? x : tape.own(normaliser.normalise(tape.engine, x.value));
      const input = form.centred ? subtractRow(tape, normed, frozen.decoderBias) : normed;
      return encodeForm(form, tape, frozen, input);
    },
    ...(form.input !== 'none' && {
      restore: (engine, output, x) => normaliser.restore(engine, output, x),
    }),
  };
}

/** The architecture that is trained here and computes the same; undefined where none does. */
export function trainedName({
  activation,
  centred,
  input,
  skip,
}: DictionaryForm): string | undefined {
  if (input !== 'none' || skip) return undefined;
  if (activation === 'jumprelu') return centred ? 'batchtopk' : 'jumprelu';
  if (activation === 'relu') return centred ? undefined : 'relu';
  return centred && (activation === 'topk' || activation === 'gated') ? activation : undefined;
}

function encodeForm(
  form: DictionaryForm,
  tape: Tape,
  frozen: ByParameter<Variable>,
  x: Variable,
): Codes {
  const { engine } = tape;
  const parameter = (name: FormParameter): Variable => frozen[name]!;
  const { encoder } = frozen;
  const k = form.k ?? 1;
  const selected = (select: Selection) =>
    encodeSelected(tape, x, encoder, parameter('encoderBias'), [select])[0]!;
  switch (form.activation) {
    case 'relu':
      return encodeRelu(tape, x, encoder, parameter('encoderBias'));
    case 'identity':
      return selected((pre) => engine.sparsify(pre));
    case 'topk':
      return selected((pre) => engine.largestOfRows(pre, k));
    case 'abstopk':
      return selected((pre) => largestOfMagnitude(engine, pre, k));
    case 'groupmax':
      return selected((pre) => largestOfGroups(engine, pre, k));
    case 'jumprelu':
      return selected((pre) => engine.sparsifyAbove(pre, parameter('threshold').value)!);
    case 'gated':
      return encodeGated(tape, {
        x,
        weight: encoder,
        gateBias: parameter('gateBias'),
        logScale: parameter('magnitudeScale'),
        magnitudeBias: parameter('magnitudeBias'),
      }).codes;
  }
}
