import { AppError } from '../../../shared/errors.ts';
import type { Tensor } from '../engine.ts';
import { Tape, type Variable } from '../tape.ts';
import { blockAfter, type HookPoint } from './hooks.ts';
import type { TokenBatch, Transformer } from './transformer.ts';

/** The residual stream before the block of a hook point, and the activation at the hook point itself. */
export interface HookState {
  /** [r, d] before block `blockAfter(hook)`; the same tensor as `activation` where they coincide. */
  readonly residual: Tensor;
  /** [r, d] */
  readonly activation: Tensor;
}

/**
 * Runs the model no further than the hook point. The caller frees the tensors.
 */
export function activationsAt(model: Transformer, tokens: TokenBatch, hook: HookPoint): HookState {
  const tape = new Tape(model.engine);
  try {
    const before = tape.frame(() =>
      model.blocks(tape, model.embed(tape, tokens), { from: 0, to: blockAfter(hook) }, tokens),
    );
    const residual = tape.detach(before);
    if (hook.site === 'resid_pre' || hook.site === 'resid_post')
      return { residual, activation: residual };
    return { residual, activation: captureInBlock(model, tape, before, tokens, hook) };
  } finally {
    tape.dispose();
  }
}

function captureInBlock(
  model: Transformer,
  tape: Tape,
  residual: Variable,
  tokens: TokenBatch,
  hook: HookPoint,
): Tensor {
  let captured: Tensor | undefined;
  tape.frame(() =>
    model.blocks(
      tape,
      residual,
      { from: hook.layer, to: hook.layer + 1 },
      tokens,
      (name, value) => {
        if (name === hook.name) captured = model.engine.clone(value.value);
        return value;
      },
    ),
  );
  if (!captured) throw new AppError('internal', `The hook point '${hook.name}' was never reached.`);
  return captured;
}

/** Frees a hook state. */
export function disposeHookState(model: Transformer, state: HookState): void {
  model.engine.dispose(...new Set([state.residual, state.activation]));
}

/**
 * Final normed residual stream [r, d], continuing from a hook state; with `replacement` [r, d] in
 * place of the activation at the hook point where one is given. The caller frees it.
 */
export function finishFrom(
  model: Transformer,
  state: HookState,
  tokens: TokenBatch,
  hook: HookPoint,
  replacement?: Tensor,
): Tensor {
  const tape = new Tape(model.engine);
  try {
    const normed = tape.frame(() => {
      const streamSite = hook.site === 'resid_pre' || hook.site === 'resid_post';
      const start = tape.constant(streamSite && replacement ? replacement : state.residual);
      const last = model.blocks(
        tape,
        start,
        { from: blockAfter(hook), to: model.config.layers },
        tokens,
        (name, value) =>
          !streamSite && replacement && name === hook.name ? tape.constant(replacement) : value,
      );
      return model.finalNorm(tape, last);
    });
    return tape.detach(normed);
  } finally {
    tape.dispose();
  }
}
