import type {
  EvaluationCondition,
  EvaluationDetail,
  EvaluationItem,
  EvaluationPair,
} from '../../../shared/contract/evaluations.ts';
import type { EvaluationSpec } from '../../../shared/domain/evaluation.ts';
import type { Steps } from '../steps.ts';
import { adjustP } from './adjust-p.ts';
import { comparePair, type UnadjustedPair } from './compare-pair.ts';
import { itemMean, type ConditionItems, type Item } from './condition-items.ts';
import { describeCondition, finite } from './describe-condition.ts';
import { evaluationMethod } from './method-text.ts';
import type { ScratchpadCheck } from './scratchpad-check.ts';
import { evaluationWarnings } from './evaluation-warnings.ts';

/** A log as the comparison needs it. */
export interface ComparedLog {
  readonly path: string;
  readonly condition: string;
  readonly model: string;
  readonly task: string;
  readonly status: string;
  /** Settings of its model that let it think before it answers. */
  readonly reasoning: readonly string[];
  /** The scorer that was chosen gives values in it. */
  readonly hasScorer: boolean;
}

export interface ComparedConditions {
  /** The baseline first. */
  readonly names: readonly string[];
  readonly items: ConditionItems;
  /** One for each condition. */
  readonly checks: readonly ScratchpadCheck[];
  readonly logs: readonly ComparedLog[];
  readonly scorer: string;
}

export interface Comparison extends Pick<
  EvaluationDetail,
  | 'isBinary'
  | 'baseline'
  | 'conditions'
  | 'pairs'
  | 'discordant'
  | 'discordantKept'
  | 'warnings'
  | 'method'
> {
  /** Items on which two conditions differ. */
  readonly items: readonly EvaluationItem[];
}

/** Items on which conditions differ that are kept to be looked at. */
export const mostDiscordant = 20_000;

/**
 * Conditions, each by itself and every two of them on the items that both have; p values adjusted over
 * all pairs. Of a pair, the condition named later is `first`, so that differences read as uplift over
 * the baseline.
 */
export function* compareConditions(
  compared: ComparedConditions,
  spec: EvaluationSpec,
): Steps<Comparison> {
  const { names, logs } = compared;
  const { items } = compared.items;
  const options = { confidence: spec.confidence, isClustered: spec.cluster !== undefined };
  const conditions = names.map((name, index): EvaluationCondition => ({
    name,
    noScratchpad: spec.noScratchpad.includes(name),
    ...ofLogs(logs.filter(({ condition }) => condition === name)),
    replaced: compared.items.replaced[index]!,
    ...describeCondition(items, index, options),
    signs: compared.checks[index]!.signs,
  }));
  const pairs = yield* allPairs(names, items, spec);
  const { kept, total } = discordantItems(items, names.length);
  return {
    isBinary: conditions.every(({ successes }) => successes !== null),
    baseline: names[0]!,
    conditions,
    pairs,
    discordant: total,
    discordantKept: kept.length,
    warnings: evaluationWarnings({
      conditions,
      pairs,
      logs,
      scorer: compared.scorer,
      withoutCluster: spec.cluster === undefined ? 0 : compared.items.withoutCluster,
    }),
    method: evaluationMethod(spec, compared.scorer, pairs),
    items: kept,
  };
}

function ofLogs(logs: readonly ComparedLog[]): { models: string[]; logs: number } {
  return { models: [...new Set(logs.map(({ model }) => model))], logs: logs.length };
}

function* allPairs(
  names: readonly string[],
  items: readonly Item[],
  spec: EvaluationSpec,
): Steps<EvaluationPair[]> {
  const { confidence, margin, seed } = spec;
  const found: { first: string; second: string; pair: UnadjustedPair }[] = [];
  const total = (names.length * (names.length - 1)) / 2;
  for (let second = 0; second < names.length; second++)
    for (let first = second + 1; first < names.length; first++) {
      const substream = found.length;
      const options = {
        confidence,
        margin,
        seed,
        substream,
        isClustered: spec.cluster !== undefined,
      };
      const pair = yield* comparePair(items, first, second, options);
      found.push({ first: names[first]!, second: names[second]!, pair });
      yield { phase: 'comparing pairs', done: found.length, total };
    }
  const p = found.map(({ pair }) => pair.p ?? NaN);
  const [holm, bh] = [adjustP(p, 'holm'), adjustP(p, 'bh')];
  return found.map(({ first, second, pair }, index) => ({
    first,
    second,
    ...pair,
    holm: finite(holm[index]!),
    bh: finite(bh[index]!),
  }));
}

function discordantItems(
  items: readonly Item[],
  conditions: number,
): { kept: EvaluationItem[]; total: number } {
  const kept: EvaluationItem[] = [];
  let total = 0;
  for (const item of items) {
    const means = Array.from({ length: conditions }, (_, index) => itemMean(item, index));
    const scored = means.filter((mean) => mean !== null);
    if (scored.every((mean) => mean === scored[0])) continue;
    total++;
    if (kept.length < mostDiscordant) kept.push(shownItem(item, means));
  }
  return { kept, total };
}

function shownItem(item: Item, means: readonly (number | null)[]): EvaluationItem {
  return {
    sample: item.sample,
    task: item.task,
    input: item.input,
    cells: means.map((score, condition) => {
      const entries = item.entries.filter((entry) => entry.condition === condition);
      if (entries.length === 0) return null;
      const epochs = entries.map(({ epoch }) => epoch).sort((a, b) => a - b);
      return { score, log: entries[0]!.log, epochs };
    }),
  };
}
