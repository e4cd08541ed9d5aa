/** Objectives as specs call them, by the types under which run tables hold them. */
const names: Readonly<Partial<Record<string, string>>> = {
  downstream: 'e2e+downstream',
  e2e_local: 'e2e+local',
  downstream_all: 'e2e+downstream+local',
};

/** The name of an objective by the type of its runs, which is its name where specs call it the same. */
export function objectiveName(type: string): string {
  return names[type] ?? type;
}

/** The objective of a group of runs in tables and legends; `imported` where no config says it. */
export function objectiveOrImported(type: string | null): string {
  return type === null ? 'imported' : objectiveName(type);
}
