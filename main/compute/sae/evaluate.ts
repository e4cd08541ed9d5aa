import { baseMetricNames, type Metrics } from '../../../shared/domain/metrics.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import { Tape } from '../tape.ts';
import { compareOutputs, type Comparison } from './compare-outputs.ts';
import type { FrozenDictionary, PlacedDictionary } from './frozen-dictionary.ts';
import { LaterStreams } from './later-streams.ts';
import { MetricSums } from './metric-sums.ts';
import { laterStreams } from './objective.ts';
import { OriginalPass, type SplicePoint } from './original-pass.ts';

/**
 * Measures dictionaries on held-out tokens: reconstruction, sparsity, and what replacing the
 * activation by the reconstruction does to the model's predictions. Position 0 of each sequence is
 * also reported apart, and so is the distance of later residual streams. Feed it batches, then ask for the metrics.
 */
export class Evaluation {
  readonly #model: Transformer;
  readonly #dictionaries: readonly PlacedDictionary[];
  readonly #points: readonly SplicePoint[];
  readonly #sums: readonly DictionarySums[];

  constructor(model: Transformer, dictionaries: readonly PlacedDictionary[]) {
    this.#model = model;
    this.#dictionaries = dictionaries;
    this.#points = dictionaries.map(({ hook }) => ({
      hook,
      compared: { hooks: laterStreams(hook, model.config), logits: true },
    }));
    this.#sums = dictionaries.map(({ dictionary }) => new DictionarySums(dictionary));
  }

  /** One pass of the model as it is, and one from its hook point on for each dictionary. */
  add(tokens: TokenBatch): void {
    const original = new OriginalPass(this.#model, tokens, this.#points);
    try {
      this.#dictionaries.forEach(({ dictionary }, index) =>
        this.#addDictionary(dictionary, this.#sums[index]!, this.#points[index]!, original),
      );
    } finally {
      original.dispose();
    }
  }

  /** Metrics of each dictionary, in the order given. */
  metrics(): Metrics[] {
    return this.#sums.map((sums) => sums.metrics());
  }

  #addDictionary(
    dictionary: FrozenDictionary,
    sums: DictionarySums,
    point: SplicePoint,
    original: OriginalPass,
  ): void {
    const { engine } = this.#model;
    const { tokens } = original;
    const tape = new Tape(engine);
    const x = original.at(point.hook);
    const codes = dictionary.encode(x);
    const output = dictionary.decode(codes, x);
    const active = engine.readInts(codes.pointers);
    sums.addReconstruction(tokens, engine.read(x), engine.read(output), active);
    const spliced = original.splice(tape, point, tape.constant(output));
    for (const hook of point.compared.hooks)
      sums.later.add(engine, hook.name, original.at(hook), spliced.at(hook).value);
    compareOutputs(this.#model, original.stream, spliced.stream.value, tokens, (row, values) =>
      sums.addComparison(row % tokens.length, values),
    );
    tape.dispose();
    engine.dispose(codes, output);
  }
}

const positionGroups = ['', 'FirstPosition', 'OtherPositions'] as const;
type PositionGroup = (typeof positionGroups)[number];

/** Running sums of one dictionary, for all positions, position 0 and the rest. */
class DictionarySums {
  readonly later = new LaterStreams();
  readonly #latents: number;
  readonly #groups: Record<PositionGroup, MetricSums>;

  constructor(dictionary: FrozenDictionary) {
    const { latents, dIn } = dictionary.shape;
    this.#latents = latents;
    this.#groups = Object.fromEntries(
      positionGroups.map((group) => [group, new MetricSums(dIn)]),
    ) as Record<PositionGroup, MetricSums>;
  }

  /** x and y [r, d]; pointers delimit the active latents of each row. */
  addReconstruction(
    { length }: TokenBatch,
    x: ArrayLike<number>,
    y: ArrayLike<number>,
    pointers: Int32Array,
  ): void {
    const rows = pointers.length - 1;
    const all = Array.from({ length: rows }, (_, row) => row);
    const parts: [PositionGroup, number[]][] = [
      ['', all],
      ['FirstPosition', all.filter((row) => row % length === 0)],
      ['OtherPositions', all.filter((row) => row % length !== 0)],
    ];
    for (const [group, chosen] of parts) {
      const sums = this.#groups[group];
      const width = x.length / rows;
      sums.reconstruction.add(takeRows(x, chosen, width), takeRows(y, chosen, width));
      for (const row of chosen) sums.active += pointers[row + 1]! - pointers[row]!;
    }
  }

  addComparison(position: number, values: Comparison): void {
    this.#groups[''].addComparison(values);
    this.#groups[position === 0 ? 'FirstPosition' : 'OtherPositions'].addComparison(values);
  }

  metrics(): Metrics {
    const out: Metrics = {
      tokens: this.#groups[''].reconstruction.tokens,
      latents: this.#latents,
      ...this.later.metrics(),
    };
    for (const group of positionGroups) {
      const metrics = this.#groups[group].metrics(this.#latents);
      for (const name of baseMetricNames)
        if (metrics[name] !== undefined) out[`${name}${group}`] = metrics[name];
    }
    return out;
  }
}

function takeRows(
  values: ArrayLike<number>,
  rows: readonly number[],
  width: number,
): ArrayLike<number> {
  if (rows.length * width === values.length) return values;
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) out[i * width + j] = values[row * width + j]!;
  });
  return out;
}
