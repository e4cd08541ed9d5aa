import type { TransformerConfig } from './config.ts';
import type {
  BlockWeights,
  HostTensor,
  LinearWeights,
  NormWeights,
  WeightSource,
} from './weights.ts';

/** A tensor in float64, to be changed in place. */
interface Doubles extends HostTensor {
  readonly values: Float64Array;
}

/**
 * TransformerLens' processing of weights, in float64:
 * - the gain and bias of each norm are folded into the matrices that read from it, and, under layer
 *   norm, these matrices are centred over their input, which the norm has centred anyway;
 * - under layer norm, all that writes into the residual stream is centred over its width, since no
 *   norm sees the mean of the stream;
 * - the unembedding is centred over the vocabulary, unless a soft cap follows it;
 * - value biases are folded into the bias of the attention's output: shares of attention add to 1.
 */
export function processWeights(source: WeightSource, config: TransformerConfig): WeightSource {
  const centred = config.norm === 'layer';
  return {
    embedding() {
      const { token, position } = source.embedding();
      const write = (tensor: HostTensor) => (centred ? centreRows(doubles(tensor)) : tensor);
      return { token: write(token), position: position && write(position) };
    },
    block(layer) {
      return processBlock(source.block(layer), config);
    },
    readout() {
      const readout = source.readout();
      const unembedding = doubles(readout.unembedding ?? source.embedding().token);
      const bias = readout.bias && doubles(readout.bias);
      return { norm: noNorm, ...foldReadout(readout.norm, unembedding, bias, config) };
    },
  };
}

const noNorm: NormWeights<HostTensor> = { gain: undefined, bias: undefined };

function processBlock(
  block: BlockWeights<HostTensor>,
  config: TransformerConfig,
): BlockWeights<HostTensor> {
  const centred = config.norm === 'layer';
  const attentionRead = (linear: LinearWeights<HostTensor>) =>
    foldNorm(block.attentionNorm, linear, centred);
  const mlpRead = (linear: LinearWeights<HostTensor>) => foldNorm(block.mlpNorm, linear, centred);
  const write = (linear: DoubleLinear): DoubleLinear => {
    if (!centred) return linear;
    centreRows(linear.weight);
    if (linear.bias) centreRows(linear.bias);
    return linear;
  };
  const value = attentionRead(block.value);
  return {
    ...block,
    attentionNorm: noNorm,
    query: attentionRead(block.query),
    key: attentionRead(block.key),
    value: { weight: value.weight, bias: undefined },
    output: write(foldValueBias(value.bias, asDoubles(block.output), config)),
    mlpNorm: noNorm,
    mlpGate: block.mlpGate && mlpRead(block.mlpGate),
    mlpIn: mlpRead(block.mlpIn),
    mlpOut: write(asDoubles(block.mlpOut)),
  };
}

type DoubleLinear = LinearWeights<Doubles>;

/** x W + b for the norm's output x = h gain + bias, as a function of h. */
function foldNorm(
  norm: NormWeights<HostTensor>,
  linear: LinearWeights<HostTensor>,
  centred: boolean,
): DoubleLinear {
  const { weight, bias } = asDoubles(linear);
  const [inputs, outputs] = weight.shape as [number, number];
  const folded = bias ?? (norm.bias && zeros([outputs]));
  for (let i = 0; i < inputs; i++) {
    const gain = norm.gain?.values[i] ?? 1;
    const shift = norm.bias?.values[i] ?? 0;
    for (let j = 0; j < outputs; j++) {
      const at = i * outputs + j;
      if (folded) folded.values[j]! += shift * weight.values[at]!;
      weight.values[at]! *= gain;
    }
  }
  if (centred) centreColumns(weight);
  return { weight, bias: folded };
}

/** The same for the unembedding, which is [V, d], with its centring over the vocabulary. */
function foldReadout(
  norm: NormWeights<HostTensor>,
  unembedding: Doubles,
  bias: Doubles | undefined,
  config: TransformerConfig,
): { unembedding: Doubles; bias: Doubles | undefined } {
  const [vocabulary, width] = unembedding.shape as [number, number];
  const folded = bias ?? (norm.bias && zeros([vocabulary]));
  for (let token = 0; token < vocabulary; token++)
    for (let j = 0; j < width; j++) {
      const at = token * width + j;
      if (folded) folded.values[token]! += (norm.bias?.values[j] ?? 0) * unembedding.values[at]!;
      unembedding.values[at]! *= norm.gain?.values[j] ?? 1;
    }
  if (config.norm === 'layer') centreRows(unembedding);
  if (config.logitSoftCap === undefined) {
    centreColumns(unembedding);
    if (folded) centreRows(folded);
  }
  return { unembedding, bias: folded };
}

/** The output's bias with that of the values run through its matrix; each key head serves a group. */
function foldValueBias(
  valueBias: Doubles | undefined,
  output: DoubleLinear,
  { heads, keyHeads, headWidth }: TransformerConfig,
): DoubleLinear {
  if (!valueBias) return output;
  const width = output.weight.shape[1]!;
  const bias = output.bias ?? zeros([width]);
  for (let row = 0; row < heads * headWidth; row++) {
    const keyHead = Math.floor(Math.floor(row / headWidth) / (heads / keyHeads));
    const value = valueBias.values[keyHead * headWidth + (row % headWidth)]!;
    for (let j = 0; j < width; j++)
      bias.values[j]! += value * output.weight.values[row * width + j]!;
  }
  return { weight: output.weight, bias };
}

/** Takes off each row (or the vector) its mean, in place. */
function centreRows(x: Doubles): Doubles {
  const width = x.shape.at(-1)!;
  for (let start = 0; start < x.values.length; start += width) {
    const row = x.values.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    for (let j = 0; j < width; j++) row[j]! -= mean;
  }
  return x;
}

/** Takes off each column of a matrix its mean, in place. */
function centreColumns(x: Doubles): void {
  const [rows, columns] = x.shape as [number, number];
  const means = new Float64Array(columns);
  for (let at = 0; at < x.values.length; at++) means[at % columns]! += x.values[at]! / rows;
  for (let at = 0; at < x.values.length; at++) x.values[at]! -= means[at % columns]!;
}

function doubles({ shape, values }: HostTensor): Doubles {
  return { shape, values: Float64Array.from(values) };
}

function asDoubles({ weight, bias }: LinearWeights<HostTensor>): DoubleLinear {
  return { weight: doubles(weight), bias: bias && doubles(bias) };
}

function zeros(shape: readonly number[]): Doubles {
  return { shape, values: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}
