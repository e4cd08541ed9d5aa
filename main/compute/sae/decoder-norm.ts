import type { Engine } from '../engine.ts';
import { normaliseRows } from '../ops/dense.ts';
import type { Tape, Variable } from '../tape.ts';
import type { Architecture, DictionaryParameters } from './architecture.ts';

/**
 * How the rows of the decoder are held at unit length. `graph` divides them by their norms in the
 * forward pass, so that gradients are tangent to each row and the stored norms may grow (e2e_sae).
 * `projected` takes the part along the row out of the gradient and renormalises after each step
 * (dictionary_learning, SAELens).
 */
export type DecoderNorm = 'graph' | 'projected';

/** The rule's part of a forward pass: directions of unit length [n, d]. */
export function directions(tape: Tape, decoder: Variable, rule: DecoderNorm): Variable {
  return rule === 'graph' ? normaliseRows(tape, decoder) : decoder;
}

/** The rule's part of an optimiser step. */
export function decoderConstraints(
  rule: DecoderNorm,
): Pick<Architecture, 'constrainGradients' | 'constrainParameters'> {
  if (rule === 'graph') return {};
  return { constrainGradients: projectGradient, constrainParameters: normaliseDecoder };
}

function projectGradient(
  engine: Engine,
  { decoder }: DictionaryParameters,
  gradients: DictionaryParameters,
): void {
  const { y, norms } = engine.normaliseRows(decoder);
  const along = engine.dotRows(y, gradients.decoder);
  const parallel = engine.scaleRows(y, along);
  engine.addInto(gradients.decoder, parallel, -1);
  engine.dispose(y, norms, along, parallel);
}

function normaliseDecoder(engine: Engine, { decoder }: DictionaryParameters): void {
  const { y, norms } = engine.normaliseRows(decoder);
  engine.copyInto(decoder, y);
  engine.dispose(y, norms);
}
