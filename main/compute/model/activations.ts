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

/** What a pass beyond a hook point is to do and to keep. */
export interface Continuation {
  /** Takes the place of the activation at the hook point [r, d]. */
  readonly replacement?: Variable | undefined;
  /** Later hook points whose values are kept. */
  readonly hooks: readonly HookPoint[];
  /** Whether to go on to the final normed stream. */
  readonly logits: boolean;
}

/**
 * Goes on from a hook state, no further than is asked for. The values belong to the tape; gradients run
 * through to the replacement.
 */
export function continueFrom(
  model: Transformer,
  tape: Tape,
  state: HookState,
  tokens: TokenBatch,
  hook: HookPoint,
  { replacement, hooks, logits }: Continuation,
): { hooks: Map<string, Variable>; stream: Variable | undefined } {
  const kept = new Map<string, Variable>();
  const copies = new Map<string, Tensor>();
  const wanted = new Set(hooks.map(({ name }) => name));
  const inStream = hook.site === 'resid_pre' || hook.site === 'resid_post';
  const visit = (name: string, value: Variable): Variable => {
    const here = !inStream && replacement && name === hook.name ? replacement : value;
    if (!wanted.has(name)) return here;
    // Without gradients the values of a block are freed at its end.
    if (here.requiresGradient) kept.set(name, here);
    else copies.set(name, tape.engine.clone(here.value));
    return here;
  };
  const start = inStream && replacement ? replacement : tape.constant(state.residual);
  // A value before a block is there once the block before has run.
  const needed = hooks.map(({ layer, site }) => (site === 'resid_pre' ? layer : layer + 1));
  const from = blockAfter(hook);
  const to = logits ? model.config.layers : Math.max(from, ...needed);
  const last = model.blocks(tape, start, { from, to }, tokens, visit);
  for (const { name, layer, site } of hooks)
    if (site === 'resid_pre' && layer === to && to > from) visit(name, last);
  for (const [name, copy] of copies) kept.set(name, tape.own(copy));
  return { hooks: kept, stream: logits ? model.finalNorm(tape, last) : undefined };
}
