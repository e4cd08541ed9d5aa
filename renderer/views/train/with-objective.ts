import {
  objectivePresets,
  presetNames,
  type ObjectiveSpec,
  type PresetName,
} from '../../../shared/domain/objective.ts';
import { SpecDocument } from './spec-text.ts';

/** Objectives that the form offers; `other` is what only the YAML says. */
export const objectiveKinds = [...presetNames, 'mixed', 'other'] as const;
export type ObjectiveKind = (typeof objectiveKinds)[number];

const terms = ['sparsity', 'outToIn', 'outToOrig', 'inToOrig', 'logitsKl', 'mixed'] as const;

/** β of Braun et al. 2024: at layer 10 of GPT-2 small a single later layer remains. */
const betaOfOneLayer = 0.05;

/** Shares of the training that a mixed objective is local for, and moves over. */
const [localShare, movingShare] = [0.5, 0.1];

/** The terms of an objective, those that its preset has for the ones that are not written among them. */
function writtenTerms(document: SpecDocument): Record<string, unknown> {
  const objective = document.value('objective');
  const { preset, ...written } =
    typeof objective === 'object' && objective !== null
      ? (objective as Record<string, unknown>)
      : { preset: undefined };
  const base = presetNames.find((name) => name === preset);
  return { ...(base && objectivePresets[base]), ...written };
}

/** Which of the objectives a spec has. */
export function objectiveKind(document: SpecDocument): ObjectiveKind {
  const written = writtenTerms(document);
  const { logitsKl, inToOrig, mixed } = written as Partial<ObjectiveSpec>;
  if (mixed) return 'mixed';
  if (!logitsKl) return inToOrig ? 'other' : 'local';
  if (logitsKl.balanced) return inToOrig ? 'other' : 'kl-finetune';
  return inToOrig ? 'e2e+downstream' : 'e2e';
}

/** The text with a preset's terms written out, so that each can be changed by itself. */
export function spelledOut(document: SpecDocument): SpecDocument {
  if (!document.has('objective.preset')) return document;
  return new SpecDocument(document.with('objective', writtenTerms(document)));
}

/** A field of the objective, written or of its preset. */
export function objectiveField(document: SpecDocument, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (node, key) => (node as Record<string, unknown> | undefined)?.[key],
      writtenTerms(document),
    );
}

/**
 * The text of a spec with another objective: its terms with the published coefficients, λ included,
 * since those of different objectives do not compare. Fields of a term that stays, such as its
 * warmup, stay.
 * @param laterLayers residual streams after the dictionary; undefined where the model is not known
 */
export function withObjective(
  document: SpecDocument,
  kind: Exclude<ObjectiveKind, 'other'>,
  laterLayers: number | undefined,
): string {
  const preset: PresetName = kind === 'mixed' ? 'e2e+downstream' : kind;
  let changed = spelledOut(document);
  const set = (path: string, value: unknown) => {
    const text = changed.with(`objective.${path}`, value as Record<string, unknown> | undefined);
    changed = new SpecDocument(text);
  };
  const { sparsity, ...others } = objectivePresets[preset];
  const isSparse = changed.value('objective.sparsity.coefficient') !== 0;
  // Where k latents fire, or p says otherwise, that stays.
  if (isSparse) set('sparsity.coefficient', sparsity.coefficient);
  for (const term of terms.slice(1)) set(term, others[term as keyof typeof others]);
  if (kind === 'local') set('outToIn', undefined);
  if (others.inToOrig && laterLayers === 1) set('inToOrig.coefficient', betaOfOneLayer);
  if (kind !== 'mixed') return changed.text;
  const sequences = changed.value('training.sequences');
  const share = (part: number) =>
    typeof sequences === 'number' ? Math.floor(part * sequences) : 0;
  const local = isSparse ? objectivePresets.local.sparsity.coefficient : 0;
  set('mixed', { local: share(localShare), over: share(movingShare), sparsity: local });
  return changed.text;
}
