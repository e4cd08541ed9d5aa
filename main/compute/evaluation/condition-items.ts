import { AppError } from '../../../shared/errors.ts';

/** A sample as this folder needs it, whatever log it is from. */
export interface ScoredSample {
  readonly id: string;
  readonly epoch: number;
  readonly input: string;
  readonly inputHash: string;
  readonly scores: ReadonlyMap<string, number | null>;
  readonly error: string | null;
  readonly limit: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** How samples are counted that did not end as they should. */
export interface ScoringRules {
  readonly scorer: string;
  readonly cluster: string | null;
  readonly errored: 'leave-out' | 'wrong';
  readonly limited: 'as-scored' | 'leave-out' | 'wrong';
}

export type SampleState = 'scored' | 'errored' | 'limited' | 'unscored';

/** One sample of one epoch under one condition; `score` is null where it is left out. */
export interface ItemEntry {
  condition: number;
  epoch: number;
  log: number;
  score: number | null;
  state: SampleState;
  inputHash: string;
}

/** A question under all conditions and epochs. */
export interface Item {
  readonly sample: string;
  readonly task: string | null;
  readonly input: string;
  /** Number of its cluster; its own where it has no value for the key. */
  readonly cluster: number;
  readonly entries: ItemEntry[];
}

const mostSamples = 2_000_000;
const excerptCharacters = 200;

/**
 * Brings samples of many logs together by item: the sample's id, with its task where `byTask`. A
 * sample that is found again under the same condition and epoch replaces the one before, so logs are
 * to be added oldest first.
 */
export class ConditionItems {
  readonly #items = new Map<string, Item>();
  readonly #clusters = new Map<string, number>();
  readonly #rules: ScoringRules;
  readonly #byTask: boolean;
  /** Found again in a later log, by condition. */
  readonly replaced: number[];
  /** Items without a value for the key of clusters. */
  withoutCluster = 0;
  #samples = 0;

  constructor(conditions: number, rules: ScoringRules, byTask: boolean) {
    this.#rules = rules;
    this.#byTask = byTask;
    this.replaced = new Array<number>(conditions).fill(0);
  }

  get items(): readonly Item[] {
    return [...this.#items.values()];
  }

  /** @throws AppError `too-large` beyond two million samples. */
  add(sample: ScoredSample, from: { condition: number; log: number; task: string }): void {
    if (++this.#samples > mostSamples)
      throw new AppError(
        'too-large',
        `The logs hold more than ${mostSamples} samples. Compare fewer logs at once.`,
      );
    const { condition, log, task } = from;
    const item = this.#item(sample, task);
    const { score, state } = this.#scored(sample);
    const { epoch, inputHash } = sample;
    const entry: ItemEntry = { condition, epoch, log, score, state, inputHash };
    const before = item.entries.findIndex(
      (other) => other.condition === condition && other.epoch === epoch,
    );
    if (before < 0) item.entries.push(entry);
    // The lines of one document under several filters are parts of one sample.
    else if (item.entries[before]!.log === log) {
      if (item.entries[before]!.score === null) item.entries[before] = entry;
    } else {
      item.entries[before] = entry;
      this.replaced[condition]!++;
    }
  }

  #item(sample: ScoredSample, task: string): Item {
    const key = this.#byTask ? `${task}\n${sample.id}` : sample.id;
    let item = this.#items.get(key);
    if (!item) {
      item = {
        sample: sample.id,
        task: this.#byTask ? task : null,
        input: sample.input.slice(0, excerptCharacters),
        cluster: this.#cluster(sample, key),
        entries: [],
      };
      this.#items.set(key, item);
    }
    return item;
  }

  #cluster(sample: ScoredSample, key: string): number {
    if (this.#rules.cluster === null) return this.#items.size;
    const value = sample.metadata[this.#rules.cluster] ?? null;
    if (value === null) this.withoutCluster++;
    const name = value === null ? `item ${key}` : `value ${JSON.stringify(value)}`;
    let number = this.#clusters.get(name);
    if (number === undefined) this.#clusters.set(name, (number = this.#clusters.size));
    return number;
  }

  #scored(sample: ScoredSample): { score: number | null; state: SampleState } {
    const { scorer, errored, limited } = this.#rules;
    if (sample.error !== null) return { score: errored === 'wrong' ? 0 : null, state: 'errored' };
    const score = sample.scores.get(scorer) ?? null;
    if (sample.limit === null) return { score, state: score === null ? 'unscored' : 'scored' };
    if (limited === 'as-scored') return { score, state: 'limited' };
    return { score: limited === 'wrong' ? 0 : null, state: 'limited' };
  }
}

/** Mean over the epochs of a condition that are scored; null where none is. */
export function itemMean(item: Item, condition: number): number | null {
  let sum = 0;
  let n = 0;
  for (const entry of item.entries)
    if (entry.condition === condition && entry.score !== null) {
      sum += entry.score;
      n++;
    }
  return n === 0 ? null : sum / n;
}
