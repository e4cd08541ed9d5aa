import {
  baseMetricNames,
  type BaseMetric,
  type MetricName,
} from '../../../shared/domain/metrics.ts';
import type { Tensor } from '../engine.ts';
import {
  activationsAt,
  disposeHookState,
  finishFrom,
  type HookState,
} from '../model/activations.ts';
import type { HookPoint } from '../model/hooks.ts';
import { nextTokens } from '../model/next-tokens.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import type { FrozenDictionary } from './frozen-dictionary.ts';
import { logitChunks } from './logits-divergence.ts';
import { ReconstructionStats } from './reconstruction.ts';

type Metrics = Partial<Record<MetricName, number | null>>;

/**
 * Measures dictionaries on held-out tokens: reconstruction, sparsity, and what replacing the
 * activation by the reconstruction does to the model's predictions. Position 0 of each sequence is
 * also reported apart. Feed it batches, then ask for the metrics.
 */
export class Evaluation {
  readonly #model: Transformer;
  readonly #hook: HookPoint;
  readonly #dictionaries: readonly FrozenDictionary[];
  readonly #sums: readonly DictionarySums[];

  constructor(model: Transformer, hook: HookPoint, dictionaries: readonly FrozenDictionary[]) {
    this.#model = model;
    this.#hook = hook;
    this.#dictionaries = dictionaries;
    this.#sums = dictionaries.map((dictionary) => new DictionarySums(dictionary));
  }

  /** One pass of the model as it is, and one from the hook point on for each dictionary. */
  add(tokens: TokenBatch): void {
    const { engine } = this.#model;
    const state = activationsAt(this.#model, tokens, this.#hook);
    const original = finishFrom(this.#model, state, tokens, this.#hook);
    const x = engine.read(state.activation);
    this.#dictionaries.forEach((dictionary, index) => {
      this.#addDictionary(dictionary, this.#sums[index]!, { tokens, state, original, x });
    });
    engine.dispose(original);
    disposeHookState(this.#model, state);
  }

  /** Metrics of each dictionary, in the order given. */
  metrics(): Metrics[] {
    return this.#sums.map((sums) => sums.metrics());
  }

  #addDictionary(
    dictionary: FrozenDictionary,
    sums: DictionarySums,
    pass: { tokens: TokenBatch; state: HookState; original: Tensor; x: ArrayLike<number> },
  ): void {
    const { engine } = this.#model;
    const codes = dictionary.encode(pass.state.activation);
    const reconstruction = dictionary.decode(codes);
    sums.addReconstruction(
      pass.tokens,
      pass.x,
      engine.read(reconstruction),
      engine.readInts(codes.pointers),
    );
    const spliced = finishFrom(this.#model, pass.state, pass.tokens, this.#hook, reconstruction);
    compareOutputs(this.#model, pass.original, spliced, pass.tokens, (row, values) =>
      sums.addComparison(row % pass.tokens.length, values),
    );
    engine.dispose(codes, reconstruction, spliced);
  }
}

/** Row values of two next-token distributions; `hasTarget` is false at the end of a sequence. */
interface Comparison {
  readonly ceOriginal: number;
  readonly ceSpliced: number;
  readonly kl: number;
  readonly klReverse: number;
  readonly totalVariation: number;
  readonly topOneAgreement: number;
  readonly hasTarget: boolean;
}

/** Unembeds both streams a chunk of rows at a time, so that whole logits never exist. */
function compareOutputs(
  model: Transformer,
  original: Tensor,
  spliced: Tensor,
  tokens: TokenBatch,
  visit: (row: number, values: Comparison) => void,
): void {
  const { engine, config } = model;
  const targets = nextTokens(tokens);
  for (const { start, end } of logitChunks(tokens.ids.length, config.vocabulary)) {
    const [p, q] = [original, spliced].map((stream) => logitsOf(model, stream, start, end)) as [
      Tensor,
      Tensor,
    ];
    const chunkTargets = engine.ints(targets.subarray(start, end), [end - start]);
    const compared = engine.compareLogits(p, q, chunkTargets);
    const values = {
      ceOriginal: engine.read(compared.crossEntropyP),
      ceSpliced: engine.read(compared.crossEntropyQ),
      kl: engine.read(compared.klPQ),
      klReverse: engine.read(compared.klQP),
      totalVariation: engine.read(compared.totalVariation),
      topOneAgreement: engine.read(compared.sameTop),
    };
    for (let i = 0; i < end - start; i++)
      visit(start + i, {
        ceOriginal: values.ceOriginal[i]!,
        ceSpliced: values.ceSpliced[i]!,
        kl: values.kl[i]!,
        klReverse: values.klReverse[i]!,
        totalVariation: values.totalVariation[i]!,
        topOneAgreement: values.topOneAgreement[i]!,
        hasTarget: targets[start + i]! >= 0,
      });
    engine.dispose(p, q, chunkTargets, ...Object.values<Tensor>({ ...compared }));
  }
}

function logitsOf(model: Transformer, stream: Tensor, start: number, end: number): Tensor {
  const part = model.engine.rows(stream, start, end);
  const logits = model.logits(part);
  model.engine.dispose(part);
  return logits;
}

const positionGroups = ['', 'FirstPosition', 'OtherPositions'] as const;
type PositionGroup = (typeof positionGroups)[number];

const comparisonMetrics = ['kl', 'klReverse', 'totalVariation', 'topOneAgreement'] as const;

/** Running sums of one dictionary, for all positions, position 0 and the rest. */
class DictionarySums {
  readonly #latents: number;
  readonly #groups: Record<PositionGroup, GroupSums>;

