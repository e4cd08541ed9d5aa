import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../../shared/errors.ts';
import { openEngine } from '../../../compute/engines/open-engine.ts';
import { ablationEffect } from '../../../compute/features/ablation.ts';
import { batchRows } from '../../../compute/features/feature-pass.ts';
import { activationsAt } from '../../../compute/model/activations.ts';
import { forward } from '../../../compute/model/forward.ts';
import { parseHook } from '../../../compute/model/hooks.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import type { TensorPlan } from '../../../formats/safetensors-writer.ts';
import { checkTokens, openTokenFile } from '../../../formats/token-file.ts';
import { queries, type QueryOutput } from '../../queries.ts';
import { readDictionary, readDictionaryMetadata } from '../dictionary-file.ts';
import { loadedModel } from '../loaded-model.ts';
import { parseInput } from '../parse-input.ts';
import { tokenFiles } from '../tokens/token-source.ts';
import { estimateTraining } from '../train/plan.ts';
import type { QueryHandler } from './handler.ts';
import { writeWhole, writtenFile } from './write-whole.ts';

/** `forward`: writes batch by batch, so that the file may be larger than memory. */
const runForward = async (
  input: unknown,
  { signal }: { signal: AbortSignal },
): Promise<QueryOutput<'forward'>> => {
  const ask = parseInput(queries.forward.input, input);
  const { model } = await loadedModel(ask.model, ask.processing);
  for (const hook of ask.hooks) parseHook(hook, model.config);
  const tokens = openTokenFile(tokenFiles(ask.tokens.file), ask.tokens.tensor);
  try {
    const { context, rows } = tokens;
    const { width, vocabulary } = model.config;
    const plans: TensorPlan[] = [...new Set(ask.hooks)].map((name) => ({
      name,
      dtype: 'F32',
      shape: [rows, context, width],
    }));
    plans.push({ name: 'logits', dtype: 'F32', shape: [rows, context, vocabulary] });
    plans.push({ name: 'ce', dtype: 'F32', shape: [rows, context - 1] });
    for (const _ of checkTokens(tokens, model.config.vocabulary)) {
      await setImmediate();
      signal.throwIfAborted();
    }
    let lossSum = 0;
    await writeWhole(ask.out, plans, async (writer) => {
      const atOnce = batchRows(model.engine, rows, context);
      for (let row = 0; row < rows; row += atOnce) {
        await setImmediate();
        signal.throwIfAborted();
        const chosen = Array.from({ length: Math.min(atOnce, rows - row) }, (_, i) => row + i);
        const batch = { ids: tokens.read(chosen), sequences: chosen.length, length: context };
        const result = forward(model, batch, ask.hooks);
        for (const [name, values] of result.hooks)
          writer.write(name, values, row * context * width);
        writer.write('logits', result.logits, row * context * vocabulary);
        writer.write('ce', result.crossEntropy, row * (context - 1));
        lossSum += result.crossEntropy.reduce((sum, loss) => sum + loss, 0);
      }
    });
    const losses = rows * (context - 1);
    return { ...writtenFile(ask.out, plans), meanCe: losses === 0 ? null : lossSum / losses };
  } finally {
    tokens.close();
  }
};

