import type { ScratchpadSigns } from '../../../shared/contract/evaluations.ts';
import type { ScoredSample } from './condition-items.ts';

/** A sample with what its transcript shows of room to think. */
export interface WatchedSample extends ScoredSample {
  readonly signs: {
    readonly reasoningBlocks: number;
    readonly redactedBlocks: number;
    readonly thinkTags: number;
    readonly toolCalls: number;
    readonly assistantTurns: number;
  } | null;
  readonly reasoningTokens: number;
}

const mostExamples = 20;

type Counted = Exclude<keyof ScratchpadSigns, 'examples'>;

/**
 * The secret-scratchpad check: counts the samples of one condition in which the model had room to
 * think, by what shows it. Reasoning tokens are looked for in every sample, the rest where there is a
 * transcript.
 */
export class ScratchpadCheck {
  readonly #counts: Record<Counted, number> = {
    checked: 0,
    withoutTranscript: 0,
    reasoningTokens: 0,
    reasoningBlocks: 0,
    redactedBlocks: 0,
    thinkTags: 0,
    toolCalls: 0,
    severalTurns: 0,
    any: 0,
  };
  readonly #examples: ScratchpadSigns['examples'] = [];

  get signs(): ScratchpadSigns {
    return { ...this.#counts, examples: this.#examples };
  }

  add(sample: WatchedSample, log: string): void {
    const { signs, reasoningTokens } = sample;
    this.#counts[signs ? 'checked' : 'withoutTranscript']++;
    const { reasoningBlocks = 0, redactedBlocks = 0, thinkTags = 0 } = signs ?? {};
    const { toolCalls = 0, assistantTurns = 0 } = signs ?? {};
    const found: readonly [Counted, boolean, string][] = [
      ['reasoningTokens', reasoningTokens > 0, counted(reasoningTokens, 'reasoning token')],
      ['reasoningBlocks', reasoningBlocks > 0, counted(reasoningBlocks, 'block', ' of reasoning')],
      ['redactedBlocks', redactedBlocks > 0, `${redactedBlocks} of them redacted`],
      ['thinkTags', thinkTags > 0, '<think> in its text'],
      ['toolCalls', toolCalls > 0, counted(toolCalls, 'call', ' of tools')],
      ['severalTurns', assistantTurns > 1, counted(assistantTurns, 'turn', ' of the assistant')],
    ];
    const shown = found.filter(([, isShown]) => isShown);
    if (shown.length === 0) return;
    this.#counts.any++;
    for (const [name] of shown) this.#counts[name]++;
    if (this.#examples.length < mostExamples)
      this.#examples.push({
        log,
        sample: sample.id.slice(0, 4096),
        epoch: sample.epoch,
        sign: shown.map(([, , words]) => words).join(', '),
      });
  }
}

function counted(n: number, one: string, after = ''): string {
  return `${n} ${one}${n === 1 ? '' : 's'}${after}`;
}

/** What was found, in words: `3 samples with blocks of reasoning (1 redacted), 1 with tool calls`. */
export function signsInWords(signs: ScratchpadSigns): string {
  const parts: [number, string][] = [
    [signs.reasoningTokens, 'reasoning tokens'],
    [
      signs.reasoningBlocks,
      `blocks of reasoning${signs.redactedBlocks > 0 ? ` (${signs.redactedBlocks} redacted)` : ''}`,
    ],
    [signs.thinkTags, '<think> in the text'],
    [signs.toolCalls, 'calls of tools'],
    [signs.severalTurns, 'more than one turn of the assistant'],
  ];
  return parts
    .filter(([samples]) => samples > 0)
    .map(([samples, words]) => `${samples} with ${words}`)
    .join(', ');
}
