import * as v from 'valibot';
import { comesAfter, mlpInputSites, splitHookName } from './hook-name.ts';
import type { ObjectiveSpec } from './objective.ts';

/**
 * How dictionaries of a job are spliced into the model.
 *
 * `separate`: each alone, in a pass of its own from its hook point on; its weights are those of a
 * training by itself, whatever else is in the job.
 *
 * `joint`: those of a pass (one for each seed and number `pass` of the variants) all in the same pass, as
 * e2e_sae does with several sae_positions. A later dictionary reads what comes through the earlier ones,
 * its terms teach them too, the gradient's norm is that over all of them, and evaluations splice all of
 * them in. outToIn compares with what reaches a dictionary, outToOrig with the model as it is. A hook
 * point of inToOrig that has a dictionary compares what reaches it. Terms of the spliced model are one for
 * the pass, and so is the loss. Under a local objective each reads the model as it is.
 */
export const pathways = ['separate', 'joint'] as const;
export type Pathway = (typeof pathways)[number];

export const pathwaySchema = v.pipe(
  v.picklist(pathways),
  // What holds where a spec does not say is not said, so that specs that do the same work are equal.
  v.transform((pathway): 'joint' | undefined => (pathway === 'joint' ? pathway : undefined)),
);

export interface Problem {
  readonly place: string;
  readonly problem: string;
}

/** Where a dictionary lies, and what of a spec a pass must agree on. */
export interface PassMember {
  readonly hook: string;
  readonly target?: string | undefined;
  readonly objective: ObjectiveSpec;
  readonly dictionary: { readonly frozen?: boolean | undefined };
}

/** The hook point whose activation a dictionary takes the place of. */
export function splicedAt({ hook, target }: Pick<PassMember, 'hook' | 'target'>): string {
  return target ?? hook;
}

/** The first hook point of a pass at which something is spliced in. */
export function firstSpliced(members: readonly PassMember[]): string {
  return members.map(splicedAt).reduce((first, hook) => (comesAfter(first, hook) ? hook : first));
}

/** What keeps dictionaries from sharing a pass; `place` says which of them, by its position. */
export function passContradiction(
  members: readonly PassMember[],
): (Problem & { readonly position: number }) | undefined {
  const first = members[0]!;
  const shared = ({ inToOrig, logitsKl, mixed }: ObjectiveSpec) =>
    JSON.stringify([inToOrig, logitsKl, mixed]);
  for (const [position, member] of members.entries()) {
    const { objective } = member;
    const before = members.slice(0, position).map(splicedAt);
    if (before.includes(splicedAt(member)))
      return {
        position,
        place: member.target === undefined ? 'hook' : 'target',
        problem: `${splicedAt(member)} has another dictionary of the same pass`,
      };
    if (objective.logitsKl?.balanced && members.length > 1)
      return {
        position,
        place: 'objective.logitsKl.balanced',
        problem: 'weighs the term against the outToIn of one dictionary; a joint pass has several',
      };
    if (shared(objective) !== shared(first.objective))
      return {
        position,
        place: 'objective',
        problem: 'has other inToOrig, logitsKl or mixed than the first dictionary of its pass',
      };
  }
  return undefined;
}

/** Input and target of a transcoder that cannot be, and what belongs to transcoders alone. */
export function targetContradiction(
  hook: string,
  target: string | undefined,
  skip: boolean | undefined,
): Problem | undefined {
  const isRead = (name: string) => mlpInputSites.includes(splitHookName(name)?.site ?? 'resid_pre');
  if (target === undefined) {
    if (skip !== undefined)
      return {
        place: 'dictionary.skip',
        problem: 'belongs to transcoders: give a target that is not the hook',
      };
    if (isRead(hook))
      return {
        place: 'hook',
        problem: `${hook} can only be read; give a target, such as the block's hook_mlp_out`,
      };
    return undefined;
  }
  if (isRead(target))
    return { place: 'target', problem: `nothing can be put in the place of ${target}` };
  if (!comesAfter(target, hook))
    return { place: 'target', problem: `${target} is not after the hook ${hook}` };
  return undefined;
}
