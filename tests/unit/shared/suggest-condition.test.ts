import { describe, expect, it } from 'vitest';
import {
  isWithout,
  suggestCondition,
  suggestConditions,
  type LogFacts,
} from '../../../shared/domain/evaluation.ts';

function log(facts: Partial<LogFacts> = {}): LogFacts {
  return { model: 'm', solvers: [], tags: [], condition: null, reasoning: [], ...facts };
}

function solvers(...names: string[]): LogFacts['solvers'] {
  return names.map((name) => ({ name, cot: false }));
}

describe('the condition of a log', () => {
  it.each<[string, Partial<LogFacts>, string, boolean]>([
    ['a single answer', { solvers: solvers('system_message', 'generate') }, 'no scratchpad', true],
    ['chain of thought', { solvers: solvers('chain_of_thought', 'generate') }, 'scratchpad', false],
    [
      'choices with cot',
      { solvers: [{ name: 'multiple_choice', cot: true }] },
      'scratchpad',
      false,
    ],
    ['choices alone', { solvers: solvers('multiple_choice') }, 'no scratchpad', true],
    ['an agent', { solvers: solvers('basic_agent') }, 'scaffolded', false],
    ['tools', { solvers: solvers('use_tools', 'generate') }, 'scaffolded', false],
    ['a solver of its own', { solvers: solvers('my_solver', 'generate') }, 'my_solver', false],
    ['reasoning', { reasoning: ['reasoning_effort high'] }, 'scratchpad', false],
    ['fine-tuning', { model: 'openai/ft:gpt-4o:x' }, 'fine-tuned, no scratchpad', true],
    ['a tag', { tags: ['no-scratchpad'], solvers: solvers('react') }, 'no scratchpad', true],
    ['a named tag', { tags: ['condition: mine'] }, 'mine', false],
    [
      'metadata',
      { condition: 'hidden scratchpad', tags: ['scratchpad'] },
      'hidden scratchpad',
      true,
    ],
  ])('is read from %s', (_, facts, condition, noScratchpad) => {
    expect(suggestCondition(log(facts))).toMatchObject({ condition, noScratchpad });
  });

  it('names the model where logs of several would share it', () => {
    const names = suggestConditions([log(), log({ model: 'other' })]).map((one) => one.condition);
    expect(names).toEqual(['no scratchpad, m', 'no scratchpad, other']);
  });

  it('claims to be without a scratchpad by its words', () => {
    expect(['no CoT', 'without scratchpad', 'No-scratchpad'].every(isWithout)).toBe(true);
    expect(['scratchpad', 'notes', 'cot'].some(isWithout)).toBe(false);
  });
});
