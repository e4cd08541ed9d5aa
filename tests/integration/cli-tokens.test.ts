import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { assay, assayJson, startAssay, type CliError } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

const root = resolve(import.meta.dirname, '../..');
const model = join(root, 'resources/sample/model');
const corpus = join(root, 'tests/golden/packing/corpus.jsonl');
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

interface Tokenized {
  readonly rows: number;
  readonly context: number;
  readonly documents: number;
  readonly empty: number;
}

describe('assay tokenize', () => {
  it('writes the rows of the golden, and says what became of the documents', async () => {
    const out = at('rows.safetensors');
    const words = ['tokenize', corpus, '--model', model, '--context', '32', '--out', out];
    const { code, document } = await assayJson<Tokenized>([...words, '--bos']);
    expect(code).toBe(0);
    expect(document).toMatchObject({ rows: 529, context: 32, documents: 1250, empty: 14 });
    const rows = openSafetensors(out);
    const golden = openSafetensors(join(root, 'tests/golden/packing/rows.safetensors'));
    expect([...rows.ints('input_ids')]).toEqual([...golden.ints('concatenate.bos')]);
    rows.close();
    golden.close();
  });

  it('goes on where Ctrl-C stopped it', async () => {
    const text = at('long.jsonl');
    writeFileSync(text, readFileSync(corpus, 'utf8').repeat(150));
    const words = (out: string) => ['tokenize', text, '--model', model, '--out', at(out)];
    const whole = await assay(words('whole.safetensors'));
    expect(whole.code).toBe(0);
    const stopped = startAssay(words('parts.safetensors'));
    await stopped.until(/tokenising/);
    await new Promise((done) => setTimeout(done, 500));
    stopped.interrupt();
    expect((await stopped.ended).code).toBe(130);
    expect(existsSync(at('parts.safetensors'))).toBe(false);
    const state = JSON.parse(readFileSync(at('parts.safetensors.partial.json'), 'utf8')) as {
      after: number;
    };
    expect(state.after).toBeGreaterThan(0);
    expect((await assay(words('parts.safetensors'))).code).toBe(0);
    expect(readFileSync(at('parts.safetensors'))).toEqual(readFileSync(at('whole.safetensors')));
  }, 120_000);

  it.each([
    ['an unknown packing', ['--packing', 'tight'], 2, 'usage'],
    ['rows beyond the model', ['--context', '100000'], 1, 'bad-input'],
    ['a field that is not there', ['--field', 'body'], 1, 'not-found'],
  ])('refuses %s', async (_, options, exit, name) => {
    const words = ['tokenize', corpus, '--model', model, '--out', at('no.safetensors')];
    const { code, document } = await assayJson<CliError>([...words, ...options]);
    expect([code, document.error.code]).toEqual([exit, name]);
  });
});

describe('assay cache', () => {
  it('shows what a project keeps and removes it', async () => {
    const project = makeTinyProject();
    const spec = join(project, 'spec.json');
    const training = { sequences: 64, batch: 8, learningRate: 1e-3 };
    const changes = { training, evaluation: undefined, features: undefined, seeds: [0] };
    writeFileSync(
      spec,
      JSON.stringify(tinySpec({ ...changes, activationCache: { budget: '1 MB' } })),
    );
    expect((await assay(['run', spec, '--project', project])).code).toBe(0);
    const shown = await assay(['cache', '--project', project]);
    expect(shown.stdout).toContain('model blocks.1.hook_resid_pre on tokens.safetensors, float32');
    const { document } = await assayJson<{ bytes: number; freed: number; entries: unknown[] }>([
      'cache',
      '--project',
      project,
      '--clear',
    ]);
    expect(document).toMatchObject({ bytes: 0, entries: [] });
    expect(document.freed).toBeGreaterThan(40_000);
  }, 60_000);
});
