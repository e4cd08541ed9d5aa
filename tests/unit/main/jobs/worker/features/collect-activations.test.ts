import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../../../../main/compute/engines/open-engine.ts';
import { parseHook } from '../../../../../../main/compute/model/hooks.ts';
import { openTransformer } from '../../../../../../main/compute/model/open-transformer.ts';
import { openArchitecture } from '../../../../../../main/compute/sae/architectures/open-architecture.ts';
import { FrozenDictionary } from '../../../../../../main/compute/sae/frozen-dictionary.ts';
import { openModelFolder } from '../../../../../../main/formats/model-folder.ts';
import { openTokenFile } from '../../../../../../main/formats/token-file.ts';
import { JobControl } from '../../../../../../main/jobs/control.ts';
import type { FromWorker } from '../../../../../../main/jobs/protocol.ts';
import { ChunkFiles } from '../../../../../../main/jobs/worker/features/chunk-files.ts';
import { collectActivations } from '../../../../../../main/jobs/worker/features/collect-activations.ts';
import { temporaryFolder } from '../../../../../support/folders.ts';
import { Random } from '../../../../../support/random.ts';
import { makeTinyProject } from '../../../../../support/tiny-project.ts';

const latents = 40;
const width = 16;

async function collecting(diskBytes?: number) {
  const project = makeTinyProject();
  const engine = await openEngine('reference');
  const folder = openModelFolder(join(project, 'model'));
  const model = openTransformer(engine, folder, 'none');
  folder.weights.close();
  const random = new Random(8);
  const matrix = () =>
    engine.floats(
      Float32Array.from({ length: latents * width }, () => random.normal()),
      [latents, width],
    );
  const parameters = {
    encoder: matrix(),
    decoder: matrix(),
    encoderBias: engine.floats(new Float32Array(latents), [latents]),
    decoderBias: engine.floats(new Float32Array(width), [width]),
  };
  const dictionary = new FrozenDictionary(
    engine,
    openArchitecture({ architecture: 'relu' }),
    parameters,
  );
  const hook = parseHook('blocks.1.hook_resid_pre', model.config);
  const tokens = openTokenFile(join(project, 'tokens.safetensors'), 'input_ids');
  const chunks = join(temporaryFolder(), 'chunks');
  const kept: number[] = [];
  const task = {
    model,
    dictionaries: [{ hook, dictionary }],
    tokens,
    sequences: 60,
    diskBytes,
    entriesAtOnce: 100,
    kept: (sequences: number) => kept.push(sequences),
  };
  return { task, chunks, kept };
}

/** All activations of the chunks in a folder. */
function activationsIn(folder: string) {
  const chunks = new ChunkFiles(folder, 'spec');
  const opened = chunks.open(0);
  const entries: string[] = [];
  let before = 0;
  for (const file of opened) {
    const { pointers, token, value } = file.features();
    for (let j = 0; j < latents; j++)
      for (let i = pointers[j]!; i < pointers[j + 1]!; i++)
        entries.push(`${before + token[i]!} ${j} ${value[i]}`);
    before += file.tokens;
    file.close();
  }
  return { entries: entries.sort(), tokens: chunks.tokens, chunks: opened.length };
}

describe('collecting activations', () => {
  it('keeps what it has when it is stopped, and goes on from there', async () => {
    const whole = await collecting();
    await collectActivations(
      { ...whole.task, chunks: new ChunkFiles(whole.chunks, 'spec') },
      new JobControl(() => undefined),
    );
    const expected = activationsIn(whole.chunks);
    expect(expected.tokens).toBe(720);
    expect(expected.chunks).toBe(2);

    const { task, chunks, kept } = whole;
    const broken = join(temporaryFolder(), 'chunks');
    kept.length = 0;
    // Batches that are smaller than a chunk: the stop comes in the middle of one.
    const messages: FromWorker[] = [];
    const control = new JobControl((message) => {
      messages.push(message);
      control.receive({ type: 'cancel' });
    });
    const stopping = collectActivations(
      { ...task, entriesAtOnce: 1e9, chunks: new ChunkFiles(broken, 'spec') },
      control,
    );
    await expect(stopping).rejects.toMatchObject({ code: 'cancelled' });
    const first = new ChunkFiles(broken, 'spec').tokens;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(720);
    expect(kept).toEqual([first / 12]);
    expect(messages[0]).toMatchObject({
      type: 'progress',
      progress: { phase: 'collecting activations', total: 720, unit: 'tokens' },
    });
    await collectActivations(
      { ...task, chunks: new ChunkFiles(broken, 'spec') },
      new JobControl(() => undefined),
    );
    expect(activationsIn(broken).entries).toEqual(expected.entries);
    expect(chunks).not.toBe(broken);
  });

  it('ends at the first chunk that tells that the disk budget will not do', async () => {
    const { task, chunks, kept } = await collecting(50_000);
    const refused = collectActivations(
      { ...task, chunks: new ChunkFiles(chunks, 'spec') },
      new JobControl(() => undefined),
    );
    await expect(refused).rejects.toMatchObject({
      code: 'too-large',
      details: { budget: 50_000, tokens: 720 },
    });
    expect(kept.length).toBe(1);
  });
});
