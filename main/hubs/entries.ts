/** What lists of either hub hold. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
}

/** Something that holds others: a project, a run, a repository. */
export interface HubEntry {
  /** Its own part of the address. */
  readonly name: string;
  /** What people call it; empty where that is `name`. */
  readonly title: string;
  /** A few words each: `finished`, `12 runs`, `gated`. */
  readonly facts: readonly string[];
  /** Milliseconds since 1970; null where the hub does not tell. */
  readonly changedAt: number | null;
}

/** Milliseconds since 1970 of a date as hubs write it; W&B leaves out the zone, which is UTC. */
export function hubTime(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text);
  const time = Date.parse(hasZone ? text : `${text}Z`);
  return Number.isNaN(time) ? null : time;
}
