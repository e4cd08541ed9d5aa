import { join } from 'node:path';
import { SafetensorsWriter } from '../../../formats/safetensors-writer.ts';
import type { StoredExamples } from './feature-files.ts';
import { ScratchFile } from './scratch-file.ts';

interface Source {
  readonly latents: number;
  readonly examples: StoredExamples;
  readonly activations: ScratchFile;
  readonly context: number;
}

const featuresAtOnce = 64;
const copyAtOnce = 1 << 20;

/**
 * Brings the activations of examples into the order of activations.safetensors: by feature, rising by
 * token. Examples of one feature that show the same sequence are one: a token counts once.
 */
export class ActivationMerge {
  readonly #source: Source;
  readonly #order: Int32Array;
  readonly #starts: Int32Array;

  constructor(source: Source, order: Int32Array, starts: Int32Array) {
    this.#source = source;
    this.#order = order;
    this.#starts = starts;
  }

  async write(folder: string, path: string, beat: () => Promise<void>): Promise<void> {
    const { latents } = this.#source;
    const tokens = new ScratchFile(join(folder, 'merged-tokens.tmp'));
    const values = new ScratchFile(join(folder, 'merged-values.tmp'));
    try {
      const pointers = new BigInt64Array(latents + 1);
      let total = 0;
      for (let j = 0; j < latents; j++) {
        if (j % featuresAtOnce === 0) await beat();
        const merged = this.#merge(j);
        tokens.append(merged.tokens);
        values.append(merged.values);
        total += merged.tokens.length;
        pointers[j + 1] = BigInt(total);
      }
      const writer = new SafetensorsWriter(path, [
        { name: 'pointers', dtype: 'I64', shape: [latents + 1] },
        { name: 'token', dtype: 'I32', shape: [total] },
        { name: 'value', dtype: 'F32', shape: [total] },
      ]);
      writer.write('pointers', pointers);
      for (let at = 0; at < total; at += copyAtOnce) {
        await beat();
        const n = Math.min(copyAtOnce, total - at);
        const block = { tokens: new Int32Array(n), values: new Float32Array(n) };
        tokens.read(4 * at, block.tokens);
        values.read(4 * at, block.values);
        writer.write('token', block.tokens, at);
        writer.write('value', block.values, at);
      }
      writer.close();
    } finally {
      tokens.close();
      values.close();
    }
  }

  #merge(feature: number): { tokens: Int32Array; values: Float32Array } {
    const { examples, activations, context } = this.#source;
    const own = this.#order.subarray(this.#starts[feature], this.#starts[feature + 1]);
    // Examples of a feature with the same row are the same sequence.
    const rows = [...new Map([...own].map((e) => [examples.row.at(e), e])).entries()].sort(
      ([a], [b]) => a - b,
    );
    const total = rows.reduce((sum, [, e]) => sum + examples.active.at(e), 0);
    const tokens = new Int32Array(total);
    const values = new Float32Array(total);
    let at = 0;
    for (const [row, e] of rows) {
      const n = examples.active.at(e);
      const positions = tokens.subarray(at, at + n);
      activations.read(examples.offset.at(e), positions);
      activations.read(examples.offset.at(e) + 4 * n, values.subarray(at, at + n));
      for (let i = 0; i < n; i++) positions[i]! += row * context;
      at += n;
    }
    return { tokens, values };
  }
}
