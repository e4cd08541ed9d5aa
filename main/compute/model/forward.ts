import { Tape, type Variable } from '../tape.ts';
import type { Hook, TokenBatch, Transformer } from './transformer.ts';
import { nextTokens } from './next-tokens.ts';

export interface ForwardResult {
  /** Values at the asked hook points, [r, d] row-major. */
  readonly hooks: ReadonlyMap<string, Float32Array>;
  /** [r, V] */
  readonly logits: Float32Array;
  /** Next-token cross-entropy, one per position with a next token: [sequences, length - 1]. */
  readonly crossEntropy: Float32Array;
}

/** The whole forward pass with the values at some hook points, copied off the engine. */
export function forward(
  model: Transformer,
  tokens: TokenBatch,
  hooks: readonly string[],
): ForwardResult {
  const { engine } = model;
  const tape = new Tape(engine);
  const captured = new Map<string, Float32Array>();
  const asked = new Set(hooks);
  try {
    const capture: Hook = (name, x) => {
      if (asked.has(name)) captured.set(name, Float32Array.from(engine.read(x.value)));
      return x;
    };
    const logits = logitsOf(model, tape, tokens, Object.assign(capture, { reads: asked }));
    return {
      hooks: captured,
      logits: Float32Array.from(engine.read(logits.value)),
      crossEntropy: lossesOf(model, logits, tokens),
    };
  } finally {
    tape.dispose();
  }
}

/**
 * Next-token cross-entropy, [sequences, length - 1], in a pass that a hook may change, such as by what
 * it gives in the place of a value.
 */
export function crossEntropyWith(
  model: Transformer,
  tokens: TokenBatch,
  hook?: Hook,
): Float32Array {
  const tape = new Tape(model.engine);
  try {
    return lossesOf(model, logitsOf(model, tape, tokens, hook), tokens);
  } finally {
    tape.dispose();
  }
}

function logitsOf(model: Transformer, tape: Tape, tokens: TokenBatch, hook?: Hook): Variable {
  return tape.frame(() => {
    const embedded = model.embed(tape, tokens);
    const all = { from: 0, to: model.config.layers };
    const last = model.blocks(tape, embedded, all, tokens, hook);
    return model.unembed(tape, model.finalNorm(tape, last));
  });
}

function lossesOf({ engine }: Transformer, logits: Variable, tokens: TokenBatch): Float32Array {
  const targets = nextTokens(tokens);
  const targetTensor = engine.ints(targets, [targets.length]);
  const losses = engine.crossEntropy(logits.value, targetTensor);
  const perRow = engine.read(losses);
  engine.dispose(targetTensor, losses);
  return Float32Array.from(perRow.filter((_, row) => targets[row]! >= 0));
}
