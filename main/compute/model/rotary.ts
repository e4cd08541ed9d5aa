import type { Engine, Tensor } from '../engine.ts';
import type { RotaryConfig } from './config.ts';

/** Angle per position of each pair of columns, [width / 2]. */
export function rotaryFrequencies({ width, base, scaling }: RotaryConfig): Float64Array {
  const plain = Float64Array.from({ length: width / 2 }, (_, j) => base ** ((-2 * j) / width));
  if (scaling.kind === 'none') return plain;
  const { factor } = scaling;
  if (scaling.kind === 'linear') return plain.map((frequency) => frequency / factor);
  const { lowFactor, highFactor, originalContext } = scaling;
  // Llama 3.1: how much of the plain frequency is kept rises from 0 for those that make fewer than
  // `lowFactor` turns over the original context to 1 for those that make more than `highFactor`.
  return plain.map((frequency) => {
    const turns = (originalContext * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)));
    return kept * frequency + ((1 - kept) * frequency) / factor;
  });
}

/** Cosines and sines of the angles of positions, [positions, width / 2] each. */
export interface RotaryRows {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/** The tables that a model turns its queries and keys by, as long as any sequence so far needed. */
export class RotaryTables {
  readonly #engine: Engine;
  readonly #frequencies: Float64Array;
  #length = 0;
  #tables: RotaryRows | undefined;

  constructor(engine: Engine, config: RotaryConfig) {
    this.#engine = engine;
    this.#frequencies = rotaryFrequencies(config);
  }

  /** Rows of the positions `start` up to `end`; the caller frees them. */
  rows(start: number, end: number): RotaryRows {
    const { cosines, sines } = this.#covering(end);
    const part = (table: Tensor) => this.#engine.rows(table, start, end);
    return { cosines: part(cosines), sines: part(sines) };
  }

  dispose(): void {
    if (this.#tables) this.#engine.dispose(this.#tables.cosines, this.#tables.sines);
    this.#tables = undefined;
    this.#length = 0;
  }

  #covering(end: number): RotaryRows {
    if (this.#tables && end <= this.#length) return this.#tables;
    const length = Math.max(end, 2 * this.#length);
    this.dispose();
    const half = this.#frequencies.length;
    const angles = Float64Array.from(
      { length: length * half },
      (_, at) => Math.floor(at / half) * this.#frequencies[at % half]!,
    );
    const upload = (values: Float64Array) => this.#engine.floats(values, [length, half]);
    this.#tables = { cosines: upload(angles.map(Math.cos)), sines: upload(angles.map(Math.sin)) };
    this.#length = length;
    return this.#tables;
  }
}
