import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { Random } from './random.ts';

const width = 16;
const layers = 2;
const vocabulary = 40;
const context = 12;
const rows = 60;

/** Writes a real, random GPT-2 model that trains in a second, with tokens and labels. */
export function writeTinyProject(folder: string): void {
  const model = join(folder, 'model');
  mkdirSync(model, { recursive: true });
  writeFileSync(
    join(model, 'config.json'),
    JSON.stringify({
      model_type: 'gpt2',
      n_layer: layers,
      n_embd: width,
      n_head: 2,
      vocab_size: vocabulary,
      n_positions: context,
    }),
  );
  writeSafetensors(join(model, 'model.safetensors'), modelTensors());
  const random = new Random(3);
  const ids = Int32Array.from({ length: rows * context }, () => random.integer(0, vocabulary - 1));
  writeSafetensors(join(folder, 'tokens.safetensors'), [
    { name: 'input_ids', shape: [rows, context], data: ids },
  ]);
  writeSafetensors(join(folder, 'labels.safetensors'), [
    {
      name: 'small_id',
      shape: [rows, context],
      data: Uint8Array.from(ids, (id) => Number(id < 8)),
    },
    { name: 'odd_id', shape: [rows, context], data: Uint8Array.from(ids, (id) => id % 2) },
  ]);
}

function modelTensors() {
  const random = new Random(5);
  const tensor = (name: string, shape: number[], scale = 0.3, offset = 0) => ({
    name,
    shape,
    data: Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => offset + scale * random.normal(),
    ),
  });
  const norm = (name: string) => [
    tensor(`${name}.weight`, [width], 0.1, 1),
    tensor(`${name}.bias`, [width], 0.1),
  ];
  const linear = (name: string, input: number, output: number) => [
    tensor(`${name}.weight`, [input, output]),
    tensor(`${name}.bias`, [output], 0.1),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => [
    ...norm(`h.${layer}.ln_1`),
    ...linear(`h.${layer}.attn.c_attn`, width, 3 * width),
    ...linear(`h.${layer}.attn.c_proj`, width, width),
    ...norm(`h.${layer}.ln_2`),
    ...linear(`h.${layer}.mlp.c_fc`, width, 4 * width),
    ...linear(`h.${layer}.mlp.c_proj`, 4 * width, width),
  ]);
  return [
    tensor('wte.weight', [vocabulary, width], 1),
    tensor('wpe.weight', [context, width]),
    ...blocks.flat(),
    ...norm('ln_f'),
  ];
}

/** A spec for that project with evaluation, features, labels and frequent checkpoints. */
export function tinySpec(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: 'train',
    name: 'tiny',
    model: 'model',
    hook: 'blocks.1.hook_resid_pre',
    tokens: { file: 'tokens.safetensors' },
    seeds: [0, 1],
    dictionary: { ratio: 4 },
    objective: { sparsity: { coefficient: 0.5 } },
    training: { sequences: 1600, batch: 4, learningRate: 1e-3, warmup: 40, aliveWindowTokens: 500 },
    evaluation: { tokens: { file: 'tokens.safetensors' }, sequences: 20, every: 300 },
    features: {
      tokens: { file: 'tokens.safetensors' },
      sequences: 60,
      labels: 'labels.safetensors',
    },
    checkpointEvery: 150,
    engine: 'wasm',
    threads: 2,
    ...changes,
  };
}
