import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import type { TensorData } from '../../shared/domain/tensors.ts';
import { assayJson, startAssay, type CliError } from '../support/cli.ts';
import { failureOf, startHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';
import { tokenizerOf } from '../support/word-tokenizer.ts';

/** What a wrong input is expected to be told as. `file` is relative to the project. */
interface Told {
  readonly code: string;
  readonly file?: string;
  readonly place?: string;
  readonly words: RegExp;
}

/** Rewrites the tensors of a safetensors file of floats. */
function rewrite(path: string, change: (tensor: TensorData) => TensorData): void {
  const reader = openSafetensors(path);
  const tensors = [...reader.tensors.values()].map(({ name, shape }) =>
    change({ name, shape, data: reader.floats(name) }),
  );
  reader.close();
  writeSafetensors(path, tensors);
}

function truncate(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 100));
}

function writeTokens(folder: string, shape: number[], id: (i: number) => number): void {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Int32Array.from({ length: size }, (_, i) => id(i));
  writeSafetensors(join(folder, 'tokens.safetensors'), [{ name: 'input_ids', shape, data }]);
}

const weights = 'model/model.safetensors';

const trainings: readonly [name: string, spoil: (folder: string) => void, told: Told][] = [
  [
    'a model without its weights',
    (folder) => rmSync(join(folder, weights)),
    { code: 'not-found', file: weights, words: /has no model\.safetensors/ },
  ],
  [
    'a model without its configuration',
    (folder) => rmSync(join(folder, 'model/config.json')),
    { code: 'not-found', file: 'model/config.json', words: /does not exist/ },
  ],
  [
    'a truncated model',
    (folder) => truncate(join(folder, weights)),
    { code: 'truncated', file: weights, words: /bytes/ },
  ],
  [
    'truncated tokens',
    (folder) => truncate(join(folder, 'tokens.safetensors')),
    { code: 'truncated', file: 'tokens.safetensors', words: /bytes/ },
  ],
  [
    'a configuration that is not JSON',
    (folder) => writeFileSync(join(folder, 'model/config.json'), '{"model_type": "gpt2",'),
    { code: 'corrupt', file: 'model/config.json', words: /JSON|ends/ },
  ],
  [
    'a weight of the wrong shape',
    (folder) =>
      rewrite(join(folder, weights), (tensor) =>
        tensor.name === 'h.1.mlp.c_fc.weight' ? { ...tensor, shape: [64, 16] } : tensor,
      ),
    {
      code: 'shape-mismatch',
      file: weights,
      place: 'h.1.mlp.c_fc.weight',
      words: /is \[64, 16\], where config\.json calls for \[16, 64\]/,
    },
  ],
  [
    'a weight of the wrong type',
    (folder) =>
      rewrite(join(folder, weights), (tensor) =>
        tensor.name === 'wpe.weight'
          ? { ...tensor, data: Int32Array.from(tensor.data as Float32Array) }
          : tensor,
      ),
    { code: 'dtype-mismatch', file: weights, place: 'wpe.weight', words: /I32/ },
  ],
  [
    'a weight that is missing',
    (folder) => {
      const reader = openSafetensors(join(folder, weights));
      const kept = [...reader.tensors.values()]
        .filter(({ name }) => name !== 'h.0.ln_2.bias')
        .map(({ name, shape }) => ({ name, shape, data: reader.floats(name) }));
      reader.close();
      writeSafetensors(join(folder, weights), kept);
    },
    { code: 'not-found', file: weights, place: 'h.0.ln_2.bias', words: /h\.0\.ln_2\.bias/ },
  ],
  [
    'tokens that are not whole numbers',
    (folder) =>
      writeSafetensors(join(folder, 'tokens.safetensors'), [
        { name: 'input_ids', shape: [60, 12], data: new Float32Array(720) },
      ]),
    { code: 'dtype-mismatch', file: 'tokens.safetensors', place: 'input_ids', words: /F32/ },
  ],
  [
    'tokens in one long row',
    (folder) => writeTokens(folder, [720], () => 1),
    { code: 'shape-mismatch', file: 'tokens.safetensors', place: 'input_ids', words: /\[720\]/ },
  ],
  [
    'a token id that the model does not have',
    (folder) => writeTokens(folder, [60, 12], (i) => (i === 700 ? 40 : 1)),
    {
      code: 'tokenizer-mismatch',
      file: 'tokens.safetensors',
      place: 'row 58, position 4',
      words: /id 40 at row 58.*vocabulary ends at 39/,
    },
  ],
  [
    'a tokenizer that belongs to another model',
    (folder) => writeFileSync(join(folder, 'model/tokenizer.json'), tokenizerOf(41)),
    {
      code: 'tokenizer-mismatch',
      file: 'model/tokenizer.json',
      place: 'id 40',
      words: /belongs to another model/,
    },
  ],
  [
    'labels that do not cover the tokens',
    (folder) =>
      writeSafetensors(join(folder, 'labels.safetensors'), [
        { name: 'odd', shape: [59, 12], data: new Uint8Array(708) },
      ]),
    { code: 'shape-mismatch', file: 'labels.safetensors', place: 'odd', words: /\[59, 12\]/ },
  ],
  [
    'a label other than 0 and 1',
    (folder) =>
      writeSafetensors(join(folder, 'labels.safetensors'), [
        { name: 'odd', shape: [60, 12], data: new Uint8Array(720).fill(2, 13, 14) },
      ]),
    {
      code: 'bad-input',
      file: 'labels.safetensors',
      place: 'odd',
      words: /2 at row 1, position 1/,
    },
  ],
];

