/** Specs that were written and not started yet, by where they came from: they survive a look elsewhere. */
export const keptDrafts = new Map<string, string>();
