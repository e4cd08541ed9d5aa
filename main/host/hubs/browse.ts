import type { HubEntry, HubListing } from '../../../shared/contract/hubs.ts';
import {
  formatHubAddress,
  parseHubAddress,
  type HubAddress,
} from '../../../shared/domain/hub-address.ts';
import type { HubEntry as Container, Page } from '../../hubs/entries.ts';
import type { RepoAddress } from '../../hubs/hugging-face/client.ts';
import type { RemoteFile } from '../../hubs/remote-file.ts';
import { suggestFiles } from '../../hubs/suggest-files.ts';
import type { RunAddress } from '../../hubs/wandb/client.ts';
import type { HubClients } from './hub-clients.ts';

/** Files that one answer lists. */
const filesPerPage = 1000;

interface Where {
  readonly address: HubAddress;
  readonly next: string | null;
  readonly signal: AbortSignal;
}

/** One page of what an address holds. @throws AppError as the hubs' clients do */
export async function browseHub(
  clients: HubClients,
  text: string,
  next: string | null,
  signal: AbortSignal,
): Promise<HubListing> {
  const address = parseHubAddress(text);
  const where = { address, next, signal };
  const found =
    address.hub === 'wandb' ? await listWandb(clients, where) : await listRepos(clients, where);
  return { ...found, hosts: clients.hosts() };
}

type Found = Omit<HubListing, 'hosts'>;

async function listWandb(clients: HubClients, { address, next, signal }: Where): Promise<Found> {
  const client = await clients.wandb();
  if (address.hub !== 'wandb') throw new TypeError('not an address of W&B');
  const { entity, project, run } = address;
  if (project === null)
    return containers('project', address, await client.projects(entity, next, signal));
  if (run === null)
    return containers('run', address, await client.runs(entity, project, next, signal));
  const files = await client.files({ ...address, project, run }, signal);
  const below = files.filter(({ path }) => isBelow(path, address.path));
  return filesPage({ ...address, project, run }, below, next);
}

async function listRepos(clients: HubClients, { address, next, signal }: Where): Promise<Found> {
  const client = await clients.hf();
  if (address.hub !== 'hf') throw new TypeError('not an address of Hugging Face');
  const { owner, kind, repo } = address;
  if (repo === null)
    return containers('repository', address, await client.repos(owner, kind, next, signal));
  const commit = await client.commit({ ...address, repo }, signal);
  const pinned: RepoAddress = { ...address, repo, revision: commit };
  const page = await client.tree(pinned, commit, { recursive: false, cursor: next, signal });
  const folders = page.folders.map(({ path }): HubEntry => entry('folder', { ...pinned, path }));
  const suggested = new Set(suggestFiles(page.files));
  const files = page.files.map((file) => fileEntry(pinned, file, suggested.has(file)));
  return { address: formatHubAddress(pinned), entries: [...folders, ...files], next: page.next };
}

/** W&B lists the files of a run with those of its folders; this shows a part of that list. */
function filesPage(address: RunAddress, files: readonly RemoteFile[], next: string | null): Found {
  const start = Number(next ?? 0);
  const suggested = new Set(suggestFiles(files));
  const shown = files.slice(start, start + filesPerPage);
  return {
    address: formatHubAddress(address),
    entries: shown.map((file) => fileEntry(address, file, suggested.has(file))),
    next: start + filesPerPage < files.length ? String(start + filesPerPage) : null,
  };
}

function containers(
  kind: 'project' | 'run' | 'repository',
  address: HubAddress,
  page: Page<Container>,
): Found {
  return {
    address: formatHubAddress(address),
    next: page.next,
    entries: page.items.map(({ name, title, facts, changedAt }) => ({
      ...entry(kind, inside(kind, address, name)),
      name: name.slice(0, 400),
      title: title.slice(0, 400),
      facts: facts.map((fact) => fact.slice(0, 400)),
      changedAt,
    })),
  };
}

function inside(
  kind: 'project' | 'run' | 'repository',
  address: HubAddress,
  name: string,
): HubAddress {
  if (address.hub === 'hf') return { ...address, repo: name };
  return kind === 'project' ? { ...address, project: name } : { ...address, run: name };
}

function fileEntry(address: HubAddress, file: RemoteFile, suggested: boolean): HubEntry {
  return { ...entry('file', { ...address, path: file.path }), bytes: file.bytes, suggested };
}

function entry(kind: HubEntry['kind'], address: HubAddress): HubEntry {
  const name = address.path.split('/').at(-1)!;
  return {
    kind,
    name: address.hub === 'wandb' ? address.path : name,
    title: '',
    address: formatHubAddress(address),
    facts: [],
    bytes: null,
    changedAt: null,
    suggested: false,
  };
}

/** Whether a file is the one of that path, or lies in the folder of that path; all are below ''. */
export function isBelow(path: string, of: string): boolean {
  return of === '' || path === of || path.startsWith(`${of}/`);
}
