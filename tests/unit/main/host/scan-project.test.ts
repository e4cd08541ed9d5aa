import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../../../../main/formats/safetensors-writer.ts';
import { scanProject } from '../../../../main/host/scan/scan-project.ts';
import type { FoundItem } from '../../../../shared/contract/project.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { tinySpec } from '../../../support/tiny-project-files.ts';
import { makeTinyProject } from '../../../support/tiny-project.ts';

function find(folder: string, path: string): FoundItem | undefined {
  return scanProject(folder).items.find((item) => item.path === path);
}

function projectWith(files: Record<string, string>): string {
  const folder = makeTinyProject();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('the scan of a project folder', () => {
  it('finds models, tokens, labels, tables and specs with their facts, in order', () => {
    const folder = projectWith({
      'a.csv': 'y,x\n1,2\n3,4\n',
      'b.tsv': '# by hand\ny\tx\tz\n1\t2\t3\n',
      'spec.yaml': JSON.stringify(tinySpec()),
      'other.json': '{"kind": "something of another program"}',
      'notes.txt': 'text',
      'program.py': 'pass',
    });
    const { items, truncated } = scanProject(folder);
    expect(truncated).toBe(false);
    expect(items.map(({ path, kind, facts }) => [path, kind, facts])).toEqual([
      ['a.csv', 'table', ['2 columns', 'about 2 rows']],
      ['b.tsv', 'table', ['3 columns', 'about 2 rows']],
      ['labels.safetensors', 'labels', ['2 properties', '60 rows of 12']],
      ['model', 'model', ['gpt2', '2 layers', 'd 16', 'vocabulary 40', 'context 12']],
      ['notes.txt', 'text', []],
      ['spec.yaml', 'spec', ['train']],
      ['tokens.safetensors', 'tokens', ['60 rows of 12', '720 tokens']],
    ]);
    expect(items.every(({ problem }) => problem === null)).toBe(true);
  });

  it('finds tokens and text in every format, and shards as one', () => {
    const folder = projectWith({ 'story.jsonl': '{"text": "Once"}\n', 'log.jsonl': '{"a": 1}\n' });
    const golden = resolve(import.meta.dirname, '../../../golden/token-files');
    cpSync(golden, join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'torn.parquet'), 'PAR1PAR1PAR1');
    const items = scanProject(folder).items.filter(({ path }) => /json|parq|npy|shard/.test(path));
    const rows = ['60 rows of 12', '720 tokens'];
    expect(items.map(({ path, kind, facts }) => [path, kind, facts])).toEqual([
      ['data/shards', 'tokens', ['2 files', '60 rows']],
      ['data/gzip.parquet', 'tokens', rows],
      ['data/ids.jsonl', 'tokens', ['rows of 12']],
      ...['int32.npy', 'int64.npy', 'none.parquet', 'pages.parquet'].map((name) => [
        `data/${name}`,
        'tokens',
        rows,
      ]),
      ['data/shards/0.safetensors', 'tokens', ['25 rows of 12', '300 tokens']],
      ['data/shards/1.safetensors', 'tokens', ['35 rows of 12', '420 tokens']],
      ['data/snappy.parquet', 'tokens', rows],
      ['data/text.parquet', 'text', ['50 texts']],
      ['data/uint16.npy', 'tokens', rows],
      ['data/zstd.parquet', 'tokens', rows],
      ['log.jsonl', 'table', ['1 columns']],
      ['story.jsonl', 'text', ['text']],
      ['torn.parquet', 'other', []],
    ]);
    expect(items.at(-1)!.problem).toMatchObject({ code: 'truncated' });
    expect(items[0]!.numbers).toEqual({ context: 12, rows: 60, tokens: 720 });
  });

  it('takes a run config of e2e_sae, and a sweep over one, for specs', () => {
    const config = {
      tlens_model_name: 'model',
      n_samples: 8,
      save_every_n_samples: null,
      eval_n_samples: null,
      batch_size: 4,
      lr: 1e-3,
      loss: {
        sparsity: { coeff: 1 },
        in_to_orig: null,
        out_to_orig: null,
        out_to_in: { coeff: 1 },
        logits_kl: null,
      },
      train_data: { dataset_name: 'text', split: 'train', n_ctx: 12 },
      saes: { sae_positions: 'blocks.1.hook_resid_pre' },
    };
    const sweep = {
      method: 'grid',
      parameters: { seed: { values: [0, 1] } },
      command: ['scripts/config.yaml'],
    };
    const folder = projectWith({
      'config.yaml': JSON.stringify(config),
      'sweep.yaml': JSON.stringify(sweep),
      'wrong.yaml': JSON.stringify({ ...config, lr: 0 }),
    });
    for (const name of ['config.yaml', 'sweep.yaml'])
      expect(find(folder, name)).toMatchObject({ facts: ['train', 'e2e_sae'], problem: null });
    expect(find(folder, 'wrong.yaml')?.problem).toMatchObject({ code: 'bad-spec' });
  });

  it('finds a checkpoint of TransformerLens by the configuration beside it', () => {
    const folder = makeTinyProject();
    const torch = join(import.meta.dirname, '../../../golden/torch-zip');
    for (const name of ['run', 'saes', 'broken']) mkdirSync(join(folder, name));
    cpSync(join(torch, 'module.pt'), join(folder, 'run/epoch_1.pt'));
    cpSync(join(torch, 'module.pt'), join(folder, 'saes/samples_80.pt'));
    cpSync(join(torch, 'legacy.pt'), join(folder, 'broken/epoch_1.pt'));
    const shape = 'tlens_config: {n_layers: 2, d_model: 4, d_vocab: 50257, n_ctx: 1024}\n';
    writeFileSync(join(folder, 'run/final_config.yaml'), shape);
    writeFileSync(join(folder, 'broken/final_config.yaml'), shape);
    writeFileSync(join(folder, 'saes/final_config.yaml'), 'saes: {dict_size_to_input_ratio: 60}\n');
    expect(find(folder, 'run/epoch_1.pt')).toMatchObject({
      kind: 'model',
      format: 'TransformerLens',
      facts: ['2 layers', 'd 4', 'vocabulary 50,257', 'context 1,024'],
      problem: null,
    });
    expect(find(folder, 'broken/epoch_1.pt')?.problem?.code).toBe('corrupt');
    expect(find(folder, 'saes/samples_80.pt')).toBeUndefined();
  });

  it.each<[string, (folder: string) => void, string, string]>([
    [
      'weights that are missing',
      (f) => (
        rmSync(join(f, 'model/model.safetensors')),
        writeFileSync(join(f, 'model/tokenizer.json'), '{}')
      ),
      'model',
      'not-found',
    ],
    [
      'weights that are truncated',
      (f) => {
        const path = join(f, 'model/model.safetensors');
        writeFileSync(path, readFileSync(path).subarray(0, -10));
      },
      'model',
      'truncated',
    ],
    [
      'a configuration that is no object',
      (f) => writeFileSync(join(f, 'model/config.json'), '[]'),
      'model',
      'corrupt',
    ],
    [
      'a vocabulary of another size',
      (f) => writeFileSync(join(f, 'model/config.json'), '{"model_type":"gpt2","vocab_size":41}'),
      'model',
      'shape-mismatch',
    ],
    [
      'a tokenizer of another model',
      (f) => writeFileSync(join(f, 'model/tokenizer.json'), '{"model":{"vocab":{"a":40}}}'),
      'model',
      'tokenizer-mismatch',
    ],
    [
      'tokens that are floats',
      (f) =>
        writeSafetensors(join(f, 'tokens.safetensors'), [
          { name: 'input_ids', shape: [2, 2], data: new Float32Array(4) },
        ]),
      'tokens.safetensors',
      'dtype-mismatch',
    ],
    ['a table without a line', (f) => writeFileSync(join(f, 't.csv'), ''), 't.csv', 'truncated'],
    [
      'a table that is not text',
      (f) => writeFileSync(join(f, 't.csv'), 'a,b\n\0\0\n'),
      't.csv',
      'corrupt',
    ],
    [
      'a spec that is wrong',
      (f) => writeFileSync(join(f, 's.json'), '{"kind":"train"}'),
      's.json',
      'bad-spec',
    ],
    [
      'a file that is no safetensors',
      (f) => writeFileSync(join(f, 'x.safetensors'), 'hello, world'),
      'x.safetensors',
      'corrupt',
    ],
  ])('shows %s with the item, and all others', (_name, spoil, path, code) => {
    const folder = makeTinyProject();
    const before = scanProject(folder).items.map((item) => item.path);
    spoil(folder);
    expect(find(folder, path)?.problem).toMatchObject({ code });
    const after = scanProject(folder).items.map((item) => item.path);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it.each([
    ['added tokens that are null', '{"model":{"vocab":{"a":1}},"added_tokens":[null]}'],
    ['a vocabulary that is a number', '{"model":{"vocab":7},"added_tokens":{}}'],
    [
      'keys of the language',
      '{"__proto__":{"x":1},"model":{"vocab":{"__proto__":3,"constructor":5}}}',
    ],
  ])('survives a tokenizer with %s', (_name, text) => {
    const folder = makeTinyProject();
    writeFileSync(join(folder, 'model/tokenizer.json'), text);
    expect(find(folder, 'model')?.facts).toContain('2 layers');
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('does not follow links to folders, and leaves out links to nothing or to themselves', () => {
    const folder = makeTinyProject();
    symlinkSync(folder, join(folder, 'again'));
    symlinkSync(join(folder, 'nowhere.csv'), join(folder, 'dangling.csv'));
    symlinkSync(join(folder, 'loop.csv'), join(folder, 'loop.csv'));
    symlinkSync(join(folder, 'loop.bin'), join(folder, 'model', 'loop.bin'));
    expect(scanProject(folder).items.map(({ path }) => path)).toEqual([
      'labels.safetensors',
      'model',
      'tokens.safetensors',
    ]);
  });

  it('leaves out hidden folders and those of other programs, and goes six folders deep', () => {
    const folder = temporaryFolder();
    const table = 'y,x\n1,2\n';
    for (const path of ['.git', 'node_modules', 'venv', 'a/b/c/d/e/f', 'a/b/c/d/e/f/g']) {
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, 't.csv'), table);
    }
    expect(scanProject(folder).items.map(({ path }) => path)).toEqual(['a/b/c/d/e/f/t.csv']);
  });

  it('ends after so many items and says so', () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 510; i++) writeFileSync(join(folder, `${i}.txt`), '');
    const { items, truncated } = scanProject(folder);
    expect([items.length, truncated]).toEqual([500, true]);
  });

  it('takes a model whose folder is the project itself for its files', () => {
    const folder = temporaryFolder();
    cpSync(join(makeTinyProject(), 'model'), folder, { recursive: true });
    expect(scanProject(folder).items.map(({ path }) => path)).toEqual(['model.safetensors']);
  });

  it('finds tokens that lie in the folder of a model, and not its weights', () => {
    const folder = makeTinyProject();
    renameSync(join(folder, 'tokens.safetensors'), join(folder, 'model', 'tokens.safetensors'));
    cpSync(
      join(folder, 'model', 'model.safetensors'),
      join(folder, 'model', 'model-00002-of-00002.safetensors'),
    );
    expect(scanProject(folder).items.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'labels labels.safetensors',
      'model model',
      'tokens model/tokens.safetensors',
    ]);
  });
});
