import type { FeatureDetail } from '../../../shared/contract/features.ts';
import { visibleText, visibleToken } from '../../../shared/text.ts';
import { formatCount, formatNumber } from '../../components/format.ts';

/** One line of a short table: a thing and its figure. */
export interface ListItem {
  readonly key: string;
  readonly text: string;
  /** A quieter word after it. */
  readonly detail?: string;
  readonly href?: string;
  readonly isToken?: boolean;
  readonly value: number;
  readonly shown: string;
  /** Length of its bar, from 0 to 1. */
  readonly share: number;
}

/** @param hasIds the ids are those of the model's vocabulary; a dashboard brings words alone */
export function logitItems(logits: FeatureDetail['promoted'], hasIds = true): ListItem[] {
  const largest = logits.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0);
  return logits.map(({ id, token, value }) => ({
    key: String(id),
    text: visibleToken(token, { spaces: true }),
    ...(hasIds ? { detail: `id ${id}` } : {}),
    isToken: true,
    value,
    shown: `${value > 0 ? '+' : ''}${formatNumber(value)}`,
    share: largest > 0 ? Math.abs(value) / largest : 0,
  }));
}

export function neighbourItems(
  neighbours: FeatureDetail['decoderNeighbours'],
  hrefOf: (feature: number) => string,
): ListItem[] {
  return neighbours.map(({ feature, cosine, label }) => ({
    key: String(feature),
    text: String(feature),
    ...(label === null ? {} : { detail: visibleText(label) }),
    href: hrefOf(feature),
    value: cosine,
    shown: formatNumber(cosine),
    share: Math.abs(cosine),
  }));
}

export function matchItems(
  matches: FeatureDetail['matches'],
  hrefOf: (dictionary: string, feature: number) => string,
): ListItem[] {
  return matches.map(({ dictionary, seed, feature, cosine }) => ({
    key: dictionary,
    text: String(feature),
    detail: seed === null ? dictionary : `seed ${seed}`,
    href: hrefOf(dictionary, feature),
    value: cosine,
    shown: formatNumber(cosine),
    share: Math.abs(cosine),
  }));
}

export function scoreItems(scores: FeatureDetail['scores']): ListItem[] {
  return scores.map(({ property, auc, positives }) => ({
    key: property,
    text: visibleText(property),
    detail: `n = ${formatCount(positives)}`,
    value: auc,
    shown: formatNumber(auc),
    share: Math.abs(auc - 0.5) * 2,
  }));
}