describe('a training job', () => {
  it.each(trainings)(
    'on %s fails before it trains, and leaves nothing',
    async (_n, spoil, told) => {
      const folder = makeTinyProject();
      spoil(folder);
      const { client, until, bugs } = startHost({ launcher: forkLauncher() });
      const { id: project } = await client.call('project.open', { path: folder });
      const submitted = client.call('jobs.submit', { project, spec: tinySpec() });
      const { id: job } = await submitted;
      const { state, error, progress } = await until(project, job, 'failed', 'succeeded');
      expect(state).toBe('failed');
      expectTold(error, told, folder);
      expect(progress?.phase).toSatisfy(
        (phase) => phase === undefined || phase === 'checking tokens',
      );
      const files = join(folder, '.assay/runs', job);
      expect(
        readdirSync(files, { recursive: true }).filter((name) => name !== 'log.jsonl'),
      ).toEqual([]);
      expect((await client.call('dictionaries.list', { project })).length).toBe(0);
      expect(bugs).toEqual([]);
    },
  );

  it.each([
    ['an unknown field', { colour: 'red' }, 'colour', /'colour' is not known/],
    [
      'an unknown field inside another',
      { dictionary: { ratio: 2, depth: 3 } },
      'dictionary.depth',
      /'dictionary.depth' is not known/,
    ],
    [
      'both a ratio and a number of latents',
      { dictionary: { ratio: 2, latents: 32 } },
      'dictionary',
      /exactly one of ratio and latents/,
    ],
    ['the same seed twice', { seeds: [1, 1] }, 'seeds', /same seed twice/],
    [
      'a batch larger than the training',
      { training: { sequences: 4, batch: 8, learningRate: 1 } },
      'training.batch',
      /8 sequences per step exceed the 4/,
    ],
    [
      'a cooldown of a schedule that has none',
      { training: { sequences: 40, batch: 8, learningRate: 1, cooldown: 8 } },
      'training.cooldown',
      /belongs to the linear schedule/,
    ],
    [
      'nothing to learn',
      { objective: { sparsity: { coefficient: 0 }, outToIn: { coefficient: 0 } } },
      'objective',
      /nothing would be learned/,
    ],
  ])('with %s is refused by name', async (_name, changes, place, words) => {
    const folder = makeTinyProject();
    const spec = join(folder, 'spec.json');
    writeFileSync(spec, JSON.stringify(tinySpec(changes)));
    const { code, document } = await assayJson<CliError>(['run', spec, '--project', folder]);
    expect(code).toBe(1);
    expectTold(document.error, { code: 'bad-spec', place, words }, folder);
    expect(document.error.message).toContain('spec.json');
    expect(document.error.details['file']).toBe(spec);
    expect(existsSync(join(folder, '.assay'))).toBe(false);
  });

  it('with a hook point that the model does not have names those that it has', async () => {
    const folder = makeTinyProject();
    const { client, until } = startHost({ launcher: forkLauncher() });
    const { id: project } = await client.call('project.open', { path: folder });
    const spec = tinySpec({ hook: 'blocks.7.hook_resid_pre' });
    const { id: job } = await client.call('jobs.submit', { project, spec });
    const { error } = await until(project, job, 'failed');
    expect(error?.code).toMatch(/^(bad-spec|bad-input|not-found)$/);
    expect(error?.message).toMatch(/blocks\.7.*2 (layers|blocks)/);
  });
});

