import * as v from 'valibot';
import { AppError } from '../../../../shared/errors.ts';
import { hookPattern, trainSpecSchema } from '../../../../shared/domain/job-spec.ts';
import type { TensorData } from '../../../../shared/domain/tensors.ts';
import { openEngine } from '../../../compute/engines/open-engine.ts';
import { forward } from '../../../compute/model/forward.ts';
import { parseHook } from '../../../compute/model/hooks.ts';
import { activationsAt, disposeHookState } from '../../../compute/model/activations.ts';
import { openSafetensors, writeSafetensors } from '../../../formats/safetensors.ts';
import { openTokenFile } from '../../../formats/token-file.ts';
import { readDictionary } from '../dictionary-file.ts';
import { loadedModel } from '../loaded-model.ts';
import { parseInput } from '../parse-input.ts';
import { estimateTraining } from '../train/plan.ts';
import type { QueryHandler } from './handler.ts';

const engineChoice = {
  engine: v.optional(v.picklist(['auto', 'wasm', 'reference']), 'auto'),
  threads: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))), null),
};
const path = v.pipe(v.string(), v.minLength(1));

const forwardInput = v.strictObject({
  model: path,
  tokens: path,
  tensor: v.optional(v.string(), 'input_ids'),
  /** Rows of the token file to run; all where absent. */
  rows: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  hooks: v.array(v.string()),
  out: path,
  ...engineChoice,
});

/**
 * Writes the values at hook points, `logits` [rows, context, V] and `ce` [rows, context - 1] of the
 * rows of a token file.
 */
const runForward: QueryHandler = async (input, { signal }) => {
  const ask = parseInput(forwardInput, input);
  const { model } = await loadedModel(ask.model, ask);
  for (const hook of ask.hooks) parseHook(hook, model.config);
  const tokens = openTokenFile(ask.tokens, ask.tensor);
  try {
    const { context } = tokens;
    const rows = Math.min(tokens.rows, ask.rows ?? tokens.rows);
    const { width, vocabulary } = model.config;
    const values = new Map<string, Float32Array>([
      ...ask.hooks.map((hook) => [hook, new Float32Array(rows * context * width)] as const),
      ['logits', new Float32Array(rows * context * vocabulary)],
      ['ce', new Float32Array(rows * (context - 1))],
    ]);
    for (let row = 0; row < rows; row++) {
      signal.throwIfAborted();
      const batch = { ids: tokens.read([row]), sequences: 1, length: context };
      const result = forward(model, batch, ask.hooks);
      for (const [name, part] of result.hooks) values.get(name)?.set(part, row * context * width);
      values.get('logits')?.set(result.logits, row * context * vocabulary);
      values.get('ce')?.set(result.crossEntropy, row * (context - 1));
      await yieldToMessages();
    }
    const lastOf = (name: string) =>
      name === 'logits' ? [context, vocabulary] : name === 'ce' ? [context - 1] : [context, width];
    const tensors: TensorData[] = [...values].map(([name, data]) => ({
      name,
      shape: [rows, ...lastOf(name)],
      data,
    }));
    writeSafetensors(ask.out, tensors);
    const ce = values.get('ce') ?? new Float32Array(0);
    return {
      path: ask.out,
      tensors: tensors.map(({ name, shape }) => ({ name, shape })),
      meanCe: ce.reduce((sum, loss) => sum + loss, 0) / ce.length,
    };
  } finally {
    tokens.close();
  }
};

const encodeInput = v.strictObject({ dictionary: path, input: path, out: path, ...engineChoice });

/** Encodes and decodes the tensor `x` [rows, d] of a file: `features` [rows, n], `reconstruction`. */
const runEncode: QueryHandler = async (input) => {
  const ask = parseInput(encodeInput, input);
  const engine = await openEngine(ask.engine, ask.threads === null ? {} : { threads: ask.threads });
  try {
    const { dictionary } = readDictionary(ask.dictionary, engine);
    const reader = openSafetensors(ask.input);
    const shape = reader.tensors.get('x')?.shape ?? [];
    const [latents, width] = dictionary.parameters.encoder.shape as [number, number];
    if (shape.length !== 2 || shape[1] !== width)
      throw new AppError(
        'shape-mismatch',
        `${ask.input}: tensor 'x' is [${shape.join(', ')}], where the dictionary takes [rows, ${width}].`,
        { file: ask.input, place: 'x' },
      );
    const x = engine.floats(reader.floats('x'), shape);
    reader.close();
    const codes = dictionary.encode(x);
    const features = engine.densify(codes);
    const reconstruction = dictionary.decode(codes);
    const rows = shape[0]!;
    writeSafetensors(ask.out, [
      {
        name: 'features',
        shape: [rows, latents],
        data: Float32Array.from(engine.read(features)),
      },
      {
        name: 'reconstruction',
        shape: [rows, width],
        data: Float32Array.from(engine.read(reconstruction)),
      },
    ]);
    return { path: ask.out, rows, latents, l0: codes.count / rows };
  } finally {
    await engine.close();
  }
};

const tryTextInput = v.strictObject({
  model: path,
  dictionary: path,
  hook: v.pipe(v.string(), v.regex(hookPattern)),
  feature: v.pipe(v.number(), v.integer(), v.minValue(0)),
  text: v.pipe(v.string(), v.minLength(1)),
});

/** Activation of one feature on each token of a text, as far as the model's context reaches. */
const tryText: QueryHandler = async (input) => {
  const ask = parseInput(tryTextInput, input);
  const { model, tokenizer } = await loadedModel(ask.model, { engine: 'auto', threads: null });
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
  const state = activationsAt(model, batch, parseHook(ask.hook, model.config));
  const codes = dictionary.encode(state.activation);
  const pointers = engine.readInts(codes.pointers);
  const indices = engine.readInts(codes.indices);
  const values = engine.read(codes.values);
  engine.dispose(codes);
  disposeHookState(model, state);
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

const estimateInput = v.strictObject({ projectPath: path, spec: trainSpecSchema });

/** What a training job will need, told before it starts. Reads headers only. */
const estimate: QueryHandler = async (input) => {
  const { projectPath, spec } = parseInput(estimateInput, input);
  return estimateTraining(projectPath, spec);
};

/** Lets cancel messages in between two blocking calls of an engine. */
function yieldToMessages(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const modelQueries: Record<string, QueryHandler> = {
  'model.forward': runForward,
  'model.encode': runEncode,
  'model.tryText': tryText,
  'train.estimate': estimate,
};
