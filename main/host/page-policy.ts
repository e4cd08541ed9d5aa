/**
 * The content policies of both shells, so that a page or a report behaves alike in a window and in a
 * browser. A shell only says under which addresses its parts live.
 */
export interface PagePolicyOptions {
  /** Source expression of the host's files, where they are of another origin than the page. */
  readonly data?: string;
  /** Hashes (`sha256-...`) of constant <style> elements that libraries of the page insert. */
  readonly styleHashes?: readonly string[];
}

/** Hashes of the <style> elements that the page is known to insert; both shells allow these. */
const constantStyles: readonly string[] = [];

/** The policy of the page: its own files, its own host, and nothing else. */
export function pagePolicy(options: PagePolicyOptions = {}): string {
  const { data, styleHashes = constantStyles } = options;
  const files = data === undefined ? [] : [data];
  return join({
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", ...styleHashes.map((hash) => `'${hash}'`)],
    'img-src': ["'self'", ...files, 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'", ...files],
    'frame-src': data === undefined ? ["'self'"] : files,
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  });
}

/**
 * The policy of a file that the host offers. A report holds text from data: it may run its own
 * viewer, which its meta policy names by hash, but has no origin, no network and no cookies.
 */
export function blobPolicy(frameAncestors: string): string {
  return join({
    sandbox: ['allow-scripts', 'allow-downloads'],
    'default-src': ["'none'"],
    'script-src': ["'unsafe-inline'"],
    'style-src': ["'unsafe-inline'"],
    'img-src': ['data:'],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': [frameAncestors],
  });
}

function join(directives: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(directives)
    .map(([name, values]) => [name, ...values].join(' '))
    .join('; ');
}
