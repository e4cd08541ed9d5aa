import * as v from 'valibot';
import { shortText } from './schemas.ts';

const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80));

/** What a comparison of evaluation conditions is made of: logs, their conditions, how they are scored. */
export const evaluationSpecSchema = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(300)),
    /** Paths relative to the project folder. */
    logs: v.pipe(
      v.array(v.strictObject({ path: shortText, condition: name })),
      v.minLength(1),
      v.maxLength(500),
    ),
    /** Conditions in which the model is said to have no room to think before it answers. */
    noScratchpad: v.optional(v.array(name), []),
    /** The condition that the others are held against; the first one where it is absent. */
    baseline: v.optional(name),
    /** The scorer whose values count; the first that all logs share where it is absent. */
    scorer: v.optional(shortText),
    /** A key of the samples' metadata whose equal values mark samples that belong together. */
    cluster: v.optional(shortText),
    /** Samples that ended with an error. */
    errored: v.optional(v.picklist(['leave-out', 'wrong']), 'leave-out'),
    /** Samples that ended at a limit of messages, tokens or time. */
    limited: v.optional(v.picklist(['as-scored', 'leave-out', 'wrong']), 'as-scored'),
    confidence: v.optional(v.pipe(v.number(), v.minValue(0.5), v.maxValue(0.999)), 0.95),
    /** Differences below this count as equivalence. */
    margin: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1e6)), 0.05),
    seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1)), 0),
  }),
  v.check(
    ({ logs }) => new Set(logs.map(({ path }) => path)).size === logs.length,
    'names a log twice',
  ),
  v.check(
    ({ logs, baseline }) =>
      baseline === undefined || logs.some(({ condition }) => condition === baseline),
    'names a baseline that no log has as its condition',
  ),
  v.check(
    ({ logs }) => new Set(logs.map(({ condition }) => condition)).size <= mostConditions,
    'has more than 20 conditions',
  ),
);
export type EvaluationSpec = v.InferOutput<typeof evaluationSpecSchema>;

export const mostConditions = 20;

/** What is known of a log before its samples are read. */
export interface LogFacts {
  readonly model: string;
  readonly solvers: readonly { readonly name: string; readonly cot: boolean }[];
  readonly tags: readonly string[];
  readonly condition: string | null;
  readonly reasoning: readonly string[];
}

const scaffolds =
  /^(?:react|basic_agent|use_tools|self_critique|human_agent|human_cli|bridge|plan_solve|.*agent.*)$/;

/** Solvers that ask once and take the answer. */
const plain =
  /^(?:generate|multiple_choice|(?:system|user|assistant)_message|prompt_template|input_.*)$/;

export interface SuggestedCondition {
  readonly condition: string;
  readonly noScratchpad: boolean;
  /** What in the log it was read from. */
  readonly why: string;
}

/**
 * The condition of a log as its metadata, tags, model and plan tell it, in this order: what the log
 * itself names; else whether the model is fine-tuned, and whether it works in a scaffold, on a
 * scratchpad (chain of thought, or reasoning that is switched on) or without one.
 */
export function suggestCondition(log: LogFacts): SuggestedCondition {
  const tagged = log.tags.find((tag) => tag.startsWith('condition:'))?.slice('condition:'.length);
  const named = log.condition ?? (tagged ? tagged.trim().slice(0, 80) : null);
  if (named)
    return {
      condition: named,
      noScratchpad: isWithout(named),
      why: log.condition
        ? 'metadata: condition'
        : `tag ${log.tags.find((tag) => tag.startsWith('condition:'))}`,
    };
  const kind = kindOf(log);
  const tuned = tunedBy(log);
  return {
    condition: tuned ? `fine-tuned, ${kind.condition}` : kind.condition,
    noScratchpad: kind.condition === 'no scratchpad',
    why: tuned ? `${tuned}; ${kind.why}` : kind.why,
  };
}

/**
 * Conditions of several logs: where one condition has logs of several models, its name says which.
 */
export function suggestConditions(logs: readonly LogFacts[]): SuggestedCondition[] {
  const suggested = logs.map((log) => ({ log, ...suggestCondition(log) }));
  const groups = Map.groupBy(suggested, ({ condition }) => condition);
  return suggested.map(({ log, condition, noScratchpad, why }) => {
    const models = new Set(groups.get(condition)!.map((other) => other.log.model));
    const name = models.size > 1 ? `${condition}, ${log.model}`.slice(0, 80) : condition;
    return { condition: name, noScratchpad, why };
  });
}

function kindOf({ solvers, tags, reasoning }: LogFacts): { condition: string; why: string } {
  const known = ['no scratchpad', 'scratchpad', 'scaffolded'];
  const tag = tags.find((name) => known.includes(plainTag(name)));
  if (tag !== undefined) return { condition: plainTag(tag), why: `tag ${tag}` };
  const scaffold = solvers.find(({ name }) => scaffolds.test(name));
  if (scaffold) return { condition: 'scaffolded', why: `solver ${scaffold.name}` };
  const thought = solvers.find(({ name, cot }) => cot || name === 'chain_of_thought');
  if (thought) {
    const what = thought.cot ? `${thought.name} with cot` : thought.name;
    return { condition: 'scratchpad', why: `solver ${what}` };
  }
  if (reasoning.length > 0) return { condition: 'scratchpad', why: reasoning.join(', ') };
  const own = solvers.find(({ name }) => !plain.test(name));
  if (own) return { condition: own.name.slice(0, 80), why: `solver ${own.name}` };
  const names = solvers.map(({ name }) => name).join(', ');
  return {
    condition: 'no scratchpad',
    why: names === '' ? 'nothing in the log says otherwise' : `${names} alone`,
  };
}

function tunedBy({ model, tags }: LogFacts): string | null {
  if (tags.some((tag) => plainTag(tag) === 'fine tuned')) return 'tag fine-tuned';
  return /(?:^|[/:_-])(?:ft|fine-?tuned?)(?:[/:_-]|$)/i.test(model) ? `model ${model}` : null;
}

function plainTag(tag: string): string {
  return tag.trim().toLowerCase().replace(/[-_]+/g, ' ');
}

/** Whether a condition's name claims that there is no scratchpad. */
export function isWithout(condition: string): boolean {
  return /\b(?:no|without|hidden)[- _]?(?:a )?scratchpad\b|\bno[- _]?cot\b/i.test(condition);
}
