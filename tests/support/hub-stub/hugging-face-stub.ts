import { digestOf, gitName, type StubContent, type StubRepo } from './content.ts';

export interface JsonAnswer {
  readonly status: number;
  readonly value: unknown;
  readonly headers?: Record<string, string>;
}

/** Answers the parts of Hugging Face's API that a client of repositories asks. @param pageSize small, to see pages */
export function answerApi(
  content: StubContent,
  url: URL,
  base: string,
  pageSize: number,
): JsonAnswer | null {
  const [, api, kind, owner, repo, part, revision, ...path] = url.pathname
    .split('/')
    .map(decodeURIComponent);
  if (api !== 'api' || kind !== 'models') return null;
  if (owner === undefined) return listRepos(content, url, base, pageSize);
  const found = content.hf[`${owner}/${repo}`];
  if (!found)
    return {
      status: 401,
      value: { error: 'Repository not found' },
      headers: { 'x-error-message': 'Repository not found' },
    };
  if (part === 'revision')
    return ['HEAD', 'main', found.commit].includes(revision ?? '')
      ? { status: 200, value: { sha: found.commit, id: `${owner}/${repo}` } }
      : { status: 404, value: { error: 'Invalid rev id' } };
  if (part === 'tree' && revision === found.commit)
    return listTree(found, path.join('/'), url, base, pageSize);
  return { status: 404, value: { error: 'Not found' } };
}

function listRepos(content: StubContent, url: URL, base: string, pageSize: number): JsonAnswer {
  const author = url.searchParams.get('author');
  const ids = Object.keys(content.hf).filter((id) => id.startsWith(`${author}/`));
  return paged(
    ids.map((id) => ({
      id,
      lastModified: '2024-06-01T00:00:00.000Z',
      private: false,
      gated: false,
    })),
    url,
    base,
    pageSize,
  );
}

function listTree(
  repo: StubRepo,
  path: string,
  url: URL,
  base: string,
  pageSize: number,
): JsonAnswer {
  const prefix = path === '' ? '' : `${path}/`;
  const recursive = url.searchParams.get('recursive') === 'true';
  const below = Object.keys(repo.files).filter((name) => name.startsWith(prefix));
  if (below.length === 0 && path !== '')
    return { status: 404, value: { error: `${path} does not exist` } };
  const folders = new Set<string>();
  for (const name of below) {
    const parts = name.slice(prefix.length).split('/').slice(0, -1);
    for (let depth = 1; depth <= (recursive ? parts.length : Math.min(1, parts.length)); depth++)
      folders.add(prefix + parts.slice(0, depth).join('/'));
  }
  const files = below.filter((name) => recursive || !name.slice(prefix.length).includes('/'));
  const entries = [
    ...[...folders].map((name) => ({
      type: 'directory',
      path: name,
      size: 0,
      oid: '0'.repeat(40),
    })),
    ...files.map((name) => describe(repo, name)),
  ];
  return paged(entries, url, base, pageSize);
}

function describe(repo: StubRepo, path: string) {
  const content = repo.files[path]!;
  const size = content.length;
  if (!repo.lfs.includes(path)) return { type: 'file', path, size, oid: gitName(content) };
  const oid = digestOf('sha256', content, 'hex');
  return { type: 'file', path, size, oid: '1'.repeat(40), lfs: { oid, size, pointerSize: 130 } };
}

function paged(all: readonly unknown[], url: URL, base: string, pageSize: number): JsonAnswer {
  const start = Number(url.searchParams.get('cursor') ?? 0);
  const end = start + Math.min(pageSize, Number(url.searchParams.get('limit') ?? 1000));
  const next = new URL(url.pathname + url.search, base);
  next.searchParams.set('cursor', String(end));
  return {
    status: 200,
    value: all.slice(start, end),
    headers: end < all.length ? { link: `<${next.href}>; rel="next"` } : {},
  };
}
