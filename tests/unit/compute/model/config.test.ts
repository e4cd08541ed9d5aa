import { describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../../../main/compute/model/open-transformer.ts';
import { parseHook } from '../../../../main/compute/model/hooks.ts';
import { AppError } from '../../../../shared/errors.ts';
import type { goldenModels } from '../../../support/golden-models.ts';
import { openGoldenModel } from '../../../support/golden-models.ts';

type Name = (typeof goldenModels)[number];

/** The configuration of a golden model with some fields changed; undefined takes a field out. */
function configOf(name: Name, changes: Record<string, unknown> = {}): unknown {
  const { folder, golden } = openGoldenModel(name);
  folder.weights.close();
  golden.close();
  return JSON.parse(JSON.stringify({ ...(folder.config as object), ...changes }));
}

function refusal(document: unknown): AppError {
  try {
    parseModelConfig(document, 'config.json');
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('The configuration was taken.');
}

describe('a model configuration is refused, naming the field,', () => {
  it.each<[string, string, string, Name, Record<string, unknown>]>([
    ['of another family', 'unsupported', 'model_type', 'gpt2', { model_type: 'mamba' }],
    ['without a family', 'unsupported', 'model_type', 'gpt2', { model_type: undefined }],
    [
      'with another activation',
      'unsupported',
      'activation_function',
      'gpt2',
      { activation_function: 'quick_gelu' },
    ],
    [
      'with the name of an object method',
      'unsupported',
      'hidden_act',
      'llama',
      { hidden_act: 'toString' },
    ],
    [
      'with scores scaled by layer',
      'unsupported',
      'scale_attn_by_inverse_layer_idx',
      'gpt2',
      { scale_attn_by_inverse_layer_idx: true },
    ],
    [
      'with another scaling of rotations',
      'unsupported',
      'rope_scaling.rope_type',
      'llama',
      { rope_parameters: undefined, rope_scaling: { rope_type: 'yarn', factor: 4 } },
    ],
    [
      'with a scaling that lacks a number',
      'corrupt',
      'rope_parameters.high_freq_factor',
      'llama-scaled',
      { rope_parameters: { rope_type: 'llama3', factor: 8, low_freq_factor: 1 } },
    ],
    [
      'with attention that sees what follows',
      'unsupported',
      'use_bidirectional_attention',
      'gemma2',
      { use_bidirectional_attention: true },
    ],
    [
      'with another kind of layer',
      'unsupported',
      'layer_types.0',
      'gemma2',
      { layer_types: ['chunked_attention', 'full_attention'] },
    ],
    [
      'with kinds for fewer layers',
      'corrupt',
      'layer_types',
      'gemma2',
      { layer_types: ['full_attention'] },
    ],
    [
      'with patterns for more layers',
      'corrupt',
      'attention_types',
      'gpt-neo',
      { attention_types: [[['global', 'local'], 1000000000]] },
    ],
    [
      'with heads that cannot share keys',
      'corrupt',
      'num_key_value_heads',
      'llama',
      { num_key_value_heads: 3 },
    ],
    [
      'with more layers than there can be',
      'corrupt',
      'num_hidden_layers',
      'gemma2',
      { num_hidden_layers: 1e15, layer_types: undefined },
    ],
    ['with a width that heads do not divide', 'corrupt', 'n_head', 'gpt2', { n_head: 3 }],
    [
      'without its layers',
      'corrupt',
      'num_hidden_layers',
      'gpt-neox',
      { num_hidden_layers: undefined },
    ],
    [
      'with a fraction of a layer',
      'corrupt',
      'num_hidden_layers',
      'llama',
      { num_hidden_layers: 1.5 },
    ],
  ])('%s', (_, code, place, name, changes) => {
    const error = refusal(configOf(name, changes));
    expect([error.code, error.details['place']]).toEqual([code, place]);
    expect(error.message).toContain('config.json');
  });

  it.each([null, [], 'gpt2', 7])('where it is %j', (document) => {
    expect(refusal(document).code).toBe('unsupported');
  });
});

describe('a model configuration', () => {
  it('may name its rotation as older versions of transformers did', () => {
    const old = configOf('gpt-neox', {
      rope_parameters: undefined,
      rotary_pct: 0.25,
      rotary_emb_base: 10000,
    });
    expect(parseModelConfig(old, 'config.json')).toEqual(
      parseModelConfig(configOf('gpt-neox'), 'config.json'),
    );
    const { rope_parameters: rope } = configOf('llama-scaled') as {
      rope_parameters: Record<string, unknown>;
    };
    const { rope_theta, rope_type: type, ...scaling } = rope;
    const older = { rope_parameters: undefined, rope_theta, rope_scaling: { type, ...scaling } };
    expect(parseModelConfig(configOf('llama-scaled', older), 'config.json')).toEqual(
      parseModelConfig(configOf('llama-scaled'), 'config.json'),
    );
  });

  it('alternates windows in Gemma 2 where the kinds of layers are not listed', () => {
    const config = parseModelConfig(configOf('gemma2', { layer_types: undefined }), 'config.json');
    expect(config.attentionWindows).toEqual([6, undefined]);
  });

  it('has no resid_mid where attention and MLP run side by side', () => {
    const parallel = parseModelConfig(configOf('gpt-neox'), 'config.json');
    expect(() => parseHook('blocks.0.hook_resid_mid', parallel)).toThrow('no hook point');
    const sequential = parseModelConfig(configOf('gpt-neox-sequential'), 'config.json');
    expect(parseHook('blocks.0.hook_resid_mid', sequential).layer).toBe(0);
  });
});
