import type { Output } from '../../../shared/contract/index.ts';
import { formatNumber } from '../../components/format.ts';

export type Effect = Output<'features.ablate'>[number];
/** By `effectKey`. */
export type Effects = ReadonlyMap<string, Effect>;

/** Places that one question may name. */
export const mostPlaces = 100;

export function effectKey({ sequence, position }: { sequence: number; position: number }): string {
  return `${sequence} ${position}`;
}

/** `+0.12`: nats on the tokens that follow; a dash where none does. */
export function effectText({ mean }: Effect): string {
  return mean === null ? '–' : `${mean > 0 ? '+' : ''}${formatNumber(mean, 2)}`;
}

/** The same in a sentence, with the token that gains or loses most. */
export function effectWords(effect: Effect): string {
  const { mean, effects, start, position } = effect;
  if (mean === null) return 'No token is shown after this one.';
  const largest = effects.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(effects[best]!) ? i : best),
    0,
  );
  const n = effects.length - (position - start + 1);
  return `Without the feature the loss of the ${n} tokens shown after this one changes by ${formatNumber(mean)} nats on average; most at position ${start + largest}, by ${formatNumber(effects[largest])}.`;
}