const tables: readonly [name: string, text: string, formula: string, options: string[], Told][] = [
  [
    'ragged rows',
    'y,x\n1,2\n3\n4,5\n6,7\n',
    'y ~ x',
    [],
    { code: 'ragged-table', file: 'table.csv', place: 'line 3', words: /1 .*2/ },
  ],
  [
    'text in a numeric column',
    'y,x\n1,2\n3,many\n4,5\n6,7\n',
    'y ~ x',
    [],
    { code: 'not-numeric', file: 'table.csv', place: 'row 2 (line 3), column x', words: /many/ },
  ],
  [
    'a constant outcome',
    'y,x\n2,2\n2,3\n2,5\n2,7\n',
    'y ~ x',
    [],
    { code: 'constant-column', file: 'table.csv', place: 'y', words: /y is 2 in all 4 rows/ },
  ],
  [
    'one class of outcome',
    'y,x\n1,2\n1,3\n1,5\n1,7\n',
    'y ~ x',
    ['--family', 'binomial'],
    { code: 'one-class', file: 'table.csv', place: 'y', words: /1/ },
  ],
  [
    'a column that is not there',
    'y,x\n1,2\n2,3\n4,5\n6,7\n',
    'y ~ z',
    [],
    { code: 'unknown-column', file: 'table.csv', place: 'character 5', words: /no column 'z'/ },
  ],
  [
    'fewer rows than terms',
    'y,x\n1,2\n2,3\n',
    'y ~ x + I(x^2)',
    [],
    { code: 'too-few-rows', file: 'table.csv', words: /2/ },
  ],
  [
    'a formula that breaks off',
    'y,x\n1,2\n2,3\n',
    'y ~ x +',
    [],
    { code: 'bad-formula', words: /\+|end/ },
  ],
];

describe('a regression', () => {
  it.each(tables)(
    'on %s is refused by name, and no fit is kept',
    async (_n, text, formula, options, told) => {
      const folder = makeTinyProject();
      const table = join(folder, 'table.csv');
      writeFileSync(table, text);
      const { code, document } = await assayJson<CliError>(['regress', table, formula, ...options]);
      expect(code).toBe(1);
      expectTold(document.error, told, folder);
      expect(existsSync(join(folder, '.assay'))).toBe(false);

      const { client } = startHost({ launcher: forkLauncher() });
      const { id: project } = await client.call('project.open', { path: folder });
      const family = options[1];
      const spec = {
        kind: 'regress',
        name: 'fit',
        table: 'table.csv',
        formula,
        ...(family && { family }),
      };
      const error = await failureOf(client.call('fits.create', { project, spec }));
      expectTold(error, told, folder);
      expect(await client.call('fits.list', { project })).toEqual([]);
    },
  );

  it('on a constant column among the predictors leaves it out and says so', async () => {
    const folder = makeTinyProject();
    const table = join(folder, 'table.csv');
    writeFileSync(table, 'y,x,c\n1,2,5\n2.1,3,5\n4.2,5,5\n6,7,5\n');
    const { code, document } = await assayJson<{
      coefficients: { term: string; estimate: number | null }[];
      dependencies: { sentence: string }[];
    }>(['regress', table, 'y ~ x + c']);
    expect(code).toBe(0);
    expect(document.coefficients.find(({ term }) => term === 'c')?.estimate).toBeNull();
    expect(document.dependencies[0]?.sentence).toMatch(/c .*5/);
  });
});

