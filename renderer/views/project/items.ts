import type { FoundItem } from '../../../shared/contract/project.ts';

type Kind = FoundItem['kind'];

export interface ItemGroup {
  readonly kind: Kind;
  readonly title: string;
  readonly items: readonly FoundItem[];
}

/** Kinds in the order in which a project is read, with the words for several of them. */
const titles: readonly (readonly [Kind, string])[] = [
  ['model', 'Language models'],
  ['tokens', 'Token files'],
  ['labels', 'Labels per token'],
  ['table', 'Tables'],
  ['evaluation', 'Evaluation logs'],
  ['spec', 'Job specs'],
  ['text', 'Texts'],
  ['other', 'Other files'],
];

/** The items of a folder by kind; kinds that it lacks are left out. */
export function groupItems(items: readonly FoundItem[]): ItemGroup[] {
  return titles
    .map(([kind, title]) => ({ kind, title, items: items.filter((item) => item.kind === kind) }))
    .filter((group) => group.items.length > 0);
}

/** What can be done with an item: the page that does it, with its address. */
export interface ItemAction {
  readonly title: string;
  readonly page: string;
  readonly parts: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export function actionsFor(item: FoundItem): ItemAction[] {
  if (item.problem) return [];
  const { path } = item;
  switch (item.kind) {
    case 'model':
      return [{ title: 'Train on it', page: 'runs', parts: ['new'], query: { model: path } }];
    case 'tokens':
      return [{ title: 'Train on them', page: 'runs', parts: ['new'], query: { tokens: path } }];
    case 'table':
      return [{ title: 'Fit a regression', page: 'statistics', parts: [], query: { table: path } }];
    case 'evaluation':
      return [
        {
          title: 'Compare conditions',
          page: 'statistics',
          parts: [],
          query: { tab: 'conditions', log: path },
        },
      ];
    case 'spec':
      if (item.facts.includes('compare')) return [];
      return item.facts.includes('regress')
        ? [{ title: 'Fit it', page: 'statistics', parts: [], query: { spec: path } }]
        : [{ title: 'Train it', page: 'runs', parts: ['new'], query: { spec: path } }];
    default:
      return [];
  }
}
