import { comesAfter, hookName, splitHookName } from '../../../shared/domain/hook-name.ts';
import type { SpecDocument } from './spec-text.ts';

/** The variants of a spec as they are written; none where it has no list of them. */
export function variantsOf(document: SpecDocument): readonly object[] {
  const written = document.value('variants');
  return Array.isArray(written)
    ? written.map((item: unknown) => (typeof item === 'object' && item !== null ? item : {}))
    : [];
}

/** Dotted fields of a variant that the form has no field for. */
export function otherFields(variant: object, size: string): string[] {
  const shown = [
    'hook',
    'objective.sparsity.coefficient',
    `dictionary.${size}`,
    'learningRate',
    'pass',
  ];
  return leaves(variant, '').filter((path) => !shown.includes(path));
}

function leaves(node: unknown, at: string): string[] {
  const isPart = typeof node === 'object' && node !== null && !Array.isArray(node);
  if (!isPart) return [at];
  return Object.entries(node).flatMap(([key, value]) =>
    leaves(value, at === '' ? key : `${at}.${key}`),
  );
}

/**
 * What is added to a list of variants: with the first, the spec as it stands too, so that there are two
 * to compare. The new one differs: on the pathway joint it lies a block further, else its λ is doubled.
 * @param layers blocks of the model, where it is known
 */
export function nextVariant(document: SpecDocument, layers: number | undefined): object[] {
  const before = variantsOf(document);
  const beginning = before.length === 0 ? [{}] : [];
  if (document.value('pathway') === 'joint') {
    const base = String(document.value('hook'));
    const hooks = before.map((variant) => ('hook' in variant ? String(variant.hook) : base));
    const last = [base, ...hooks].reduce((end, hook) => (comesAfter(hook, end) ? hook : end));
    const at = splitHookName(last);
    const layer = Math.min((at?.layer ?? 0) + 1, (layers ?? Infinity) - 1);
    return [...beginning, { hook: hookName(layer, at?.site ?? 'resid_pre') }];
  }
  const path = 'objective.sparsity.coefficient';
  const written = before.flatMap((variant) => coefficientOf(variant) ?? []);
  const around = document.value(path);
  const largest = Math.max(...written, typeof around === 'number' ? around : 0);
  const coefficient = largest > 0 ? Number((2 * largest).toPrecision(6)) : 1;
  return [...beginning, { objective: { sparsity: { coefficient } } }];
}

function coefficientOf(variant: object): number | undefined {
  const { objective } = variant as { objective?: { sparsity?: { coefficient?: unknown } } };
  const coefficient = objective?.sparsity?.coefficient;
  return typeof coefficient === 'number' ? coefficient : undefined;
}
