import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError, fileError } from '../../../shared/errors.ts';
import { readText } from '../documents.ts';
import { parseYaml } from '../yaml.ts';
import { asConfig, textIn } from './config-values.ts';
import { found, type Config, type FoundDictionary } from './found.ts';
import { matrixOf, unitRows, vectorOf } from './rows.ts';

/**
 * e2e_sae (Braun et al. 2024, arXiv 2405.12241; v2.1.1): a state dict with one dictionary for each hook
 * point, P.encoder.0.weight [n, d], P.encoder.0.bias, P.decoder.weight [d, n], P.decoder.bias, P the hook
 * point with hyphens. The decoder is stored as trained; every forward pass divides its columns by their
 * norms. The copies on Hugging Face leave out P and `.0`, and are normalised already.
 */

const runKey = /^(?:(.+)\.)?encoder\.0\.weight$/;

/** The prefixes of the dictionaries of a run's state dict; none where it is not one. */
export function e2eSaePrefixes(reader: TensorReader): string[] {
  return [...reader.tensors.keys()].flatMap((key) => {
    const match = runKey.exec(key);
    if (!match) return [];
    const prefix = match[1] === undefined ? '' : `${match[1]}.`;
    const others = [`${prefix}encoder.0.bias`, `${prefix}decoder.weight`, `${prefix}decoder.bias`];
    return others.every((name) => reader.tensors.has(name)) ? [prefix] : [];
  });
}

/** All dictionaries of a run's file. */
export function readE2eSaeRun(reader: TensorReader): FoundDictionary[] {
  const { source } = reader;
  const config = configBeside(source, [join(dirname(source), 'final_config.yaml')]);
  return e2eSaePrefixes(reader).map((prefix) => {
    const hook = prefix.slice(0, -1).replaceAll('-', '.');
    return found({
      path: source,
      name: [runName(source), hook].filter((part) => part !== '').join(' '),
      format: 'e2e_sae',
      architecture: 'ReLU, decoder normalised',
      form: { activation: 'relu' },
      tensors: {
        encoder: matrixOf(reader, `${prefix}encoder.0.weight`, 'rows'),
        encoderBias: vectorOf(reader, `${prefix}encoder.0.bias`),
        decoder: unitRows(matrixOf(reader, `${prefix}decoder.weight`, 'columns')),
        decoderBias: vectorOf(reader, `${prefix}decoder.bias`),
      },
      hook,
      ...modelOf(config),
      reason: `its tensors are called ${prefix}encoder.0.weight and so on, as in a run of e2e_sae`,
      conversions: [
        'The columns of the decoder are divided by their norms, as e2e_sae does in every forward pass.',
      ],
      config,
    });
  });
}

/** Whether a file has the tensors of a copy on Hugging Face, which AutoEncoderNew has as well. */
export function isE2eSaeCopy(reader: TensorReader): boolean {
  const names = ['encoder.weight', 'encoder.bias', 'decoder.weight', 'decoder.bias'];
  return reader.tensors.size === 4 && names.every((name) => reader.tensors.has(name));
}

/**
 * A copy on Hugging Face, with a YAML of the same name beside it. Without one it is read as an
 * AutoEncoderNew, whose forward pass is the same but for the norms.
 */
export function readE2eSaeCopy(reader: TensorReader): FoundDictionary | undefined {
  const { source } = reader;
  const config = configBeside(source, [source.replace(/\.(pt|pth|safetensors)$/, '.yaml')]);
  if (!config) return undefined;
  const layer = /layer_(\d+)/.exec(basename(source))?.[1];
  return found({
    path: source,
    name: basename(source).replace(/\.\w+$/, ''),
    format: 'e2e_sae',
    architecture: 'ReLU, decoder normalised',
    form: { activation: 'relu' },
    tensors: {
      encoder: matrixOf(reader, 'encoder.weight', 'rows'),
      encoderBias: vectorOf(reader, 'encoder.bias'),
      decoder: unitRows(matrixOf(reader, 'decoder.weight', 'columns')),
      decoderBias: vectorOf(reader, 'decoder.bias'),
    },
    hook: hookOf(config) || (layer === undefined ? '' : `blocks.${layer}.hook_resid_pre`),
    ...modelOf(config),
    reason:
      'it has encoder.weight, encoder.bias, decoder.weight and decoder.bias, and a YAML of the same name lies beside it, as the copies of e2e_sae on Hugging Face',
    conversions: [
      'The columns of the decoder are divided by their norms; copies are normalised already.',
    ],
    config,
  });
}

/** The newest checkpoint of a run's folder: that with the largest number at its end. */
export function newestSamples(names: readonly string[]): string | undefined {
  const numbered = names.flatMap((name) => {
    const match = /^samples_(\d{1,15})\.pt$/.exec(name);
    return match ? [{ name, samples: Number(match[1]) }] : [];
  });
  return numbered.sort((a, b) => b.samples - a.samples)[0]?.name;
}

function modelOf(config: Config | null) {
  const model = config ? textIn(config, 'tlens_model_name', 'tlens_model_path') : '';
  // e2e_sae takes its models from TransformerLens with the standard processing.
  return { model, processing: 'transformer-lens' as const };
}

/** The one hook point that a configuration names in full; empty for several or a part of a name. */
function hookOf(config: Config): string {
  const saes = config['saes'];
  const positions =
    saes !== null && typeof saes === 'object' ? (saes as Config)['sae_positions'] : undefined;
  const [only] =
    Array.isArray(positions) && positions.length === 1 ? (positions as unknown[]) : [positions];
  return typeof only === 'string' && /^blocks\.\d+\./.test(only) ? only : '';
}

function configBeside(source: string, candidates: readonly string[]): Config | null {
  const path = candidates.find((candidate) => candidate !== source && isThere(candidate));
  return path === undefined ? null : asConfig(parseYaml(readText(path), path), path);
}

function isThere(path: string): boolean {
  try {
    return readdirSync(dirname(path)).includes(basename(path));
  } catch (error) {
    throw error instanceof AppError ? error : fileError(error, dirname(path));
  }
}

function runName(source: string): string {
  return `${basename(dirname(source))}/${basename(source).replace(/\.\w+$/, '')}`;
}
