import { mlpInputSites } from '../../../shared/domain/hook-name.ts';
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
  const replace: Replace = (name, value) => (name === hook.name ? replacement : value);
  return runBlocks(model, tape, tokens, { start, from, replace }, request);
}

/** Takes the value at a hook point and gives what goes on in its place. */
export type Replace = (name: string, value: Variable) => Variable;

/** Several values that take the places of activations in the same pass. */
export interface JointSplice {
  /** Every hook point that `replace` must see; the pass begins before the first of them. */
  readonly hooks: readonly [HookPoint, ...HookPoint[]];
  /** The stream before the first of them, as `streamBefore` names it. */
  readonly residual: Tensor;
  readonly replace: Replace;
}

/**
 * Runs the rest of the model from the first of several hook points on. What a later one sees has come
 * through what was put in at earlier ones, and gradients run back the same way. Values of the pass are
 * those that reach a hook point, before anything takes their place.
 * @param splice its hook points in the order of the forward pass
 */
export function runJoint(
  model: Transformer,
  tape: Tape,
  tokens: TokenBatch,
  { hooks, residual, replace }: JointSplice,
  request: PassRequest,
): PassValues {
  const [first] = hooks;
  const before = tape.constant(residual);
  // The block that ends with it does not run again, so nothing else would call for it.
  const start = first.site === 'resid_post' ? replace(first.name, before) : before;
  const beginning = { start, from: blockAfter(first), replace, reached: hooks };
  return runBlocks(model, tape, tokens, beginning, request);
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
  readonly replace?: Replace;
  /** Hook points that the pass must come to, besides those that are kept. */
  readonly reached?: readonly HookPoint[];
}

function runBlocks(
  model: Transformer,
  tape: Tape,
  tokens: TokenBatch,
  { start, from, replace, reached = [] }: Beginning,
  { hooks, logits }: PassRequest,
): PassValues {
  const kept = new Map<string, Variable>();
  const copies = new Map<string, Tensor>();
  const wanted = new Set(hooks.map(({ name }) => name));
  const visit = (name: string, value: Variable): Variable => {
    if (wanted.has(name)) {
      // Without gradients the values of a block are freed at its end.
      if (value.requiresGradient) kept.set(name, value);
      else copies.set(name, tape.engine.clone(value.value));
    }
    return replace?.(name, value) ?? value;
  };
  const met = new Map([...hooks, ...reached].map((hook) => [hook.name, hook]));
  const reads = new Set([...met.keys()].filter((name) => isMlpInput(met.get(name)!)));
  // A value before a block is there once the block before has run.
  const needed = [...met.values()].map(({ layer, site }) =>
    site === 'resid_pre' ? layer : layer + 1,
  );
  const to = logits ? model.config.layers : Math.max(from, ...needed);
  const last = model.blocks(tape, start, { from, to }, tokens, Object.assign(visit, { reads }));
  for (const { name, layer, site } of met.values())
    if (site === 'resid_pre' && layer === to) visit(name, last);
  for (const [name, copy] of copies) kept.set(name, tape.own(copy));
  return { hooks: kept, stream: logits ? model.finalNorm(tape, last) : undefined };
}

function isMlpInput({ site }: HookPoint): boolean {
  return mlpInputSites.includes(site);
}
