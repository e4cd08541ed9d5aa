import type { Engine } from '../../engine.ts';
import { encodeSelected, isSparse, type Selection } from '../../ops/codes.ts';
import { squaredError } from '../../ops/dense.ts';
import { decodePrefixes } from '../../ops/prefixes.ts';
import type { Architecture, Buffers, LossTerm, Seen } from '../architecture.ts';
import { Auxiliary, countIdle, idleBuffer } from '../dead-latents.ts';
import { decoderConstraints, directions } from '../decoder-norm.ts';
import { centre, firstParameters } from '../tied-parameters.ts';
import { biasedFile, biasedShapes, freezeParameters } from './biased-encoder.ts';
import type { TopKSettings } from './top-k.ts';

export interface BatchTopKSettings extends TopKSettings {
  /** Shares of the latents, rising, whose reconstructions are trained beside that of all; none for plain BatchTopK. */
  readonly prefixes: readonly number[];
}

/** Weight of a new batch in the moving average of the threshold, as in SAELens. */
const thresholdRate = 0.01;
/** A threshold that no batch has set yet. */
const unset = -1;

/**
 * As TopK, but r k codes are kept of all r tokens of a batch together (Bussmann et al. 2024, arXiv
 * 2412.06410). For inference a threshold, the moving average of the smallest code that was kept, makes
 * each token independent of its neighbours. With prefixes it is a Matryoshka dictionary (Bussmann et al.
 * 2025, arXiv 2503.17547): to the loss comes the mean squared error of the target against c[:m] D[:m] + b_dec
 * for the first m latents of each prefix.
 */
export function batchTopKArchitecture(
  settings: BatchTopKSettings,
): Architecture<'encoderBias', 'encoderBias' | 'threshold'> {
  const { k, prefixes, decoderNorm, auxiliary, transcoder } = settings;
  return {
    name: prefixes.length === 0 ? 'batchtopk' : 'matryoshka',
    codesAtPeak: 3,
    settings: { k: `${k}` },
    parameters: biasedShapes,
    initialise: (engine, shape, seed) => ({
      ...firstParameters(engine, shape, seed, transcoder),
      encoderBias: engine.zeros([shape.latents]),
    }),
    buffers: ({ latents }) => ({ ...idleBuffer(latents), threshold: Float64Array.of(unset) }),
    forward(tape, { encoder, encoderBias, decoder, decoderBias }, x, buffers, target) {
      const { engine } = tape;
      const [tokens, width] = x.value.shape as [number, number];
      const revival = new Auxiliary(auxiliary, buffers['idle']!, width);
      const select: Selection = (pre) => engine.largestEntries(pre, k * tokens);
      const centred = centre(tape, x, decoderBias, transcoder);
      const [codes, dead] = encodeSelected(tape, centred, encoder, encoderBias, [
        select,
        ...revival.selections(engine),
      ]);
      const unit = directions(tape, decoder, decoderNorm);
      const latents = decoder.value.shape[0]!;
      const ends = prefixLengths(prefixes, latents);
      const outputs = decodePrefixes(tape, codes!, unit, decoderBias, [...ends, latents]);
      const output = outputs.at(-1)!;
      const nested = ends.map((end, index): LossTerm => {
        const rows = squaredError(tape, target, outputs[index]!);
        return { name: `prefix.${end}`, coefficient: 1, rows, scale: 1 / x.value.size };
      });
      const pass = { target: target.value, output: output.value, decoder: unit };
      return { codes: codes!, output, terms: [...nested, revival.term(tape, dead, pass)] };
    },
    remember(engine, buffers, seen) {
      countIdle(engine, buffers, seen);
      moveThreshold(engine, buffers, seen);
    },
    ...decoderConstraints(decoderNorm),
    freeze(engine, parameters, buffers) {
      const { encoderBias } = parameters;
      const threshold = Math.max(0, buffers['threshold']?.[0] ?? 0);
      const thresholds = new Float64Array(encoderBias.size).fill(threshold);
      return {
        ...freezeParameters(engine, parameters),
        threshold: engine.floats(thresholds, encoderBias.shape),
      };
    },
    frozenParameters: (shape) => [
      ...biasedShapes(shape),
      { name: 'threshold', shape: [shape.latents] },
    ],
    thaw(engine, { threshold, ...frozen }, buffers) {
      buffers['threshold']!.fill(engine.read(threshold)[0] ?? unset);
      return freezeParameters(engine, frozen);
    },
    encode(tape, { encoder, encoderBias, decoderBias, threshold }, x) {
      const select: Selection = (pre) => tape.engine.sparsifyAbove(pre, threshold.value)!;
      const centred = centre(tape, x, decoderBias, transcoder);
      return encodeSelected(tape, centred, encoder, encoderBias, [select])[0]!;
    },
    file: [...biasedFile, { parameter: 'threshold', tensor: 'threshold', transposed: false }],
  };
}

/** Numbers of latents of prefixes that are given as shares, without those that are empty or equal. */
function prefixLengths(prefixes: readonly number[], latents: number): number[] {
  const lengths = prefixes.map((share) => Math.floor(share * latents));
  return [...new Set(lengths)].filter((length) => length > 0 && length < latents);
}

function moveThreshold(engine: Engine, buffers: Buffers, { codes }: Seen): void {
  const threshold = buffers['threshold']!;
  const { value } = codes;
  let smallest = Infinity;
  for (const code of engine.read(isSparse(value) ? value.values : value))
    if (code > 0 && code < smallest) smallest = code;
  if (smallest === Infinity) return;
  const before = threshold[0]!;
  threshold[0] =
    before === unset ? smallest : (1 - thresholdRate) * before + thresholdRate * smallest;
}
