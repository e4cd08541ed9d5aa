import { AppError } from '../../../shared/errors.ts';
import { Tape } from '../tape.ts';
import { KeyValueCache } from './key-value-cache.ts';
import type { Hook, Transformer } from './transformer.ts';

export interface GenerateOptions {
  /** Tokens to generate at most. */
  readonly count: number;
  /** Tokens after which generation ends; each is the last one given. */
  readonly stopAt?: readonly number[];
  /**
   * Called at each hook point of every pass, such as to splice in a dictionary. What it puts in at a
   * position stays there: later positions attend to it.
   */
  readonly hook?: Hook;
}

/**
 * Continues a prompt with the most likely token each time (the smaller id where two are equally so),
 * one token per turn. Each pass computes the new positions only.
 * @throws AppError `bad-input` for an empty prompt, or one that leaves no room in the model's context.
 */
export function* generate(
  model: Transformer,
  prompt: readonly number[],
  { count, stopAt = [], hook }: GenerateOptions,
): Generator<number, void, void> {
  const length = prompt.length + count;
  checkLength(model, prompt.length, count);
  // The last token is never run through the model.
  const past = new KeyValueCache(model.engine, model.config, Math.max(1, length - 1));
  try {
    let ids = Int32Array.from(prompt);
    for (let made = 0; made < count; made++) {
      const next = nextToken(model, ids, past, hook);
      yield next;
      if (stopAt.includes(next)) return;
      ids = Int32Array.of(next);
    }
  } finally {
    past.dispose();
  }
}

function nextToken(
  model: Transformer,
  ids: Int32Array,
  past: KeyValueCache,
  hook: Hook | undefined,
): number {
  const { engine, config } = model;
  const batch = { ids, sequences: 1, length: ids.length, past };
  const tape = new Tape(engine);
  try {
    const logits = tape.frame(() => {
      const embedded = model.embed(tape, batch);
      const range = { from: 0, to: config.layers };
      const stream = model.blocks(tape, embedded, range, batch, hook);
      const last = tape.own(engine.rows(stream.value, ids.length - 1, ids.length));
      return model.unembed(tape, model.finalNorm(tape, last));
    });
    past.advance(ids.length);
    const { values, indices } = engine.topK(logits.value, 1);
    const [next] = engine.readInts(indices);
    engine.dispose(values, indices);
    return next!;
  } finally {
    tape.dispose();
  }
}

function checkLength({ config }: Transformer, prompt: number, count: number): void {
  if (prompt === 0)
    throw new AppError('bad-input', 'The prompt has no tokens. Give at least one.', {
      place: 'prompt',
    });
  if (prompt + count > config.context)
    throw new AppError(
      'bad-input',
      `A prompt of ${prompt} tokens and ${count} more do not fit the model's context of ${config.context}. Ask for fewer.`,
      { place: 'prompt' },
    );
}
