const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };
const words: Readonly<Record<string, number>> = { yes: 1, true: 1, no: 0, false: 0 };

/**
 * A score as a number, as Inspect's own `value_to_float` has it: C 1, I 0, P .5, N 0; yes and true 1,
 * no and false 0; numbers as they are, also written as text.
 * @returns null for what stands for no number: missing, a list, an object, other text.
 */
export function scoreValue(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return null;
  const known = letters[value] ?? words[value.toLowerCase()];
  if (known !== undefined) return known;
  const number = value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}

/** The numbers of one scorer: a score that is an object gives one for each of its keys. */
export function scoreValues(scorer: string, value: unknown): [string, number | null][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return [[scorer, scoreValue(value)]];
  return Object.entries(value).map(([key, part]) => [`${scorer}/${key}`, scoreValue(part)]);
}
