import * as v from 'valibot';
import { reportSection, type ReportSection } from '../../../shared/contract/reports.ts';
import type { DictionaryRow } from '../../../shared/contract/features.ts';
import type { RunGroup } from '../../../shared/contract/runs.ts';
import { text } from '../../../shared/domain/schemas.ts';
import type { Query } from '../../state/address.ts';

/**
 * A section as it is being chosen. A list of runs may still be empty, a fit or dictionary not be
 * chosen yet; `problemOf` says so.
 */
export const draftSection = v.variant('kind', [
  v.strictObject({ kind: v.literal('text'), title: text, text }),
  v.strictObject({ kind: v.literal('runs'), runs: v.array(v.string()) }),
  v.strictObject({
    kind: v.literal('features'),
    dictionary: v.string(),
    choice: v.picklist(['most-active', 'best-per-property', 'labelled', 'listed']),
    features: v.array(v.number()),
    limit: v.number(),
  }),
  v.strictObject({ kind: v.literal('fit'), fit: v.string() }),
  v.strictObject({ kind: v.literal('stability'), study: v.string() }),
  v.strictObject({ kind: v.literal('comparison'), comparison: v.string() }),
  v.strictObject({ kind: v.literal('prediction'), prediction: v.string() }),
  v.strictObject({ kind: v.literal('evaluation'), evaluation: v.string() }),
]);
export type DraftSection = v.InferOutput<typeof draftSection>;
export type SectionKind = DraftSection['kind'];

/** Sections about one record each: the field that names it, which links use as well, and what it is called. */
const singles = {
  fit: { field: 'fit', noun: 'fit' },
  stability: { field: 'study', noun: 'stability study' },
  comparison: { field: 'comparison', noun: 'comparison' },
  prediction: { field: 'prediction', noun: 'prediction' },
  evaluation: { field: 'evaluation', noun: 'comparison of evaluations' },
} as const;
export type SingleKind = keyof typeof singles;
export const singleKinds = Object.keys(singles) as readonly SingleKind[];
export type SingleSection = Extract<DraftSection, { kind: SingleKind }>;

/** Parameters of links that ask for a report; the draft that they make replaces them. */
export const linkNames: readonly string[] = [
  ...['runs', 'dictionary', 'choice', 'features', 'limit', 'title'],
  ...singleKinds.map((kind) => singles[kind].field),
];

export function isSingle(section: DraftSection): section is SingleSection {
  return Object.hasOwn(singles, section.kind);
}

/** What a record of this kind is called in a sentence. */
export function nounOf(kind: SingleKind): string {
  return singles[kind].noun;
}

/** The id of the record that a section is about; empty where none is chosen. */
export function chosenOf(section: SingleSection): string {
  return (section as unknown as Record<string, string>)[singles[section.kind].field]!;
}

export function singleSection(kind: SingleKind, id: string): SingleSection {
  return { kind, [singles[kind].field]: id } as SingleSection;
}

const draftSchema = v.object({ title: v.string(), sections: v.array(draftSection) });
/** A report before it is written. */
export type ReportDraft = v.InferOutput<typeof draftSchema>;

export const emptyDraft: ReportDraft = { title: '', sections: [] };

/** Reads what was remembered or stands in an address; the empty draft where it is none. */
export function parseDraft(value: unknown): ReportDraft {
  const parsed = v.safeParse(draftSchema, value);
  return parsed.success ? parsed.output : emptyDraft;
}

/**
 * The draft that a link of another page asks for: `runs` and the fields of `singles` are ids joined by
 * commas;
 * `dictionary` goes with `choice`, `features` (numbers joined by commas) and `limit`. Undefined where
 * the address asks for none.
 */
export function draftOfLink(query: Query): ReportDraft | undefined {
  const sections: DraftSection[] = [];
  const runs = listOf(query['runs']);
  if (runs.length > 0) sections.push({ kind: 'runs', runs });
  if (query['dictionary'] !== undefined) sections.push(featuresOfLink(query));
  for (const kind of singleKinds)
    for (const id of listOf(query[singles[kind].field])) sections.push(singleSection(kind, id));
  return sections.length === 0 ? undefined : { title: query['title'] ?? '', sections };
}

