import type { FeatureRow } from '../../../shared/contract/features.ts';
import { formatCount, formatShare } from '../../components/format.ts';

/** What the figures of a feature mean, in the words of the tables and pages that show them. */
export const featureDefinitions = {
  count:
    'k of N: the tokens on which the feature is not 0, of all tokens that were counted. The bar is on a logarithmic scale from one token to all of them.',
  interval: 'Wilson 95 % interval of the density, in per cent of tokens.',
  mean: 'Mean activation over the tokens on which the feature is active.',
  max: 'Largest activation over the tokens that were counted.',
  stability:
    'Mean over the other seeds of the largest decoder cosine that any of their features has with this one.',
  property:
    'The ground-truth property that the activation of the feature tells best, by AUC over the tokens that were counted.',
  auc: 'Area under the ROC curve of the activation against that property: 0.5 tells nothing, 1 tells all.',
  label: 'The newest label that a person gave the feature.',
  rating: 'How clear the feature is to its reader, from 1 (noise) to 5 (exact).',
  encoderDecoder:
    'Cosine of the feature’s encoder row and decoder row; low where a feature reads one direction and writes another.',
} as const;

/** `214 of 500,000 tokens`, or that it is dead at that many. */
export function densityText({ count }: FeatureRow, tokens: number): string {
  if (count === 0) return `dead at ${formatCount(tokens)} tokens`;
  return `${formatCount(count)} of ${formatCount(tokens)} tokens`;
}

/** `0.037–0.049 %`: both ends in one unit, with digits enough to tell them apart. */
export function intervalText({ densityLow, densityHigh }: FeatureRow): string {
  const unit = /\s*%$/;
  const width = densityHigh - densityLow;
  const digits = width > 0 ? Math.ceil(Math.log10(densityHigh / width)) + 1 : 2;
  const [low, high] = [densityLow, densityHigh].map((end) =>
    formatShare(end, Math.min(6, Math.max(2, digits))),
  ) as [string, string];
  return `${low.replace(unit, '')}–${high}`;
}
