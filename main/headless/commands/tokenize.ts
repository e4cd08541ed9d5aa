import { resolve } from 'node:path';
import * as v from 'valibot';
import { packings, packSchema, textUnits, type PackSpec } from '../../../shared/domain/tokens.ts';
import { RateMeter } from '../../jobs/rate-meter.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import type { Output } from '../cli/output.ts';
import { usage } from '../cli/run-cli.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { askWorker } from './ask-worker.ts';
import { required } from './forward.ts';

export const tokenize: Command = {
  name: 'tokenize',
  summary:
    'Turns text into rows of tokens. Ctrl-C stops it; the same command goes on where it stopped.',
  parameters: ['TEXT'],
  options: {
    model: { type: 'string', value: 'DIR', help: 'model whose tokenizer is used' },
    out: { type: 'string', value: 'FILE', help: 'safetensors file to write' },
    context: { type: 'string', value: 'N', help: "length of a row; the model's own by default" },
    packing: { type: 'string', value: 'WAY', help: `${packings.join(', ')}; the first by default` },
    bos: { type: 'boolean', help: 'begin each row with BOS' },
    field: { type: 'string', value: 'NAME', help: 'of .jsonl and .parquet; text by default' },
    unit: {
      type: 'string',
      value: 'UNIT',
      help: `what of a .txt file is a document: ${textUnits.join(', ')}; the first by default`,
    },
    rows: { type: 'string', value: 'N', help: 'rows after which to stop' },
  },
  example: 'assay tokenize corpus.jsonl --model gpt2 --context 128 --out tokens.safetensors',
  run: async ({ parameters, values, output, signal }) => {
    const context = wholeValue(values, 'context', 0);
    const written = await askWorker(
      'tokenize',
      {
        model: resolve(required(textValue(values, 'model'), '--model')),
        text: resolve(parameters[0]!),
        context: context === 0 ? null : context,
        pack: packOf(values),
        out: resolve(required(textValue(values, 'out'), '--out')),
      },
      signal,
      progressOf(output),
    );
    output.answer(
      written,
      () =>
        `${written.rows.toLocaleString('en')} rows of ${written.context} tokens from ${written.documents.toLocaleString('en')} documents (${written.empty} empty, ${written.short} too short)\n${written.path}`,
    );
  },
};

function packOf(values: Values): PackSpec {
  const rows = wholeValue(values, 'rows', 0);
  const parsed = v.safeParse(packSchema, {
    packing: textValue(values, 'packing'),
    field: textValue(values, 'field'),
    unit: textValue(values, 'unit'),
    bos: values['bos'] === true,
    ...(rows > 0 && { rows }),
  });
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw usage(`--${v.getDotPath(issue)}: ${issue.message}.`);
}

function progressOf(output: Output): (done: number, total: number) => void {
  const meter = new RateMeter();
  return (done, total) => {
    meter.add(Date.now(), done);
    output.progress({ phase: 'tokenising', done, total, unit: 'bytes', ...meter.outlook(total) });
  };
}
