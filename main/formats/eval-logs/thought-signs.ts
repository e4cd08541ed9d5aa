import type { ThoughtSigns } from './eval-log.ts';

/**
 * Counts what shows that a model had room to think, in messages as Inspect writes them: blocks of
 * type `reasoning` (redacted ones too), `<think>` in plain text, calls of tools, and turns of the
 * assistant. Turns that the task itself put in front (`source` input: few-shot examples) are not
 * counted. What is no message counts as nothing.
 */
export function thoughtSigns(messages: readonly unknown[]): ThoughtSigns {
  const signs = {
    reasoningBlocks: 0,
    redactedBlocks: 0,
    thinkTags: 0,
    toolCalls: 0,
    assistantTurns: 0,
  };
  let toolAnswers = 0;
  for (const message of messages) {
    const { role, source, content, tool_calls: calls } = fields(message);
    if (role === 'tool') toolAnswers++;
    if (role !== 'assistant' || source === 'input') continue;
    signs.assistantTurns++;
    if (Array.isArray(calls)) signs.toolCalls += calls.length;
    for (const block of Array.isArray(content) ? content : [content]) {
      if (typeof block === 'string') {
        signs.thinkTags += thinkTags(block);
        continue;
      }
      const { type, redacted, text } = fields(block);
      if (type === 'reasoning') signs.reasoningBlocks++;
      if (type === 'reasoning' && redacted === true) signs.redactedBlocks++;
      if (type === 'tool_use') signs.toolCalls++;
      if (typeof text === 'string') signs.thinkTags += thinkTags(text);
    }
  }
  return { ...signs, toolCalls: Math.max(signs.toolCalls, toolAnswers) };
}

export function thinkTags(text: string): number {
  return text.match(/<think(?:ing)?>/gi)?.length ?? 0;
}

/** The fields of what may be an object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}
