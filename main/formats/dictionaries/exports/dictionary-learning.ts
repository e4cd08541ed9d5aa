import { join } from 'node:path';
import type { FormTensor } from '../../../../shared/domain/dictionary-form.ts';
import type { Pace } from '../../pace.ts';
import { writeTorchZip, type TorchTensor } from '../../torch-zip/torch-writer.ts';
import type { FoundDictionary } from '../found.ts';
import { blockRows, changedRows, columnPieces, normsOf, wholeOf, type Rows } from '../rows.ts';
import { cannotHold, writeNew } from './export-files.ts';

/** ae.pt and config.json, as a run folder of dictionary_learning has them. */
export async function writeDictionaryLearning(
  dictionary: FoundDictionary,
  folder: string,
  pace: Pace,
): Promise<string[]> {
  const { type, tensors, k, warnings } = layOut(dictionary);
  const { sizes, hook, model } = dictionary;
  const layer = /^blocks\.(\d+)\.hook_(\w+)$/.exec(hook);
  const site = layer?.[2] === 'attn_out' ? 'attention_out' : layer?.[2];
  await writeTorchZip(join(folder, 'ae.pt'), tensors, pace);
  const trainer = {
    dict_class: type,
    activation_dim: sizes.dIn,
    dict_size: sizes.latents,
    ...(k !== undefined && { k }),
    ...(layer && { layer: Number(layer[1]), submodule_name: `${site}_layer_${layer[1]}` }),
    lm_name: model,
  };
  writeNew(join(folder, 'config.json'), JSON.stringify({ trainer }, null, 2));
  return warnings;
}

interface Layout {
  readonly type: string;
  readonly tensors: readonly TorchTensor[];
  readonly k?: number;
  readonly warnings: string[];
}

/** The class of the library that computes the same, and its state dict. */
function layOut(dictionary: FoundDictionary): Layout {
  const { form, sizes, tensors } = dictionary;
  const { activation, centred } = form;
  const of = (name: FormTensor): Rows => tensors[name]!;
  if (form.input !== 'none') throw cannotHold('dictionary_learning', 'whose input is normalised');
  if (form.skip || sizes.dIn !== sizes.dOut)
    throw cannotHold('dictionary_learning', 'that maps to another place');
  const linear = (decoderBias: string) => [
    matrix('encoder.weight', of('encoder')),
    vector('encoder.bias', of('encoderBias')),
    turned('decoder.weight', of('decoder')),
    vector(decoderBias, of('decoderBias')),
  ];
  if (activation === 'relu') {
    if (!centred) return { type: 'AutoEncoderNew', tensors: linear('decoder.bias'), warnings: [] };
    if (hasUnitNorms(of('decoder')))
      return { type: 'AutoEncoder', tensors: linear('bias'), warnings: [] };
    const tensorsOfNew = linear('decoder.bias').with(
      1,
      vector('encoder.bias', foldedBias(tensors)),
    );
    return { type: 'AutoEncoderNew', tensors: tensorsOfNew, warnings: [foldedWarning] };
  }
  if (activation === 'gated' && centred)
    return {
      type: 'GatedAutoEncoder',
      warnings: [],
      tensors: [
        matrix('encoder.weight', of('encoder')),
        turned('decoder.weight', of('decoder')),
        vector('decoder_bias', of('decoderBias')),
        vector('gate_bias', of('gateBias')),
        vector('mag_bias', of('magnitudeBias')),
        vector('r_mag', of('magnitudeScale')),
      ],
    };
  if (activation === 'topk' && centred && form.k !== null) {
    const tensorsOfTopK = [...linear('b_dec'), whole('k', form.k), number('threshold', -1)];
    return { type: 'AutoEncoderTopK', tensors: tensorsOfTopK, k: form.k, warnings: [] };
  }
  if (activation === 'jumprelu')
    return centred
      ? batchTopK(dictionary, linear('b_dec'))
      : jumpRelu(dictionary, of('encoderBias'), []);
  throw cannotHold(
    'dictionary_learning',
    `of ${activation} ${centred ? '' : 'that leaves its input uncentred'}`.trimEnd(),
  );
}

