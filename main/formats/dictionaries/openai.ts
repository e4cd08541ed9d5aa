import { basename, dirname } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import type { PickleValue } from '../torch-zip/pickle.ts';
import { found, type Described, type FoundDictionary } from './found.ts';
import { matrixOf, vectorOf } from './rows.ts';

/**
 * openai/sparse_autoencoder (Gao et al. 2024; model.py): a state dict with pre_bias, encoder.weight
 * [n, d], latent_bias and decoder.weight [d, n], and beside the tensors `activation` and
 * `activation_state_dict`. Tied weights have no decoder. With TopK the input is layer-normed and the
 * reconstruction mapped back.
 */
export function readOpenAi(reader: TensorReader, document: PickleValue): FoundDictionary {
  const { source } = reader;
  const state = document instanceof Map ? document : new Map<string | number, PickleValue>();
  const activation = state.get('activation');
  const isTied = !reader.tensors.has('decoder.weight');
  return found({
    path: source,
    name: `${basename(dirname(source))}/${basename(source).replace(/\.\w+$/, '')}`,
    format: 'openai',
    architecture: typeof activation === 'string' ? activation.slice(0, 80) : 'ReLU',
    form: formOf(activation, state.get('activation_state_dict'), source),
    tensors: {
      encoder: matrixOf(reader, 'encoder.weight', 'rows'),
      encoderBias: vectorOf(reader, 'latent_bias'),
      decoder: isTied
        ? matrixOf(reader, 'encoder.weight', 'rows')
        : matrixOf(reader, 'decoder.weight', 'columns'),
      decoderBias: vectorOf(reader, 'pre_bias'),
    },
    hook: '',
    model: '',
    reason: 'it has pre_bias and latent_bias, as the files of openai/sparse_autoencoder',
    conversions: isTied ? ['It is tied: the decoder is a copy of the encoder.'] : [],
    config: null,
  });
}

function formOf(
  activation: PickleValue | undefined,
  state: PickleValue | undefined,
  file: string,
): Described['form'] {
  const settings = state instanceof Map ? state : new Map<string | number, PickleValue>();
  switch (activation) {
    case undefined:
    case 'ReLU':
      return { activation: 'relu', centred: true };
    case 'Identity':
      return { activation: 'identity', centred: true };
    case 'TopK': {
      const after = settings.get('postact_fn') ?? 'ReLU';
      if (after !== 'ReLU') throw refused(file, `its codes pass through ${JSON.stringify(after)}`);
      const k = settings.get('k');
      return {
        activation: 'topk',
        k: typeof k === 'number' ? k : null,
        centred: true,
        input: 'layer-norm',
      };
    }
    default:
      throw refused(file, `its activation is ${JSON.stringify(activation).slice(0, 80)}`);
  }
}

function refused(file: string, problem: string): AppError {
  return new AppError(
    'unsupported',
    `${file}: ${problem}, where openai/sparse_autoencoder has ReLU, TopK and Identity.`,
    { file, place: 'activation' },
  );
}
