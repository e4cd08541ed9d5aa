import { createHash } from 'node:crypto';

/** A run of the stub: W&B's names, and what it would have been given. */
export interface StubRun {
  readonly name: string;
  readonly displayName: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  /** Rows with their `_step`, in order. */
  readonly history: readonly Readonly<Record<string, unknown>>[];
  readonly files: Readonly<Record<string, Buffer>>;
}

export interface StubRepo {
  readonly commit: string;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Paths that git holds pointers to. */
  readonly lfs: readonly string[];
}

export interface StubContent {
  /** By entity, then by project. */
  readonly wandb: Readonly<Record<string, Readonly<Record<string, readonly StubRun[]>>>>;
  /** By `owner/repo`. */
  readonly hf: Readonly<Record<string, StubRepo>>;
}

/** Bytes that look like nothing, the same for the same seed. */
export function noise(bytes: number, seed: number): Buffer {
  const out = Buffer.alloc(bytes);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state >>> 24;
  }
  return out;
}

/** A run as e2e_sae leaves it on W&B. */
export function e2eRun(name: string, seed: number, files: Record<string, Buffer> = {}): StubRun {
  const hook = 'blocks.6.hook_resid_pre';
  return {
    name,
    displayName: `seed-${seed}_lpcoeff-1.5`,
    config: {
      seed,
      tlens_model_name: 'gpt2-small',
      train_data: { n_ctx: 64 },
      saes: { sae_positions: hook, dict_size_to_input_ratio: 60 },
      loss: { logits_kl: { coeff: 1 }, out_to_in: { coeff: 0 }, in_to_orig: null },
    },
    summary: {
      _step: 3996,
      _runtime: 123,
      'performance/eval/difference_ce_loss': -0.25,
      [`sparsity/eval/L_0/${hook}`]: 40 + seed,
    },
    history: Array.from({ length: 1000 }, (_, row) => ({
      _step: 4 * row,
      loss: 2 - row / 1000,
      ...(row % 10 === 0 ? { 'performance/eval/difference_ce_loss': -1 + row / 1333 } : {}),
    })),
    files: {
      'final_config.yaml': Buffer.from(`seed: ${seed}\n`),
      'samples_1000.pt': noise(3_000, 7),
      ...files,
    },
  };
}

export const commit = '0123456789abcdef0123456789abcdef01234567';

export function defaultContent(): StubContent {
  const runs = [0, 1, 2].map((seed) => e2eRun(`run${seed}abc`, seed));
  const many = Array.from({ length: 120 }, (_, index) => e2eRun(`many${index}`, index));
  return {
    wandb: { sparsify: { gpt2: runs, 'tinystories-1m-2': many, empty: [] } },
    hf: {
      'apollo-research/e2e-saes': {
        commit,
        lfs: ['e2e_layer_6.pt', 'folder/weights.safetensors'],
        files: {
          'README.md': Buffer.from('# SAEs\n'),
          'e2e_layer_6.pt': noise(40_000, 11),
          'e2e_layer_6.yaml': Buffer.from('lr: 0.001\n'),
          'folder/weights.safetensors': noise(20_000, 12),
          'folder/cfg.json': Buffer.from('{"d_in": 4}'),
          'folder/deeper/notes.txt': Buffer.from('x'),
        },
      },
      'apollo-research/empty': { commit, lfs: [], files: {} },
    },
  };
}

export function digestOf(algorithm: string, content: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(content).digest(encoding);
}

export function gitName(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
