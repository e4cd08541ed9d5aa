import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tokenTask } from '../../../../../../main/jobs/worker/tokens/prepare-tokens.ts';
import { writeTokens } from '../../../../../../main/jobs/worker/tokens/write-tokens.ts';
import { openSafetensors } from '../../../../../../main/formats/safetensors.ts';
import { packings, type PackSpec } from '../../../../../../shared/domain/tokens.ts';
import { temporaryFolder } from '../../../../../support/folders.ts';

const root = join(import.meta.dirname, '../../../../../..');
const model = join(root, 'resources/sample/model');
const corpus = join(root, 'tests/golden/packing/corpus.jsonl');
const golden = openSafetensors(join(root, 'tests/golden/packing/rows.safetensors'));
const folder = temporaryFolder();

function packOf(changes: Partial<PackSpec> = {}): PackSpec {
  return { packing: 'concatenate', bos: false, field: 'text', unit: 'line', ...changes };
}

function task(out: string, pack: PackSpec, files = [corpus], context = 32) {
  return tokenTask(files, { tensor: 'input_ids', context, text: pack }, model, join(folder, out));
}

function rowsOf(out: string): number[] {
  const reader = openSafetensors(join(folder, out));
  const ids = [...reader.ints('input_ids')];
  reader.close();
  return ids;
}

describe('text that is written as rows of tokens', () => {
  it.each(packings)(
    'is the same, byte for byte, however often it was stopped: %s',
    async (packing) => {
      const pack = packOf({ packing });
      await writeTokens(task('whole.safetensors', pack), () => undefined);
      expect(rowsOf('whole.safetensors')).toEqual([...golden.ints(packing)]);
      let stops = 0;
      for (let done = false; !done;) {
        let calls = 0;
        try {
          await writeTokens(
            task('parts.safetensors', pack),
            () => {
              if (stops < 6 && ++calls === 150) throw new Error('stopped');
            },
            0,
          );
          done = true;
          expect(stops).toBe(6);
        } catch (error) {
          if (!(error instanceof Error) || error.message !== 'stopped') throw error;
          stops++;
        }
      }
      const [whole, parts] = ['whole', 'parts'].map((name) =>
        readFileSync(join(folder, `${name}.safetensors`)),
      );
      expect(parts).toEqual(whole);
      expect(existsSync(join(folder, 'parts.safetensors.partial.json'))).toBe(false);
      rmSync(join(folder, 'parts.safetensors'));
    },
  );

  it('goes on from what was saved, and cuts off what came after it', async () => {
    const pack = packOf();
    const out = 'torn.safetensors';
    const half = join(folder, 'half.jsonl');
    writeFileSync(half, readFileSync(corpus));
    const stop = writeTokens(
      task(out, pack, [half]),
      (done) => {
        if (done > 1000) throw new Error('stopped');
      },
      0,
    );
    await expect(stop).rejects.toThrow('stopped');
    const state = JSON.parse(readFileSync(join(folder, `${out}.partial.json`), 'utf8')) as object;
    expect(state).toMatchObject({ file: 0, context: 32 });
    writeFileSync(join(folder, `${out}.partial`), 'torn', { flag: 'a' });
    await writeTokens(task(out, pack, [half]), () => undefined);
    expect(rowsOf(out)).toEqual([...golden.ints('concatenate')]);
  });

  it('begins anew where its text has changed since', async () => {
    const text = join(folder, 'changing.jsonl');
    writeFileSync(text, readFileSync(corpus));
    const stop = writeTokens(
      task('new.safetensors', packOf(), [text]),
      (done) => {
        if (done > 1000) throw new Error('stopped');
      },
      0,
    );
    await expect(stop).rejects.toThrow('stopped');
    writeFileSync(text, `${'{"text": "a maze"}\n'.repeat(40)}`);
    const { counts } = await writeTokens(
      task('new.safetensors', packOf(), [text]),
      () => undefined,
    );
    expect(counts.documents).toBe(40);
  });

  it('stops at the rows that are asked for, and says what it is made of', async () => {
    const pack = packOf({ rows: 7 });
    const { rows } = await writeTokens(task('seven.safetensors', pack), () => undefined);
    expect(rows).toBe(7);
    const reader = openSafetensors(join(folder, 'seven.safetensors'));
    expect(reader.tensors.get('input_ids')).toMatchObject({ dtype: 'U16', shape: [7, 32] });
    expect(JSON.parse(reader.metadata.get('assay')!)).toMatchObject({
      packing: 'concatenate',
      files: ['corpus.jsonl'],
      context: 32,
      rows: 7,
    });
    reader.close();
  });

  it('takes lines, paragraphs or whole files of .txt as documents', async () => {
    const text = join(folder, 'story.txt');
    writeFileSync(text, '\ufeffOne fox.\r\nTwo foxes.\r\n\r\n\r\nA dog.\r\n');
    for (const [unit, documents, empty] of [
      ['line', 5, 2],
      ['paragraph', 2, 0],
      ['file', 1, 0],
    ] as const) {
      const out = `${unit}.safetensors`;
      const { counts } = await writeTokens(task(out, packOf({ unit }), [text], 4), () => undefined);
      expect(counts).toMatchObject({ documents, empty });
    }
  });

  it.each([
    ['too little for a row', '{"text": "a"}\n', 'bad-input'],
    ['nothing', '', 'bad-input'],
    ['a number for a text', '{"text": 3}\n', 'corrupt'],
    ['bytes that are no text', Buffer.from('{"text": "\xff\xfe"}\n', 'latin1'), 'corrupt'],
  ])('is refused where it is %s', async (_, content, code) => {
    const path = join(folder, 'bad.jsonl');
    writeFileSync(path, content);
    const written = writeTokens(task('bad.safetensors', packOf(), [path]), () => undefined);
    await expect(written).rejects.toMatchObject({ code, details: { file: path } });
    expect(existsSync(join(folder, 'bad.safetensors'))).toBe(false);
  });
});
