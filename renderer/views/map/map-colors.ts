import { themeColor } from '../../components/charts/theme-colors.ts';

/** What the points of a map are coloured by. */
export const mapColors = ['dictionary', 'density', 'max', 'stability', 'label'] as const;
export type MapColor = (typeof mapColors)[number];

export const colorNames: Readonly<Record<MapColor, string>> = {
  dictionary: 'dictionary',
  density: 'density (log scale)',
  max: 'largest activation',
  stability: 'best match in other seeds',
  label: 'labelled or not',
};

export interface Legend {
  readonly items: readonly { readonly role: string; readonly text: string }[];
}

/** One role for each point by its class; those of no class (-1) are not drawn. */
export function classColors(classes: Int32Array, roles: readonly string[]): Uint8Array {
  const shades = roles.map((role) => channels(themeColor(role)));
  const out = new Uint8Array(4 * classes.length);
  classes.forEach((own, point) => {
    const shade = shades[own];
    if (shade) out.set([...shade, 205], 4 * point);
  });
  return out;
}

/**
 * From a quiet colour to a loud one between the 1st and the 99th percentile, so that one large value
 * does not make all others equal. Missing values are faint.
 */
export function scaleColors(values: Float32Array): {
  color: Uint8Array;
  low: number;
  high: number;
} {
  const known = values.filter(Number.isFinite).sort();
  const at = (share: number) => known[Math.round(share * (known.length - 1))] ?? NaN;
  const [low, high] = [at(0.01), at(0.99)];
  const [from, to] = [channels(themeColor('series-6')), channels(themeColor('series-2'))];
  const faint = channels(themeColor('chart-baseline'));
  const color = new Uint8Array(4 * values.length);
  values.forEach((value, point) => {
    if (!Number.isFinite(value)) return color.set([...faint, 70], 4 * point);
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 1;
    const mixed = from.map((channel, i) => Math.round(channel + (to[i]! - channel) * share));
    color.set([...mixed, 215], 4 * point);
  });
  return { color, low, high };
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}
