import type { Tensor } from '../engine.ts';
import { Tape, type Variable } from '../tape.ts';
import { blockAfter, hookName, type HookPoint } from './hooks.ts';
import type { TokenBatch, Transformer } from './transformer.ts';

/** What a pass of the model is to keep; it goes no further than that needs. */
export interface PassRequest {
  readonly hooks: readonly HookPoint[];
  /** Whether the final normed stream is wanted, from which logits come. */
  readonly logits: boolean;
}

/** Values [r, d] of a pass, by the names of their hook points. They belong to the tape. */
export interface PassValues {
  readonly hooks: ReadonlyMap<string, Variable>;
  readonly stream: Variable | undefined;
}

/** Runs the model as it is, from its tokens. */
export function runModel(
  model: Transformer,
  tape: Tape,
  tokens: TokenBatch,
  request: PassRequest,
): PassValues {
  const embedded = model.embed(tape, tokens);
  return runBlocks(model, tape, tokens, { start: embedded, from: 0 }, request);
}

/** A value that takes the place of the activation at a hook point. */
export interface Splice {
  readonly hook: HookPoint;
  /** The stream before the block of the hook point, as `streamBefore` names it. */
  readonly residual: Tensor;
  readonly replacement: Variable;
}

/** Runs the rest of the model from a hook point on. Gradients run through to the replacement. */
export function runSpliced(
  model: Transformer,
  tape: Tape,
  tokens: TokenBatch,
  { hook, residual, replacement }: Splice,
  request: PassRequest,
): PassValues {
  const from = blockAfter(hook);
  if (isInStream(hook))
    return runBlocks(model, tape, tokens, { start: replacement, from }, request);
  const start = tape.constant(residual);
  const replace = (name: string) => (name === hook.name ? replacement : undefined);
  return runBlocks(model, tape, tokens, { start, from, replace }, request);
}

/**
 * Where the rest of the model starts once the value at a hook point is replaced: the hook point itself
 * where it lies between blocks, else the stream before its block.
 */
export function streamBefore(hook: HookPoint): HookPoint {
  if (isInStream(hook)) return hook;
  return { name: hookName(hook.layer, 'resid_pre'), layer: hook.layer, site: 'resid_pre' };
}

/** Activation [r, d] at one hook point; the caller's. */
export function activationsAt(model: Transformer, tokens: TokenBatch, hook: HookPoint): Tensor {
  const tape = new Tape(model.engine);
  try {
    const { hooks } = runModel(model, tape, tokens, { hooks: [hook], logits: false });
    return tape.detach(hooks.get(hook.name)!);
  } finally {
    tape.dispose();
  }
}

function isInStream({ site }: HookPoint): boolean {
  return site === 'resid_pre' || site === 'resid_post';
}

interface Beginning {
  readonly start: Variable;
  readonly from: number;
  readonly replace?: (name: string) => Variable | undefined;
}

function runBlocks(
  model: Transformer,
  tape: Tape,
  tokens: TokenBatch,
  { start, from, replace }: Beginning,
  { hooks, logits }: PassRequest,
): PassValues {
  const kept = new Map<string, Variable>();
  const copies = new Map<string, Tensor>();
  const wanted = new Set(hooks.map(({ name }) => name));
  const visit = (name: string, value: Variable): Variable => {
    const here = replace?.(name) ?? value;
    if (!wanted.has(name)) return here;
    // Without gradients the values of a block are freed at its end.
    if (here.requiresGradient) kept.set(name, here);
    else copies.set(name, tape.engine.clone(here.value));
    return here;
  };
  // A value before a block is there once the block before has run.
  const needed = hooks.map(({ layer, site }) => (site === 'resid_pre' ? layer : layer + 1));
  const to = logits ? model.config.layers : Math.max(from, ...needed);
  const last = model.blocks(tape, start, { from, to }, tokens, visit);
  for (const { name, layer, site } of hooks)
    if (site === 'resid_pre' && layer === to) visit(name, last);
  for (const [name, copy] of copies) kept.set(name, tape.own(copy));
  return { hooks: kept, stream: logits ? model.finalNorm(tape, last) : undefined };
}
