import { cpSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { commands } from '../../main/headless/commands/index.ts';
import { assay, assayJson, startAssay, type CliError } from '../support/cli.ts';
import { largestDifference } from '../support/differences.ts';
import { Random } from '../support/random.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';
import { tokenizerOf } from '../support/word-tokenizer.ts';

interface Run {
  readonly id: string;
  readonly state: string;
  readonly seed: number;
  readonly dictionary: string;
  readonly hook: string;
  readonly metrics: Record<string, number | null>;
}

let folder: string;
let runs: Run[];
let job: string;
const at = (...path: string[]) => join(folder, ...path);
const inProject = () => ['--project', folder];

/** A spec of the tiny project, written beside it. */
function writeSpec(name: string, changes: Record<string, unknown> = {}): string {
  const path = at(name);
  writeFileSync(path, JSON.stringify(tinySpec(changes)));
  return path;
}

const table = 'y,x,g\n1,1,a\n2.5,2,b\n3.1,3,a\n3.9,4,b\n5.2,5,a\n6.1,6,b\n';

beforeAll(async () => {
  folder = makeTinyProject();
  writeFileSync(at('table.csv'), table);
  const { code, document, stderr } = await assayJson<{ job: string; runs: Run[] }>([
    'run',
    writeSpec('spec.json'),
    ...inProject(),
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/training {2}100 % {2}19,200 of 19,200 tokens/);
  ({ runs, job } = document);
});

describe('assay', () => {
  it('ends quietly where its reader has left', async () => {
    const { child, ended } = startAssay(['--help']);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('tells its commands, its exit codes and its version', async () => {
    const [help, bare, version] = await Promise.all([
      assay(['--help']),
      assay([]),
      assay(['--version']),
    ]);
    expect([help.code, bare.code, version.code]).toEqual([0, 2, 0]);
    for (const { name } of commands) expect(help.stdout).toContain(`  ${name} `);
    expect(help.stdout).toContain('Exit codes: 0 done, 1 failed, 2 the command line is wrong');
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(commands.map(({ name }) => name))('%s --help has an example', async (name) => {
    const { code, stdout, stderr } = await assay([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`\nExample: assay ${name}`);
    expect(stdout).toContain('--json');
  });

  it.each([
    [['nothing'], "There is no command 'nothing'"],
    [['run'], 'Give either a SPEC or --resume JOB'],
    [['show'], 'ID is missing'],
    [['show', 'a', 'b'], "'b' is one word too many"],
    [['doctor', '--port', '1'], "Unknown option '--port'"],
    [['serve', '--port', 'x'], '--port must be a whole number'],
    [['forward', 'model'], '--tokens is missing'],
    [
      ['forward', 'model', '--tokens', 'x', '--out', 'y', '--processing', 'all'],
      "--processing takes none or transformer-lens, not 'all'",
    ],
    [['generate', 'model'], '--prompt is missing'],
    [['bench', 'nothing'], "There is no 'nothing' to measure"],
    [['bench', 'matmul', '12'], '12 is not a size'],
    [['bench', 'many', '8x4'], '8x4 is not a size'],
    [['bench', 'soak', '0'], '0 is not a number of steps'],
  ])('answers %j with code 2 and a sentence', async (words, sentence) => {
    const json = await assayJson<CliError>(words);
    expect(json.code).toBe(2);
    expect(json.document.error).toMatchObject({ code: 'usage' });
    expect(json.document.error.message).toContain(sentence);
  });

  it('says what went wrong on stderr alone where no JSON is asked for', async () => {
    const { code, stdout, stderr } = await assay(['features', 'x', ...inProject(), '--sort', 'y']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^assay: --sort must be one of feature/);
  });
});

describe('assay run', () => {
  it('trains each seed and answers with its metrics', () => {
    expect(runs.map(({ seed, state, hook }) => ({ seed, state, hook }))).toEqual([
      { seed: 0, state: 'succeeded', hook: 'blocks.1.hook_resid_pre' },
      { seed: 1, state: 'succeeded', hook: 'blocks.1.hook_resid_pre' },
    ]);
    for (const { metrics } of runs)
      for (const name of ['l0', 'mse', 'explainedVariance', 'ceIncrease', 'kl', 'alive'])
        expect(metrics[name], name).toEqual(expect.any(Number));
  });

  it('prints a table for people', async () => {
    const spec = writeSpec('short.json', {
      seeds: [7],
      training: { sequences: 40, batch: 4, learningRate: 1e-3 },
      evaluation: undefined,
      features: undefined,
    });
    const { code, stdout, stderr } = await assay(['run', spec, ...inProject()]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^run +seed +dictionary/);
    expect(stdout).toMatch(/\nrun_\w+ +7 +dict_\w+/);
  });

  it('writes a checkpoint on Ctrl-C, says how to go on, and goes on to the same weights', async () => {
    const spec = writeSpec('stopped.json', {
      training: { sequences: 40_000, batch: 4, learningRate: 1e-3 },
      evaluation: undefined,
      features: undefined,
      checkpointEvery: null,
      seeds: [3],
    });
    const running = startAssay(['run', spec, ...inProject(), '--json']);
    await running.until(/training {2}\d/);
    running.interrupt();
    const { code, stdout, stderr } = await running.ended;
    expect(code, stderr).toBe(130);
    const { error } = JSON.parse(stdout) as CliError;
    expect(error.code).toBe('cancelled');
    const stopped = error.details['job'] as string;
    expect(error.message).toContain(`assay run --resume ${stopped} --project ${folder}`);
    expect(error.details['checkpointStep']).toBeGreaterThan(0);
    expect(readdirSync(at('.assay/runs', stopped, 'checkpoints'))).toHaveLength(1);

    const resumed = await assayJson<{ runs: Run[] }>(['run', '--resume', stopped, ...inProject()]);
    expect(resumed.code, resumed.stderr).toBe(0);
    const whole = await assayJson<{ job: string; runs: Run[] }>(['run', spec, ...inProject()]);
    const weights = (owner: string, run: Run) =>
      readFileSync(at('.assay/runs', owner, run.id, 'dictionary.safetensors'));
    const [first, second] = [resumed.document.runs[0]!, whole.document.runs[0]!];
    expect(weights(stopped, first).equals(weights(whole.document.job, second))).toBe(true);
  });

  it('fails with the code and the job of a worker that failed', async () => {
    const spec = writeSpec('diverges.json', {
      training: {
        sequences: 400,
        batch: 4,
        learningRate: 1e30,
        schedule: 'linear',
        warmup: 40,
        gradientClip: null,
      },
      checkpointEvery: 4,
    });
    const { code, document } = await assayJson<CliError>(['run', spec, ...inProject()]);
    expect(code).toBe(1);
    const { error } = document;
    expect(error).toMatchObject({
      code: 'non-finite',
      details: { job: expect.any(String), term: expect.any(String) },
    });
    // It tells step, term and the last checkpoint whose numbers are all finite.
    expect(error.message).toMatch(
      /stopped (at|after) step \d+: '.*' (is|has become) (NaN|-?Infinity)/,
    );
    const last = error.details['lastCheckpoint'] as number | null;
    expect(error.message).toContain(
      last === null ? 'No checkpoint was kept.' : `The last good checkpoint is of step ${last}.`,
    );
    const kept = at('.assay/runs', String(error.details['job']), 'checkpoints');
    for (const name of existsSync(kept) ? readdirSync(kept) : []) {
      const reader = openSafetensors(join(kept, name, 'state.safetensors'));
      const weights = [...reader.tensors.keys()].filter((tensor) => !tensor.startsWith('window.'));
      for (const tensor of weights)
        expect(reader.floats(tensor).every(Number.isFinite), `${name} ${tensor}`).toBe(true);
      reader.close();
    }
  });

  it('keeps a regression as a fit that can be shown and reported', async () => {
    const spec = at('fit.yaml');
    writeFileSync(
      spec,
      'kind: regress\nname: line\ntable: table.csv\nformula: y ~ x + factor(g)\n',
    );
    const { code, document } = await assayJson<{ fits: { id: string }[] }>([
      'run',
      spec,
      ...inProject(),
    ]);
    expect(code).toBe(0);
    const fit = document.fits[0]!.id;
    const shown = await assayJson<{ n: number; name: string }>(['show', fit, ...inProject()]);
    expect(shown.document).toMatchObject({ name: 'line', n: 6 });
    const text = await assay(['show', fit, ...inProject()]);
    expect(text.stdout).toContain('y ~ x + factor(g)   (linear)');
  });
});

describe('assay runs, features and show', () => {
  it('list groups of replicates', async () => {
    const { code, document } = await assayJson<{
      groups: { name: string; runs: { id: string }[] }[];
    }>(['runs', ...inProject(), '--search', 'tiny succeeded']);
    expect(code).toBe(0);
    const listed = document.groups.flatMap((group) => group.runs.map(({ id }) => id));
    expect(listed).toEqual(expect.arrayContaining(runs.map(({ id }) => id)));
    const text = await assay(['runs', ...inProject()]);
    expect(text.stdout).toMatch(/^name +hook +n +state/);
  });

  it('list features in the order that was asked for', async () => {
    const words = ['features', runs[0]!.dictionary, ...inProject(), '--sort', 'count'];
    const { code, document } = await assayJson<{ rows: { count: number }[]; total: number }>([
      ...words,
      '--descending',
      '--limit',
      '5',
    ]);
    expect([code, document.total, document.rows.length]).toEqual([0, 64, 5]);
    const counts = document.rows.map(({ count }) => count);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect((await assay(words)).stdout).toContain('of 64');
  });

  it('show a run, a job, a dictionary and a feature', async () => {
    const show = async (...words: string[]) =>
      (await assayJson<Record<string, unknown>>(['show', ...words, ...inProject()])).document;
    expect(await show(runs[0]!.id)).toMatchObject({ run: { id: runs[0]!.id, seed: 0 } });
    expect(await show(job)).toMatchObject({ id: job, state: 'succeeded' });
    expect(await show(runs[0]!.dictionary)).toMatchObject({ dIn: 16, latents: 64 });
    expect(await show(runs[0]!.dictionary, '--feature', '3')).toMatchObject({
      row: { feature: 3 },
    });
  });

  it.each(['run_0000000000000000', 'dict_0000000000000000', 'fit_0000000000000000', 'x'])(
    'say that %s is not there',
    async (id) => {
      const { code, document } = await assayJson<CliError>(['show', id, ...inProject()]);
      expect([code, document.error.code]).toEqual([1, 'not-found']);
      expect(document.error.message).toContain(id);
    },
  );

  it('say that a folder is not a project', async () => {
    const { code, document } = await assayJson<CliError>(['runs', '--project', at('model')]);
    expect([code, document.error.code]).toEqual([1, 'not-found']);
    expect(existsSync(at('model/.assay'))).toBe(false);
  });
});

describe('assay report', () => {
  it.each([
    ['a run', () => runs[0]!.id],
    ['a dictionary', () => runs[0]!.dictionary],
  ])('writes a page on %s', async (_name, id) => {
    const out = at(`${id()}.html`);
    const { code, document } = await assayJson<{ path: string; bytes: number; sha256: string }>([
      'report',
      id(),
      ...inProject(),
      '--out',
      out,
    ]);
    expect(code).toBe(0);
    expect(document).toMatchObject({ path: out, bytes: statSync(out).size });
    expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>[\s\S]*Content-Security-Policy/i);
  });

  it('leaves nothing where it is about something that is not there', async () => {
    const out = at('nothing.html');
    const { code } = await assay(['report', 'run_x', ...inProject(), '--out', out]);
    expect([code, existsSync(out)]).toEqual([1, false]);
  });
});

describe('assay forward and encode', () => {
  it('write activations, logits and losses, then features and reconstructions', async () => {
    const out = at('forward.safetensors');
    const hook = 'blocks.1.hook_resid_pre';
    const tokens = at('tokens.safetensors');
    const written = await assayJson<{ tensors: Record<string, number[]>; meanCe: number }>([
      'forward',
      at('model'),
      '--tokens',
      tokens,
      '--hooks',
      hook,
      '--out',
      out,
    ]);
    expect(written.code, written.stderr).toBe(0);
    expect(written.document.tensors).toEqual({
      [hook]: [60, 12, 16],
      logits: [60, 12, 40],
      ce: [60, 11],
    });
    const reader = openSafetensors(out);
    const ce = reader.floats('ce');
    reader.close();
    expect(written.document.meanCe).toBeCloseTo(ce.reduce((sum, x) => sum + x, 0) / ce.length, 6);

    const random = new Random(1);
    const x = Float32Array.from({ length: 10 * 16 }, () => random.normal());
    writeSafetensors(at('x.safetensors'), [{ name: 'x', shape: [10, 16], data: x }]);
    const encode = (dictionary: string) =>
      assayJson<{ tensors: Record<string, number[]> }>([
        'encode',
        dictionary,
        ...inProject(),
        '--input',
        at('x.safetensors'),
        '--out',
        at('features.safetensors'),
      ]);
    const byId = await encode(runs[0]!.dictionary);
    expect(byId.code, byId.stderr).toBe(0);
    expect(byId.document.tensors).toEqual({ features: [10, 64], reconstruction: [10, 16] });
    const first = readFileSync(at('features.safetensors'));
    const byPath = await encode(at('.assay/runs', job, runs[0]!.id, 'dictionary.safetensors'));
    expect(byPath.code).toBe(0);
    expect(readFileSync(at('features.safetensors')).equals(first)).toBe(true);
  });
});

describe('weights processed as TransformerLens does', () => {
  it('are those of a run that asks for it, which its dictionary says', async () => {
    const spec = writeSpec('processed.json', {
      seeds: [0],
      processing: 'transformer-lens',
      training: { sequences: 40, batch: 4, learningRate: 1e-3 },
      evaluation: undefined,
      features: undefined,
    });
    const trained = await assayJson<{ job: string; runs: Run[] }>(['run', spec, ...inProject()]);
    expect(trained.code, trained.stderr).toBe(0);
    const { job: processed, runs: made } = trained.document;
    const processingOf = (...path: string[]) => {
      const reader = openSafetensors(at('.assay/runs', ...path, 'dictionary.safetensors'));
      reader.close();
      return reader.metadata.get('processing');
    };
    expect(processingOf(processed, made[0]!.id)).toBe('transformer-lens');
    expect(processingOf(job, runs[0]!.id)).toBe('none');
  });

  it('give other activations and the same loss', async () => {
    const hook = 'blocks.1.hook_resid_pre';
    const results = await Promise.all(
      ['none', 'transformer-lens'].map(async (processing) => {
        const out = at(`${processing}.safetensors`);
        const { code, document } = await assayJson<{ meanCe: number }>([
          ...['forward', at('model'), '--tokens', at('tokens.safetensors'), '--hooks', hook],
          ...['--processing', processing, '--out', out],
        ]);
        expect(code).toBe(0);
        const reader = openSafetensors(out);
        const values = reader.floats(hook);
        reader.close();
        return { meanCe: document.meanCe, values };
      }),
    );
    const [raw, processed] = [results[0]!, results[1]!];
    expect(processed.meanCe).toBeCloseTo(raw.meanCe, 5);
    expect(largestDifference(raw.values, processed.values)).toBeGreaterThan(1e-3);
  });
});

describe('assay generate', () => {
  it('continues a text, with and without a dictionary spliced in', async () => {
    cpSync(at('model'), at('speaking'), { recursive: true });
    writeFileSync(at('speaking/tokenizer.json'), tokenizerOf(40));
    const ask = (...more: string[]) =>
      assayJson<{ prompt: string; text: string; ids: number[] }>([
        ...['generate', at('speaking'), '--prompt', 'w3 w7', '--count', '6'],
        ...more,
      ]);
    const plain = await ask();
    expect(plain.code, plain.stderr).toBe(0);
    expect(plain.document.ids).toHaveLength(6);
    expect(plain.document.prompt).toBe('w3 w7');
    expect(plain.document.text).toMatch(/^w\d+( w\d+){5}$/);
    const spliced = await ask('--dictionary', runs[0]!.dictionary, ...inProject());
    expect(spliced.code, spliced.stderr).toBe(0);
    expect(spliced.document.ids).toHaveLength(6);
    const tooMuch = await assayJson<CliError>([
      ...['generate', at('speaking'), '--prompt', 'w3', '--count', '1000'],
    ]);
    expect([tooMuch.code, tooMuch.document.error.code]).toEqual([1, 'bad-input']);
  });
});

describe('assay forward, stopped by Ctrl-C,', () => {
  it('leaves no part of its file', async () => {
    const rows = 30_000;
    const ids = new Int32Array(rows * 12).fill(1);
    writeSafetensors(at('many.safetensors'), [{ name: 'input_ids', shape: [rows, 12], data: ids }]);
    const out = at('halted.safetensors');
    const words = ['forward', at('model'), '--tokens', at('many.safetensors'), '--out', out];
    const running = startAssay([...words, '--json']);
    const unfinished = () => readdirSync(folder).filter((name) => name.startsWith('halted.'));
    await expect.poll(unfinished, { timeout: 20_000, interval: 5 }).toHaveLength(1);
    running.interrupt();
    const { code, stdout } = await running.ended;
    expect([code, (JSON.parse(stdout) as CliError).error.code]).toEqual([130, 'cancelled']);
    expect(unfinished()).toEqual([]);
  });
});

describe('assay doctor and bench', () => {
  it('tell what the machine has', async () => {
    const { code, document } = await assayJson<{
      engines: { name: string; available: boolean; why: string | null }[];
      defaultEngine: string;
      node: string;
      sqlite: string;
    }>(['doctor']);
    expect(code).toBe(0);
    expect(document.engines).toContainEqual(
      expect.objectContaining({ name: 'wasm', available: true }),
    );
    expect(document.defaultEngine).toBe('wasm');
    expect([document.node, document.sqlite]).toEqual([process.versions.node, expect.any(String)]);
  });

  it('measure products in three layouts, and say why there is no rival', async () => {
    const { code, document, stderr } = await assayJson<{ rows: Record<string, unknown>[] }>(
      ['bench', 'matmul', '32x48x64'],
      { env: { ASSAY_PYTHON: 'no-such-python' } },
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('No rival to compare with: no-such-python');
    // Where TensorFlow is prepared it has rows of its own.
    const oneThread = document.rows.filter(
      ({ engine, threads }) => engine === 'wasm' && threads === 1,
    );
    expect(oneThread.map(({ name }) => name)).toEqual([
      'matmul NN 32x48x64',
      'matmul TN 32x48x64',
      'matmul NT 32x48x64',
    ]);
    for (const row of document.rows)
      expect(row).toMatchObject({
        engine: expect.stringMatching(/^(wasm|tensorflow)$/),
        unit: 'GFLOP/s',
        value: expect.any(Number),
        rival: null,
        ratio: null,
      });
  });
});

describe('assay bench soak', () => {
  it('finds that training leaves no buffers behind', async () => {
    const { code, document, stderr } = await assayJson<{ rows: Record<string, unknown>[] }>([
      'bench',
      'soak',
      '20',
    ]);
    expect(code, stderr).toBe(0);
    const rows = document.rows.filter(({ engine }) => engine === 'wasm');
    expect(rows.map(({ unit }) => unit)).toEqual(['buffers', 'bytes', 'MiB']);
    expect(rows.slice(0, 2).map(({ value }) => value)).toEqual([0, 0]);
  });
});

describe('assay serve', () => {
  it('prints its address, and ends in order on Ctrl-C', async () => {
    const running = startAssay(['serve', folder, '--json']);
    await running.until(/"url"/);
    running.interrupt();
    const { code, stdout, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    const { url, port } = JSON.parse(stdout) as { url: string; port: number };
    expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/`));
    expect(existsSync(at('.assay/lock.json'))).toBe(false);
  });
});
