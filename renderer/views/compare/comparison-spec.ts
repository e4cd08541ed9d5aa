interface Chosen {
  readonly name: string;
  readonly dictionaries: readonly string[];
  readonly file: string;
  readonly minimumCount: number;
  readonly sequences: number | null;
}

/** The spec of a comparison from what a form holds; what is at its default is left out. */
export function comparisonSpec(chosen: Chosen): Record<string, unknown> {
  const { name, dictionaries, file, minimumCount, sequences } = chosen;
  return {
    kind: 'compare',
    name: name.slice(0, 200),
    dictionaries: [...dictionaries],
    tokens: { file },
    ...(sequences === null ? {} : { sequences }),
    ...(minimumCount === 10 ? {} : { minimumCount }),
  };
}