describe('forward and encode', () => {
  it.each([
    ['a token id that the model does not have', 'forward'],
    ['rows of the wrong width', 'encode'],
  ])('on %s leave no file and no earlier file changed', async (_name, verb) => {
    const folder = makeTinyProject();
    writeTokens(folder, [2000, 12], (i) => (i === 23_000 ? 40 : 1));
    const dictionary = join(folder, 'dictionary.safetensors');
    const floats = (name: string, ...shape: number[]) => ({
      name,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1),
    });
    writeSafetensors(
      dictionary,
      [floats('W_enc', 16, 32), floats('b_enc', 32), floats('W_dec', 32, 16), floats('b_dec', 16)],
      { format: 'assay-dictionary', architecture: 'relu', hook: 'x', model: 'model', seed: '0' },
    );
    const x = join(folder, 'x.safetensors');
    writeSafetensors(x, [floats('x', 10, 15)]);
    const out = join(folder, 'out.safetensors');
    const words =
      verb === 'forward'
        ? ['forward', join(folder, 'model'), '--tokens', join(folder, 'tokens.safetensors')]
        : ['encode', dictionary, '--input', x];
    for (const before of [undefined, 'what was there']) {
      if (before !== undefined) writeFileSync(out, before);
      const { code, document } = await assayJson<CliError>([...words, '--out', out]);
      expect(code).toBe(1);
      expect(document.error.details['file']).toBe(
        verb === 'forward' ? join(folder, 'tokens.safetensors') : x,
      );
      expect(existsSync(out) ? readFileSync(out, 'utf8') : undefined).toBe(before);
      expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
    }
  });

  it('into a folder that is not there say so', async () => {
    const folder = makeTinyProject();
    const out = join(folder, 'none', 'out.safetensors');
    const { code, document } = await assayJson<CliError>([
      'forward',
      join(folder, 'model'),
      '--tokens',
      join(folder, 'tokens.safetensors'),
      '--out',
      out,
    ]);
    expect([code, document.error.code, document.error.details['file']]).toEqual([
      1,
      'not-found',
      out,
    ]);
  });
});

describe('a project folder', () => {
  it('that is open in another host is refused with a sentence', async () => {
    const folder = makeTinyProject();
    const first = startAssay(['serve', folder]);
    await first.until('http://127.0.0.1');
    const { code, document } = await assayJson<CliError>(['serve', folder]);
    expect(code).toBe(1);
    expectTold(
      document.error,
      {
        code: 'project-locked',
        file: '.assay',
        words: new RegExp(`open already, in process ${first.child.pid} .* Close it there first`),
      },
      folder,
    );
    // Reading beside it is no second host.
    const beside = await assayJson<{ totalRuns: number }>(['runs', '--project', folder]);
    expect([beside.code, beside.document.totalRuns]).toEqual([0, 0]);
    first.interrupt();
    expect((await first.ended).code).toBe(0);
  });

  it.each([
    ['is not there', 'none', 'not-found'],
    ['is a file', 'tokens.safetensors', 'not-readable'],
  ])('that %s is refused by name', async (_name, path, code) => {
    const folder = join(makeTinyProject(), path);
    const { client } = startHost();
    const error = await failureOf(client.call('project.open', { path: folder }));
    expect(error).toMatchObject({ code, details: { file: folder } });
    expect((error as Error).message).toContain(folder);
  });

  // Permissions do not bind root, so the command is run as another user.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  it.each([
    ['cannot be entered', 0o000, 'not-readable'],
    ['cannot be written', 0o555, 'not-writable'],
  ])('that %s is refused by name, and stays as it was', async (_name, mode, code) => {
    const folder = makeTinyProject();
    chmodSync(dirname(folder), 0o755);
    chmodSync(folder, mode);
    const env = { ASSAY_HOME: join(dirname(folder), 'home') };
    const words = ['serve', folder];
    const result = await assayJson<CliError>(words, uid === undefined ? { env } : { env, uid });
    chmodSync(folder, 0o755);
    expect(result.code).toBe(1);
    expect(result.document.error).toMatchObject({ code });
    expect(result.document.error.message).toContain(folder);
    expect(existsSync(join(folder, '.assay'))).toBe(false);
  });
});

function expectTold(error: unknown, told: Told, folder: string): void {
  const { code, message, details } = error as {
    code: string;
    message: string;
    details: Record<string, unknown>;
  };
  expect({ code, message }).toEqual({
    code: told.code,
    message: expect.stringMatching(told.words),
  });
  if (told.file !== undefined)
    expect(String(details['file']).replace(`${folder}/`, '')).toBe(told.file);
  if (told.place !== undefined) expect(details['place']).toBe(told.place);
}
