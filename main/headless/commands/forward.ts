import { resolve } from 'node:path';
import { weightProcessings, type WeightProcessing } from '../../../shared/domain/train-spec.ts';
import { textValue, type Command } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { askWorker } from './ask-worker.ts';

export const forward: Command = {
  name: 'forward',
  summary:
    'Runs a model on tokens and writes activations at hook points, logits and cross-entropy.',
  parameters: ['MODEL'],
  options: {
    tokens: {
      type: 'string',
      value: 'FILE',
      help: 'safetensors file with token ids [rows, context]',
    },
    tensor: { type: 'string', value: 'NAME', help: 'tensor of that file; input_ids by default' },
    hooks: { type: 'string', value: 'A,B', help: 'hook points, separated by commas' },
    processing: {
      type: 'string',
      value: 'KIND',
      help: 'of the weights: none (default) or transformer-lens',
    },
    out: { type: 'string', value: 'FILE', help: 'safetensors file to write' },
  },
  example:
    'assay forward model --tokens tokens.safetensors --hooks blocks.2.hook_resid_pre --out acts.safetensors',
  run: async ({ parameters, values, output, signal }) => {
    const tokens = required(textValue(values, 'tokens'), '--tokens');
    const out = required(textValue(values, 'out'), '--out');
    const hooks = (textValue(values, 'hooks') ?? '').split(',').filter((hook) => hook !== '');
    const written = await askWorker(
      'forward',
      {
        model: resolve(parameters[0]!),
        processing: processingValue(textValue(values, 'processing')),
        tokens: { file: resolve(tokens), tensor: textValue(values, 'tensor') ?? 'input_ids' },
        hooks,
        out: resolve(out),
      },
      signal,
    );
    output.answer(written, () => writtenTable(written));
  },
};

function processingValue(value = 'none'): WeightProcessing {
  const known = weightProcessings.find((name) => name === value);
  if (!known) throw usage(`--processing takes ${weightProcessings.join(' or ')}, not '${value}'.`);
  return known;
}

export function required(value: string | undefined, option: string): string {
  if (value === undefined) throw usage(`${option} is missing.`);
  return value;
}

export function writtenTable(written: { path: string; tensors: Record<string, number[]> }): string {
  const rows = Object.entries(written.tensors).map(([name, shape]) => [name, shape.join(' x ')]);
  return `${textTable([['tensor', 'shape'], ...rows])}\n${written.path}`;
}
