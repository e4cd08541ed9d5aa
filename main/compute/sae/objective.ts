import { AppError } from '../../../shared/errors.ts';
import { comesAfter } from '../../../shared/domain/hook-name.ts';
import type { KlDirection, ObjectiveSpec } from '../../../shared/domain/objective.ts';
import { codeNorms } from '../ops/codes.ts';
import { squaredError } from '../ops/dense.ts';
import type { PassRequest } from '../model/activations.ts';
import type { TransformerConfig } from '../model/config.ts';
import { hookName, parseHook, type HookPoint } from '../model/hooks.ts';
import type { Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';
import type { Forward, LossTerm } from './architecture.ts';
import type { SplicedPass } from './original-pass.ts';

/** One term of an objective; shared/domain/objective.ts has the definitions. */
export type ObjectiveTerm =
  | { readonly kind: 'sparsity'; readonly coefficient: number; readonly p: number }
  | { readonly kind: 'outToIn'; readonly coefficient: number }
  | { readonly kind: 'outToOrig'; readonly coefficient: number }
  | { readonly kind: 'inToOrig'; readonly coefficient: number; readonly hook: HookPoint }
  | {
      readonly kind: 'logitsKl';
      readonly coefficient: number;
      readonly direction: KlDirection;
      /** Scaled, as a constant, by outToIn / (KL + 1e-8). */
      readonly balanced?: boolean | undefined;
    };

export type Objective = readonly ObjectiveTerm[];

/**
 * The terms of a spec for a dictionary that takes the place of the activation at `hook` of a model, or,
 * in the pathway `joint`, for the first of those that do in its pass.
 * @throws AppError `bad-input` for a hook point that the model does not have, and where there is none to
 *   compare.
 */
export function resolveObjective(
  spec: ObjectiveSpec,
  hook: HookPoint,
  model: TransformerConfig,
): Objective {
  const { sparsity, outToIn, outToOrig, inToOrig, logitsKl } = spec;
  const terms: ObjectiveTerm[] = [
    { kind: 'sparsity', coefficient: sparsity.coefficient, p: sparsity.p },
    { kind: 'outToIn', ...outToIn },
  ];
  if (outToOrig) terms.push({ kind: 'outToOrig', ...outToOrig });
  if (inToOrig) {
    const hooks =
      inToOrig.hooks === 'later'
        ? laterStreams(hook, model)
        : inToOrig.hooks.map((name) => parseHook(name, model));
    if (hooks.length === 0 && inToOrig.coefficient > 0)
      throw new AppError(
        'bad-input',
        `objective.inToOrig compares the hook_resid_pre of later layers, and ${model.layers} layers have none after ${hook.name}. Name hook points, such as ${hookName(model.layers - 1, 'resid_post')}, or choose an earlier hook.`,
        { place: 'objective.inToOrig.hooks', hook: hook.name },
      );
    const weights = inToOrig.weights ?? hooks.map(() => 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    hooks.forEach((later, index) =>
      terms.push({
        kind: 'inToOrig',
        hook: later,
        coefficient: (inToOrig.coefficient * weights[index]!) / total,
      }),
    );
  }
  if (logitsKl) terms.push({ kind: 'logitsKl', ...logitsKl });
  return terms;
}

/** The hook point that the forward pass reaches first. */
export function firstOf(hooks: readonly HookPoint[]): HookPoint {
  return hooks.reduce((first, hook) => (comesAfter(first.name, hook.name) ? hook : first));
}

/** Every hook_resid_pre after a hook point. */
export function laterStreams(
  { layer, site }: HookPoint,
  { layers }: TransformerConfig,
): HookPoint[] {
  // The next block's resid_pre is this block's resid_post itself.
  const first = site === 'resid_post' ? layer + 2 : layer + 1;
  return Array.from({ length: Math.max(0, layers - first) }, (_, i) => ({
    name: hookName(first + i, 'resid_pre'),
    layer: first + i,
    site: 'resid_pre',
  }));
}

/** What an objective compares in the spliced model: nothing for a local one. */
export function comparedBy(objective: Objective): PassRequest {
  return {
    hooks: objective.flatMap((term) => (term.kind === 'inToOrig' ? [term.hook] : [])),
    logits: objective.some(({ kind }) => kind === 'logitsKl'),
  };
}

/** What the terms of one dictionary are taken of. */
export interface TrainingPass {
  /** Activation at the hook point [r, d], the dictionary's input. */
  readonly x: Variable;
  /** Activation that the output takes the place of: x itself but for a transcoder. */
  readonly target: Variable;
  /** The same in the model as it is. */
  readonly activation: Tensor;
  readonly forward: Forward;
  readonly spliced: SplicedPass | undefined;
}

/** A term of the objective as rows on the tape. */
export function measureTerm(tape: Tape, term: ObjectiveTerm, pass: TrainingPass): LossTerm {
  const { target, activation, forward, spliced } = pass;
  const [tokens, width] = target.value.shape as [number, number];
  const { coefficient } = term;
  // What is only logged needs no gradient.
  const learned = (variable: Variable) =>
    coefficient === 0 ? tape.constant(variable.value) : variable;
  switch (term.kind) {
    case 'sparsity': {
      const rows = forward.sparsity ?? codeNorms(tape, forward.penalised ?? forward.codes, term.p);
      return { name: term.kind, coefficient, rows, scale: 1 / (tokens * width) };
    }
    case 'outToIn': {
      const rows = squaredError(tape, learned(target), learned(forward.output));
      return { name: term.kind, coefficient, rows, scale: 1 / (tokens * width) };
    }
    case 'outToOrig': {
      const rows = squaredError(tape, learned(forward.output), tape.constant(activation));
      return { name: term.kind, coefficient, rows, scale: 1 / (tokens * width) };
    }
    case 'inToOrig': {
      const value = learned(spliced!.at(term.hook));
      const rows = squaredError(tape, value, tape.constant(spliced!.original.at(term.hook)));
      return { name: `inToOrig.${term.hook.name}`, coefficient, rows, scale: 1 / value.value.size };
    }
    case 'logitsKl': {
      const rows = spliced!.divergence(tape, learned(spliced!.stream), term.direction);
      const balancedBy = term.balanced ? 'outToIn' : undefined;
      return { name: term.kind, coefficient, rows, scale: 1 / tokens, balancedBy };
    }
  }
}