  constructor(dictionary: FrozenDictionary) {
    const { latents, dIn } = dictionary.shape;
    this.#latents = latents;
    this.#groups = Object.fromEntries(
      positionGroups.map((group) => [group, new GroupSums(dIn)]),
    ) as Record<PositionGroup, GroupSums>;
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
    };
    for (const group of positionGroups) {
      const metrics = this.#groups[group].metrics(this.#latents);
      for (const name of baseMetricNames)
        if (metrics[name] !== undefined) out[`${name}${group}`] = metrics[name];
    }
    return out;
  }
}

class GroupSums {
  readonly reconstruction: ReconstructionStats;
  active = 0;
  readonly #sums = new Map<BaseMetric, number>();
  #compared = 0;
  #targets = 0;

  constructor(width: number) {
    this.reconstruction = new ReconstructionStats(width);
  }

  addComparison(values: Comparison): void {
    this.#compared++;
    for (const name of comparisonMetrics) this.#add(name, values[name]);
    if (!values.hasTarget) return;
    this.#targets++;
    this.#add('ceOriginal', values.ceOriginal);
    this.#add('ceSpliced', values.ceSpliced);
  }

  metrics(latents: number): Partial<Record<BaseMetric, number | null>> {
    const { tokens } = this.reconstruction;
    if (tokens === 0) return {};
    const l0 = this.active / tokens;
    const out: Partial<Record<BaseMetric, number | null>> = {
      ...this.reconstruction.metrics(),
      l0,
      fractionZero: 1 - l0 / latents,
    };
    for (const name of comparisonMetrics) out[name] = this.#mean(name, this.#compared);
    out.ceOriginal = this.#mean('ceOriginal', this.#targets);
    out.ceSpliced = this.#mean('ceSpliced', this.#targets);
    out.ceIncrease =
      out.ceSpliced === null || out.ceOriginal === null ? null : out.ceSpliced - out.ceOriginal;
    return out;
  }

  #add(name: BaseMetric, value: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + value);
  }

  #mean(name: BaseMetric, count: number): number | null {
    return count === 0 ? null : (this.#sums.get(name) ?? 0) / count;
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
