import { baseMetricNames, type Metrics } from '../../../shared/domain/metrics.ts';
import type { Tensor } from '../engine.ts';
import type { PassRequest } from '../model/activations.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import { Tape, type Variable } from '../tape.ts';
import { compareOutputs, type Comparison } from './compare-outputs.ts';
import type { FrozenDictionary, PlacedDictionary } from './frozen-dictionary.ts';
import { LaterStreams } from './later-streams.ts';
import { MetricSums } from './metric-sums.ts';
import { firstOf, laterStreams } from './objective.ts';
import { OriginalPass, type SplicePoint } from './original-pass.ts';

/**
 * Measures dictionaries on held-out tokens: reconstruction (of its target, for a transcoder), sparsity,
 * and what replacing the activation by the output does to the model's predictions. Dictionaries of one
 * pass (the pathway `joint`) are measured spliced in together, on what reaches each of them. Position 0
 * of each sequence is also reported apart, and so is the distance of later residual streams. Feed it
 * batches, then ask for the metrics.
 */
export class Evaluation {
  readonly #model: Transformer;
  readonly #dictionaries: readonly PlacedDictionary[];
  readonly #passes: readonly MeasuredPass[];
  readonly #sums: readonly DictionarySums[];

  constructor(model: Transformer, dictionaries: readonly PlacedDictionary[]) {
    this.#model = model;
    this.#dictionaries = dictionaries;
    const positions = Array.from(dictionaries.keys());
    const passes = Map.groupBy(positions, (at) => dictionaries[at]!.pass ?? at);
    this.#passes = [...passes.values()].map((members) => {
      const places = members.map((at) => dictionaries[at]!);
      const first = firstOf(places.map(({ hook, target = hook }) => target));
      const compared = { hooks: laterStreams(first, model.config), logits: true };
      const points = places.map(({ hook, target }) => ({ hook, target, compared }));
      return { members, compared, points };
    });
    this.#sums = dictionaries.map(({ dictionary }) => new DictionarySums(dictionary));
  }

  /** One pass of the model as it is, and one from its hook point on for each dictionary or joint pass. */
  add(tokens: TokenBatch): void {
    const points = this.#passes.flatMap((pass) => pass.points);
    const original = new OriginalPass(this.#model, tokens, points);
    try {
      for (const pass of this.#passes) this.#addPass(pass, original);
    } finally {
      original.dispose();
    }
  }

  /** Metrics of each dictionary, in the order given. */
  metrics(): Metrics[] {
    return this.#sums.map((sums) => sums.metrics());
  }

  #addPass({ members, compared, points }: MeasuredPass, original: OriginalPass): void {
    const { engine } = this.#model;
    const { tokens } = original;
    const tape = new Tape(engine);
    try {
      const spliced = original.spliceJointly(tape, points, compared, (position, x, target) =>
        this.#outputOf(tape, members[position]!, tokens, x.value, target.value),
      );
      for (const index of members)
        for (const hook of compared.hooks) {
          const { later } = this.#sums[index]!;
          later.add(engine, hook.name, original.at(hook), spliced.at(hook).value);
        }
      compareOutputs(this.#model, original.stream, spliced.stream.value, tokens, (row, values) => {
        for (const index of members) this.#sums[index]!.addComparison(row % tokens.length, values);
      });
    } finally {
      tape.dispose();
    }
  }

  /** What a dictionary gives for x [r, d], measured against its target. */
  #outputOf(tape: Tape, index: number, tokens: TokenBatch, x: Tensor, target: Tensor): Variable {
    const { engine } = this.#model;
    const { dictionary } = this.#dictionaries[index]!;
    const codes = dictionary.encode(x);
    const output = dictionary.decode(codes, x);
    const active = engine.readInts(codes.pointers);
    this.#sums[index]!.addReconstruction(tokens, engine.read(target), engine.read(output), active);
    engine.dispose(codes);
    return tape.own(output);
  }
}

/** Dictionaries that are spliced in together. */
interface MeasuredPass {
  readonly members: readonly number[];
  readonly compared: PassRequest;
  readonly points: readonly SplicePoint[];
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

  /** Target x and output y [r, d]; pointers delimit the active latents of each row. */
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