/** `encode` */
const runEncode = async (
  input: unknown,
  { signal }: { signal: AbortSignal },
): Promise<QueryOutput<'encode'>> => {
  const ask = parseInput(queries.encode.input, input);
  const reader = openSafetensors(ask.input);
  const engine = await openEngine('auto');
  try {
    const { dictionary } = readDictionary(ask.dictionary, engine);
    const shape = reader.tensors.get('x')?.shape ?? [];
    const { latents, dIn: width } = dictionary.shape;
    const outWidth = dictionary.parameters.decoder.shape[1]!;
    if (shape.length !== 2 || shape[1] !== width)
      throw new AppError(
        'shape-mismatch',
        `${ask.input}: tensor 'x' is [${shape.join(', ')}], where the dictionary takes [rows, ${width}].`,
        { file: ask.input, place: 'x' },
      );
    const rows = shape[0]!;
    const plans: TensorPlan[] = [
      { name: 'features', dtype: 'F32', shape: [rows, latents] },
      { name: 'reconstruction', dtype: 'F32', shape: [rows, outWidth] },
    ];
    await writeWhole(ask.out, plans, async (writer) => {
      const atOnce = Math.max(1, Math.floor((1 << 24) / latents));
      for (let row = 0; row < rows; row += atOnce) {
        await setImmediate();
        signal.throwIfAborted();
        const count = Math.min(atOnce, rows - row);
        const part = reader.floats('x', row * width, (row + count) * width);
        const x = engine.floats(part, [count, width]);
        const codes = dictionary.encode(x);
        const features = engine.densify(codes);
        const reconstruction = dictionary.decode(codes, x);
        writer.write('features', Float32Array.from(engine.read(features)), row * latents);
        writer.write(
          'reconstruction',
          Float32Array.from(engine.read(reconstruction)),
          row * outWidth,
        );
        engine.dispose(x, codes, features, reconstruction);
      }
    });
    return writtenFile(ask.out, plans);
  } finally {
    reader.close();
    await engine.close();
  }
};

/** `try-text`: as far as the model's context reaches. */
const tryText = async (input: unknown): Promise<QueryOutput<'try-text'>> => {
  const ask = parseInput(queries['try-text'].input, input);
  const { processing } = readDictionaryMetadata(ask.dictionary);
  const { model, tokenizer } = await loadedModel(ask.model, processing);
  if (!tokenizer)
    throw new AppError(
      'not-found',
      `${ask.model} has no tokenizer.json, so text cannot be turned into tokens. Copy the model's tokenizer into the folder.`,
      { file: ask.model },
    );
  const encoding = tokenizer.encode(ask.text);
  const length = Math.min(encoding.ids.length, model.config.context);
  if (length === 0)
    throw new AppError('bad-input', 'The text has no tokens. Type at least one character.', {
      place: 'text',
    });
  const { engine } = model;
  const { dictionary } = readDictionary(ask.dictionary, engine);
  const batch = { ids: Int32Array.from(encoding.ids.slice(0, length)), sequences: 1, length };
  const x = activationsAt(model, batch, parseHook(ask.hook, model.config));
  const codes = dictionary.encode(x);
  const pointers = engine.readInts(codes.pointers);
  const indices = engine.readInts(codes.indices);
  const values = engine.read(codes.values);
  engine.dispose(codes, x);
  dictionary.dispose();
  const activations = Array.from({ length }, (_, row) => {
    const at = indices.subarray(pointers[row], pointers[row + 1]).indexOf(ask.feature);
    return at < 0 ? 0 : values[pointers[row]! + at]!;
  });
  return {
    tokens: encoding.tokens.slice(0, length),
    ids: encoding.ids.slice(0, length),
    activations,
    truncated: encoding.ids.length > length,
  };
};

/** `ablate`: one sequence after the other, so that one is all that is in memory. */
const runAblate: QueryHandler = async (input, { signal, report }) => {
  const ask = parseInput(queries.ablate.input, input);
  const { processing, target } = readDictionaryMetadata(ask.dictionary);
  const { model } = await loadedModel(ask.model, processing);
  const { dictionary } = readDictionary(ask.dictionary, model.engine);
  try {
    const hook = parseHook(ask.hook, model.config);
    const placed = {
      hook,
      target: target === undefined ? hook : parseHook(target, model.config),
      dictionary,
    };
    const effects: number[][] = [];
    for (const ids of ask.sequences) {
      await setImmediate();
      signal.throwIfAborted();
      effects.push([...ablationEffect(model, placed, ask.feature, Int32Array.from(ids))]);
      report?.(effects.length, ask.sequences.length);
    }
    return { effects };
  } finally {
    dictionary.dispose();
  }
};

/** `estimate`: reads headers only. */
const estimate = (input: unknown): QueryOutput<'estimate'> => {
  const { projectPath, spec } = parseInput(queries.estimate.input, input);
  return estimateTraining(projectPath, spec);
};

export const modelQueries: Readonly<Record<string, QueryHandler>> = {
  estimate: async (input) => estimate(input),
  forward: runForward,
  encode: runEncode,
  'try-text': tryText,
  ablate: runAblate,
};