function featuresOfLink(query: Query): DraftSection {
  const features = listOf(query['features']).map(Number).filter(isFeature);
  const asked = v.safeParse(
    v.picklist(['most-active', 'best-per-property', 'labelled', 'listed']),
    query['choice'],
  );
  const limit = Number(query['limit'] ?? 50);
  return {
    kind: 'features',
    dictionary: query['dictionary']!,
    choice: asked.success ? asked.output : features.length > 0 ? 'listed' : 'most-active',
    features,
    limit: Number.isInteger(limit) && limit > 0 ? limit : 50,
  };
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((part) => part !== '');
}

function isFeature(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Feature numbers as a user types them: `3, 17 20-23`; what is no number is left out. */
export function parseFeatures(text: string): number[] {
  const numbers = text.split(/[\s,;]+/).flatMap((part) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return [];
    const from = Number(first);
    const to = Math.min(Number(last ?? first), from + 1999);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k);
  });
  return [...new Set(numbers)];
}

/** What a project offers for a section, the newest first. */
export interface Offered {
  readonly groups: readonly RunGroup[];
  readonly dictionaries: readonly DictionaryRow[];
  readonly singles: Readonly<Record<SingleKind, readonly Choice[]>>;
}

/** A record to choose from. */
export interface Choice {
  readonly id: string;
  readonly label: string;
}

/** A new section, about the newest thing of its kind: most often that is what it is wanted for. */
export function newSection(
  kind: SectionKind,
  { groups, dictionaries, singles: records }: Offered,
): DraftSection {
  switch (kind) {
    case 'text':
      return { kind, title: '', text: '' };
    case 'runs':
      return { kind, runs: groups[0]?.runs.map(({ id }) => id) ?? [] };
    case 'features': {
      const [newest] = dictionaries;
      const choice = newest && newest.properties.length > 0 ? 'best-per-property' : 'most-active';
      return { kind, dictionary: newest?.id ?? '', choice, features: [], limit: 50 };
    }
    default:
      return singleSection(kind, records[kind][0]?.id ?? '');
  }
}

export function moved<T>(list: readonly T[], index: number, by: -1 | 1): T[] {
  const other = index + by;
  if (other < 0 || other >= list.length) return [...list];
  const copy = [...list];
  [copy[index], copy[other]] = [copy[other]!, copy[index]!];
  return copy;
}

/** Ids that the project has. */
export interface Known {
  readonly runs: ReadonlySet<string>;
  readonly dictionaries: ReadonlySet<string>;
  readonly singles: Readonly<Record<SingleKind, ReadonlySet<string>>>;
}

/** What a section lacks before it can be written; null where nothing. */
export function problemOf(section: DraftSection, known: Known): string | null {
  switch (section.kind) {
    case 'text':
      return section.title.trim() === '' && section.text.trim() === ''
        ? 'Write a heading or some text.'
        : null;
    case 'runs': {
      if (section.runs.length === 0) return 'Choose at least one group of runs.';
      const lost = section.runs.filter((run) => !known.runs.has(run));
      return lost.length > 0 ? `Not in this project: ${lost.slice(0, 3).join(', ')}.` : null;
    }
    case 'features':
      if (section.dictionary === '') return 'Choose a dictionary.';
      if (!known.dictionaries.has(section.dictionary))
        return `The dictionary ${section.dictionary} is not in this project.`;
      if (section.choice === 'listed' && section.features.length === 0)
        return 'List the numbers of the features.';
      return section.limit >= 1 && section.limit <= 2000 ? null : 'Choose 1 to 2,000 features.';
    default: {
      const [id, noun] = [chosenOf(section), nounOf(section.kind)];
      if (id === '') return `Choose a ${noun}.`;
      return known.singles[section.kind].has(id)
        ? null
        : `The ${noun} ${id} is not in this project.`;
    }
  }
}

/** The sections as the host takes them. */
export function toSections(sections: readonly DraftSection[]): ReportSection[] {
  return sections.map((section) => v.parse(reportSection, section));
}

const kindWords: Readonly<Record<SectionKind, string>> = {
  text: 'Text',
  runs: 'Runs',
  features: 'Features',
  fit: 'Fit',
  stability: 'Stability study',
  comparison: 'Comparison of dictionaries',
  prediction: 'Features as predictors',
  evaluation: 'Evaluation conditions',
};

export function kindTitle(kind: SectionKind): string {
  return kindWords[kind];
}
