import type { EvalMessage, EvalTranscript } from './eval-log.ts';
import { fields } from './thought-signs.ts';

/** What one transcript may carry: it travels in one frame. */
const mostCharacters = 200_000;
const mostMessages = 400;

/** The transcript of an Inspect sample for reading, cut where it is too long to be shown. */
export function toTranscript(
  sample: Readonly<Record<string, unknown>>,
  attachments: (reference: string) => string | undefined,
): EvalTranscript {
  const cut = new Cut();
  const all = Array.isArray(sample['messages']) ? (sample['messages'] as unknown[]) : [];
  const messages = all
    .slice(0, mostMessages)
    .map((message) => toMessage(message, cut, attachments));
  const { error, limit, target } = sample;
  return {
    id: String(sample['id']),
    epoch: Number(sample['epoch'] ?? 1),
    target: cut.text(Array.isArray(target) ? target.join('\n') : plain(target)),
    messages,
    scores: Object.entries(fields(sample['scores'])).map(([scorer, score]) => ({
      scorer,
      value: cut.text(plain(fields(score)['value'])),
      explanation: cut.text(plain(fields(score)['explanation'])),
    })),
    error: error ? cut.text(plain(fields(error)['message'] ?? error)) : null,
    limit: limit ? plain(fields(limit)['type'] ?? limit).slice(0, 80) : null,
    isCut: cut.isCut || all.length > mostMessages,
  };
}

/** Gives out text until its budget is spent. */
export class Cut {
  #left = mostCharacters;
  isCut = false;

  text(text: string): string {
    const kept = text.slice(0, this.#left);
    this.#left -= kept.length;
    this.isCut ||= kept.length < text.length;
    return kept;
  }
}

function toMessage(
  message: unknown,
  cut: Cut,
  attachments: (reference: string) => string | undefined,
): EvalMessage {
  const { role, content, tool_calls: calls } = fields(message);
  const resolve = (text: string): string =>
    text.replace(/attachment:\/\/([0-9a-f]{32})/g, (whole, id: string) => attachments(id) ?? whole);
  const parts = (Array.isArray(content) ? content : [content]).map((block) => {
    if (typeof block === 'string') return { kind: 'text', text: cut.text(resolve(block)) };
    const { type, text, reasoning, redacted, summary } = fields(block);
    const kind = redacted === true ? 'reasoning (redacted)' : plain(type).slice(0, 40);
    return { kind: kind || 'other', text: cut.text(resolve(plain(text ?? reasoning ?? summary))) };
  });
  const called = (Array.isArray(calls) ? calls : []).map((call) => {
    const { function: name, arguments: values } = fields(call);
    return { kind: 'tool call', text: cut.text(`${plain(name)} ${resolve(plain(values))}`) };
  });
  return {
    role: plain(role).slice(0, 40) || 'unknown',
    parts: [...parts, ...called].filter(({ kind, text }) => text !== '' || kind !== 'text'),
  };
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
