/** How much text stands around an activation. */
export const contextSizes = ['line', 'passage', 'long'] as const;
export type ContextSize = (typeof contextSizes)[number];

/** Tokens on each side; the longest keeps all groups within one message of the host. */
export const contextTokens: Readonly<Record<ContextSize, number>> = {
  line: 8,
  passage: 24,
  long: 100,
};

export function asContextSize(value: unknown): ContextSize {
  return contextSizes.find((size) => size === value) ?? 'line';
}

/** The size after this one; the last is followed by the first. */
export function nextContextSize(size: ContextSize): ContextSize {
  return contextSizes[(contextSizes.indexOf(size) + 1) % contextSizes.length]!;
}
