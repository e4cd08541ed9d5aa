import * as v from 'valibot';
import type { HuggingFaceAddress } from '../../../shared/domain/hub-address.ts';
import { AppError } from '../../../shared/errors.ts';
import { hubTime, type HubEntry, type Page } from '../entries.ts';
import type { HubHttp } from '../http.ts';
import { parseAnswer } from '../parse-answer.ts';
import { checkedPath, type Checksum, type RemoteFile } from '../remote-file.ts';

/** A repository's address, pinned to a commit or not. */
export type RepoAddress = HuggingFaceAddress & { readonly repo: string };

export interface TreeFolder {
  readonly path: string;
}

export interface TreePage {
  readonly folders: readonly TreeFolder[];
  readonly files: readonly RemoteFile[];
  readonly next: string | null;
}

const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.nullish(v.string(), null);

const reposAnswer = v.array(
  v.object({
    id: v.string(),
    lastModified: text,
    private: v.optional(v.boolean(), false),
    gated: v.optional(v.union([v.boolean(), v.string()]), false),
  }),
);

const revisionAnswer = v.object({ sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)) });

const treeAnswer = v.array(
  v.object({
    type: v.string(),
    path: v.string(),
    size: v.optional(bytes, 0),
    /** Git's name of the content. */
    oid: text,
    /** A large file: git holds a pointer to it. */
    lfs: v.nullish(v.object({ oid: v.string(), size: bytes }), null),
  }),
);

const pageSize = 100;
const treePageSize = 1000;
const mostFiles = 50_000;

/** Reads repositories of the Hugging Face hub. */
export class HuggingFaceClient {
  readonly http: HubHttp;

  constructor(http: HubHttp) {
    this.http = http;
  }

  async repos(
    owner: string,
    kind: HuggingFaceAddress['kind'],
    cursor: string | null,
    signal?: AbortSignal,
  ): Promise<Page<HubEntry>> {
    const what = `the list of ${kind === 'model' ? 'models' : 'data sets'} of ${owner}`;
    const query = new URLSearchParams({ author: owner, limit: String(pageSize) });
    query.set('sort', 'lastModified');
    for (const field of ['lastModified', 'private', 'gated']) query.append('expand[]', field);
    if (cursor !== null) query.set('cursor', cursor);
    const { value, headers } = await this.http.json({
      url: `/api/${kind}s?${query.toString()}`,
      what,
      signal,
    });
    const repos = parseAnswer(reposAnswer, value, this.http.asked(what));
    return {
      items: repos.map(({ id, lastModified, private: isPrivate, gated }) => ({
        name: id.slice(id.indexOf('/') + 1),
        title: '',
        facts: [
          ...(isPrivate ? ['private'] : []),
          ...(gated === false ? [] : ['conditions to accept']),
        ],
        changedAt: hubTime(lastModified),
      })),
      next: nextCursor(headers),
    };
  }

  /** The commit that a revision stands for today. */
  async commit(address: RepoAddress, signal?: AbortSignal): Promise<string> {
    const what = nameOf(address);
    const revision = encodeURIComponent(address.revision ?? 'HEAD');
    const { value } = await this.http.json({
      url: `${apiPath(address)}/revision/${revision}?expand[]=sha`,
      what,
      signal,
    });
    return parseAnswer(revisionAnswer, value, this.http.asked(what)).sha;
  }

  /** One page of a folder. @param commit as `commit` has it */
  async tree(
    address: RepoAddress,
    commit: string,
    options: { recursive: boolean; cursor: string | null; signal?: AbortSignal | undefined },
  ): Promise<TreePage> {
    const what = `the list of files of ${nameOf(address)}`;
    const path = address.path.split('/').filter(Boolean).map(encodeURIComponent).join('/');
    const query = new URLSearchParams({ limit: String(treePageSize) });
    if (options.recursive) query.set('recursive', 'true');
    if (options.cursor !== null) query.set('cursor', options.cursor);
    const { value, headers } = await this.http.json({
      url: `${apiPath(address)}/tree/${commit}${path === '' ? '' : `/${path}`}?${query.toString()}`,
      what,
      signal: options.signal,
    });
    const entries = parseAnswer(treeAnswer, value, this.http.asked(what));
    const { title } = this.http.server;
    return {
      folders: entries
        .filter(({ type }) => type === 'directory')
        .map((entry) => ({ path: checkedPath(entry.path, title) })),
      files: entries
        .filter(({ type }) => type === 'file')
        .map((entry) => ({
          path: checkedPath(entry.path, title),
          bytes: entry.lfs?.size ?? entry.size,
          checksum: checksumOf(entry),
          version: commit,
          urls: [resolvePath(address, commit, entry.path)],
        })),
      next: nextCursor(headers),
    };
  }

  /** All files below the address, or the file that it names. */
  async files(address: RepoAddress, commit: string, signal?: AbortSignal): Promise<RemoteFile[]> {
    if (address.path !== '') {
      const file = await this.#file(address, commit, signal);
      if (file) return [file];
    }
    const files: RemoteFile[] = [];
    for (let cursor: string | null = null; ;) {
      const page: TreePage = await this.tree(address, commit, { recursive: true, cursor, signal });
      files.push(...page.files);
      if (page.next === null || page.next === cursor) return files;
      cursor = page.next;
      if (files.length > mostFiles)
        throw new AppError(
          'too-large',
          `${nameOf(address)} has more than ${mostFiles} files. Name a folder of it: hf:${address.owner}/${address.repo}/FOLDER.`,
          { file: nameOf(address) },
        );
    }
  }

  /** The file that the address names, if its folder lists one of that name. */
  async #file(
    address: RepoAddress,
    commit: string,
    signal: AbortSignal | undefined,
  ): Promise<RemoteFile | undefined> {
    const folder = { ...address, path: address.path.split('/').slice(0, -1).join('/') };
    for (let cursor: string | null = null; ;) {
      const page: TreePage = await this.tree(folder, commit, { recursive: false, cursor, signal });
      const file = page.files.find(({ path }) => path === address.path);
      if (file || page.next === null || page.next === cursor) return file;
      if (page.folders.some(({ path }) => path === address.path)) return undefined;
      cursor = page.next;
    }
  }
}

function apiPath({ kind, owner, repo }: RepoAddress): string {
  return `/api/${kind}s/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;
}

function resolvePath({ kind, owner, repo }: RepoAddress, commit: string, path: string): string {
  const parts = [owner, repo, 'resolve', commit, ...path.split('/')].map(encodeURIComponent);
  return `/${kind === 'dataset' ? 'datasets/' : ''}${parts.join('/')}`;
}

function nameOf({ owner, repo, revision }: RepoAddress): string {
  return `${owner}/${repo}${revision === null ? '' : ` at ${revision}`}`;
}

function checksumOf({ lfs, oid }: v.InferOutput<typeof treeAnswer>[number]): Checksum | null {
  const sha256 = lfs?.oid.replace(/^sha256:/, '');
  if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256))
    return { algorithm: 'sha256', hex: sha256 };
  if (!lfs && oid !== null && /^[0-9a-f]{40}$/.test(oid))
    return { algorithm: 'git-sha1', hex: oid };
  return null;
}

/** The cursor in `Link: <address>; rel="next"`; the address itself is not followed. */
function nextCursor(headers: Headers): string | null {
  const [, address] = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '') ?? [];
  if (address === undefined || !URL.canParse(address, 'https://hub.invalid')) return null;
  return new URL(address, 'https://hub.invalid').searchParams.get('cursor');
}
