export type Query = Readonly<Record<string, string>>;

/** A place inside the pages: `#/p/PROJECT/PAGE/PART…?name=value`, or `#/` for the start page. */
export interface Address {
  readonly project: string | null;
  readonly page: string;
  readonly parts: readonly string[];
  readonly query: Query;
}

export const startAddress: Address = { project: null, page: 'start', parts: [], query: {} };

/** Reads a fragment; whatever it does not understand leads to the start page. */
export function parseAddress(hash: string): Address {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?', 2);
  const [root, project, page, ...parts] = path.split('/').filter(Boolean).map(decode);
  if (root !== 'p' || !project) return startAddress;
  const query = Object.fromEntries(new URLSearchParams(search));
  return { project, page: page ?? 'project', parts, query };
}

export function formatAddress({ project, page, parts, query }: Address): string {
  if (project === null) return '#/';
  const path = ['p', project, page, ...parts].map(encodeURIComponent).join('/');
  const search = new URLSearchParams(query).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