function jumpRelu({ tensors }: FoundDictionary, encoderBias: Rows, warnings: string[]): Layout {
  return {
    type: 'JumpReluAutoEncoder',
    warnings,
    tensors: [
      turned('W_enc', tensors.encoder!),
      vector('b_enc', encoderBias),
      matrix('W_dec', tensors.decoder!),
      vector('b_dec', tensors.decoderBias!),
      vector('threshold', tensors.threshold!),
    ],
  };
}

/** Centred, with one threshold for all: BatchTopK. With several, the centring goes into the bias. */
function batchTopK(dictionary: FoundDictionary, linear: readonly TorchTensor[]): Layout {
  const thresholds = wholeOf(dictionary.tensors.threshold!);
  if (thresholds.every((value) => value === thresholds[0]))
    return {
      type: 'BatchTopKSAE',
      tensors: [...linear, whole('k', 1), number('threshold', thresholds[0]!)],
      k: 1,
      warnings: [
        'Its threshold decides what fires, also in the library; the k that it was trained with is not known, and 1 is written.',
      ],
    };
  return jumpRelu(dictionary, foldedBias(dictionary.tensors), [foldedWarning]);
}

const foldedWarning =
  'The library does not centre the input of such a dictionary, or scales its activations where it does: what centring subtracts is folded into the bias of the encoder instead.';

/** b_enc - W_enc b_dec: the encoder sees the input as it is. */
function foldedBias({ encoder, encoderBias, decoderBias }: FoundDictionary['tensors']): Rows {
  const bias = wholeOf(decoderBias!);
  return changedRows(encoderBias!, (values, start, end) => {
    const rows = encoder!.read(start, end);
    for (let row = 0; row < values.length; row++) {
      let sum = values[row]!;
      for (let j = 0; j < bias.length; j++) sum -= rows[row * bias.length + j]! * bias[j]!;
      values[row] = sum;
    }
  });
}

/** Where a norm is off, the library changes the decoder as it loads it. */
function hasUnitNorms(decoder: Rows): boolean {
  return normsOf(decoder)().every((norm) => Math.abs(norm - 1) <= 1e-5);
}

function vector(name: string, rows: Rows): TorchTensor {
  return { name, type: 'FloatStorage', shape: [rows.rows], pieces: () => piecesOf(rows) };
}

function matrix(name: string, rows: Rows): TorchTensor {
  return {
    name,
    type: 'FloatStorage',
    shape: [rows.rows, rows.columns],
    pieces: () => piecesOf(rows),
  };
}

/** The rows as columns. */
function turned(name: string, rows: Rows): TorchTensor {
  return {
    name,
    type: 'FloatStorage',
    shape: [rows.columns, rows.rows],
    pieces: () => turnedPieces(rows),
  };
}

function whole(name: string, value: number): TorchTensor {
  return {
    name,
    type: 'IntStorage',
    shape: [],
    pieces: () => [Buffer.from(Int32Array.of(value).buffer)],
  };
}

function number(name: string, value: number): TorchTensor {
  return {
    name,
    type: 'FloatStorage',
    shape: [],
    pieces: () => [Buffer.from(Float32Array.of(value).buffer)],
  };
}

function* piecesOf(rows: Rows): Generator<Buffer> {
  const step = blockRows(rows);
  for (let start = 0; start < rows.rows; start += step)
    yield bytesOf(rows.read(start, Math.min(rows.rows, start + step)));
}

/** Some columns at a time, each time going through all rows: memory holds those columns alone. */
function* turnedPieces(source: Rows): Generator<Buffer> {
  const { rows, columns } = source;
  const atOnce = Math.max(1, Math.floor((32 << 20) / rows));
  for (let first = 0; first < columns; first += atOnce) {
    const out = new Float32Array(Math.min(atOnce, columns - first) * rows);
    for (const { start, count, values } of columnPieces(source))
      for (let place = start, column = first; place < out.length; place += rows, column++)
        out.set(values.subarray(column * count, (column + 1) * count), place);
    yield bytesOf(out);
  }
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
