import { csvCell } from '../../../shared/text.ts';
import type { Place } from '../../components/charts/point-space.ts';
import { pointsInside } from '../../components/charts/point-space.ts';
import type { MapPoints } from './map-points.ts';

/** A part of a map that somebody drew and named. */
export interface Region {
  readonly name: string;
  readonly line: readonly Place[];
}

/** Reads regions that were stored; what is none is left out. */
export function asRegions(value: unknown): Region[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Region => {
    const { name, line } = (item ?? {}) as Partial<Record<keyof Region, unknown>>;
    const isPlace = (place: unknown): boolean =>
      Array.isArray(place) && place.length === 2 && place.every(Number.isFinite);
    return typeof name === 'string' && Array.isArray(line) && line.every(isPlace);
  });
}

/** The next of A, B … Z, A2 … that is free. */
export function freeName(regions: readonly Region[]): string {
  const taken = new Set(regions.map(({ name }) => name));
  for (let i = 0; ; i++) {
    const name =
      String.fromCodePoint(65 + (i % 26)) + (i < 26 ? '' : String(1 + Math.floor(i / 26)));
    if (!taken.has(name)) return name;
  }
}

/** Features by region and dictionary, as e2e_sae keeps them, with the line that was drawn. */
export function regionsJson(
  regions: readonly Region[],
  points: MapPoints,
  dictionaries: readonly string[],
): string {
  const members = regions.map(({ name, line }) => {
    const inside = pointsInside(points.position, line);
    const features = dictionaries.map((dictionary, place) => ({
      dictionary,
      features: inside
        .filter((point) => points.dictionary[point] === place)
        .map((point) => points.feature[point]),
    }));
    return { name, line, members: features };
  });
  return `${JSON.stringify({ dictionaries, regions: members }, null, 2)}\n`;
}

/** One line for each point: dictionary, feature, place, and the regions that hold it. */
export function pointsCsv(
  regions: readonly Region[],
  points: MapPoints,
  dictionaries: readonly string[],
): string {
  const of = new Map<number, string[]>();
  for (const { name, line } of regions)
    for (const point of pointsInside(points.position, line))
      of.set(point, [...(of.get(point) ?? []), name]);
  const lines = Array.from(points.feature, (feature, point) =>
    [
      dictionaries[points.dictionary[point]!]!,
      feature,
      points.position[2 * point]!,
      points.position[2 * point + 1]!,
      (of.get(point) ?? []).join(' '),
    ]
      .map((cell) => csvCell(cell))
      .join(','),
  );
  return ['dictionary,feature,x,y,regions', ...lines].map((line) => `${line}\r\n`).join('');
}
