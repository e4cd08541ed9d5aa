import type { CurveChoice, HubPlan, HubSelection } from '../../../shared/contract/hubs.ts';
import {
  formatHubAddress,
  parseHubAddress,
  type HuggingFaceAddress,
  type WandbAddress,
} from '../../../shared/domain/hub-address.ts';
import { AppError } from '../../../shared/errors.ts';
import type { HubCache } from '../../hubs/cache.ts';
import type { HubHttp } from '../../hubs/http.ts';
import type { RemoteFile } from '../../hubs/remote-file.ts';
import { suggestFiles } from '../../hubs/suggest-files.ts';
import type { RunAddress } from '../../hubs/wandb/client.ts';
import { isBelow } from './browse.ts';
import type { HubClients } from './hub-clients.ts';

/** What is wanted of one run or repository. */
export interface PlannedItem {
  /** Pinned: a commit in place of a branch, a run in place of a project. */
  readonly address: string;
  /** Last name of the address, for a folder. */
  readonly name: string;
  readonly http: HubHttp;
  readonly files: readonly RemoteFile[];
  /** A run of W&B whose config, summary and curves are wanted. */
  readonly run: RunAddress | null;
}

export interface Plan {
  readonly items: readonly PlannedItem[];
  readonly curves: CurveChoice;
}

const mostRuns = 200;
const filesShown = 1000;

/** Finds out what a download consists of; fetches lists, and no file. @throws AppError as the clients do */
export async function makePlan(
  clients: HubClients,
  wanted: { readonly selections: readonly HubSelection[]; readonly curves: CurveChoice },
  signal: AbortSignal,
): Promise<Plan> {
  const { curves } = wanted;
  const items: PlannedItem[] = [];
  for (const selection of wanted.selections) {
    const address = parseHubAddress(selection.address);
    const found =
      address.hub === 'wandb'
        ? await planWandb(clients, address, selection, { curves, signal })
        : [await planRepo(clients, address, selection, signal)];
    items.push(...found);
    if (items.length > mostRuns)
      throw new AppError(
        'too-large',
        `That is more than ${mostRuns} runs at once. Choose some of them.`,
      );
  }
  return { items, curves };
}

/** What the user is told of a plan. */
export function describePlan({ items }: Plan, cache: HubCache, hosts: string[]): HubPlan {
  const files = items.flatMap(({ address, files: own }) =>
    own.map((file) => ({
      address,
      path: file.path,
      bytes: file.bytes,
      isHere: cache.has(file, address),
      begun: cache.begun(file, address),
    })),
  );
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    selections: selectionsOf({ items }),
    runs: items.flatMap(({ run, name }) => (run ? [name] : [])),
    files: files.slice(0, filesShown).map(({ begun: _begun, ...file }) => file),
    fileCount: files.length,
    bytes: sum(files.map(({ bytes }) => bytes ?? 0)),
    missingBytes: sum(
      files.map(({ isHere, bytes, begun }) => (isHere ? 0 : Math.max(0, (bytes ?? 0) - begun))),
    ),
    hosts,
  };
}

/** The same wishes with everything named, so that they mean the same later. */
export function selectionsOf({ items }: Pick<Plan, 'items'>): HubSelection[] {
  return items.map(({ address, files }) => ({ address, paths: files.map(({ path }) => path) }));
}

async function planWandb(
  clients: HubClients,
  address: WandbAddress,
  selection: HubSelection,
  { curves, signal }: { curves: CurveChoice; signal: AbortSignal },
): Promise<PlannedItem[]> {
  const { project, run } = address;
  if (project === null)
    throw new AppError(
      'bad-input',
      `${selection.address} is an entity. Name a project or a run of it: wandb:${address.entity}/PROJECT/RUN.`,
      { place: 'address' },
    );
  const client = await clients.wandb();
  const item = async (wanted: RunAddress, paths: readonly string[] | null) => {
    const files = paths?.length === 0 ? [] : await client.files(wanted, signal);
    return {
      address: formatHubAddress({ ...wanted, path: '' }),
      name: wanted.run,
      http: client.http,
      files: choose(files, wanted.path, paths, selection.address),
      run: curves === 'none' ? null : wanted,
    };
  };
  if (run !== null) return [await item({ ...address, project, run }, selection.paths)];
  // A project stands for its runs; their files are chosen run by run.
  const items: PlannedItem[] = [];
  for (let next: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof client.runs>> = await client.runs(
      address.entity,
      project,
      next,
      signal,
    );
    for (const { name } of page.items)
      items.push(await item({ ...address, project, run: name }, []));
    next = page.next;
    if (next === null || items.length > mostRuns) return items;
  }
}

async function planRepo(
  clients: HubClients,
  address: HuggingFaceAddress,
  selection: HubSelection,
  signal: AbortSignal,
): Promise<PlannedItem> {
  const { repo } = address;
  if (repo === null)
    throw new AppError(
      'bad-input',
      `${selection.address} is an owner. Name a repository of it: hf:${address.owner}/REPOSITORY.`,
      { place: 'address' },
    );
  const client = await clients.hf();
  const commit = await client.commit({ ...address, repo }, signal);
  const pinned = { ...address, repo, revision: commit };
  const paths = selection.paths;
  const files =
    paths?.length === 0
      ? []
      : await client.files({ ...pinned, path: commonFolder(address.path, paths) }, commit, signal);
  const isFile = paths === null && files.length === 1 && files[0]!.path === address.path;
  const beside = isFile
    ? await besides(client.files.bind(client), pinned, files[0]!, signal)
    : files;
  return {
    address: formatHubAddress({ ...pinned, path: '' }),
    name: repo,
    http: client.http,
    files: isFile ? beside : choose(files, address.path, paths, selection.address),
    run: null,
  };
}

/** A file that was named, with its configuration: the YAML or JSON of its own name, or its folder's. */
async function besides(
  list: (
    address: HuggingFaceAddress & { repo: string },
    commit: string,
    signal: AbortSignal,
  ) => Promise<RemoteFile[]>,
  address: HuggingFaceAddress & { repo: string; revision: string },
  file: RemoteFile,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const folder = file.path.split('/').slice(0, -1).join('/');
  const stem = file.path.replace(/\.[^./]+$/, '');
  const isWeights = /\.(pt|safetensors|npz)$/.test(file.path);
  if (!isWeights) return [file];
  const all = await list({ ...address, path: folder }, address.revision, signal);
  const own = all.filter(({ path }) =>
    /^\.(ya?ml|json)$/.test(path.startsWith(stem) ? path.slice(stem.length) : ''),
  );
  const shared = all.filter(({ path }) =>
    /^(cfg|config)\.json$/.test(path.slice(folder === '' ? 0 : folder.length + 1)),
  );
  return [file, ...(own.length > 0 ? own : shared)];
}

/** @throws AppError `not-found` where a name that was chosen is not there. */
function choose(
  files: readonly RemoteFile[],
  path: string,
  paths: readonly string[] | null,
  address: string,
): RemoteFile[] {
  if (paths === null) {
    const below = files.filter((file) => isBelow(file.path, path));
    if (path !== '' && below.length === 0) throw noSuchFile(path, address);
    const suggested = suggestFiles(below);
    return path !== '' && suggested.length === 0 ? below : suggested;
  }
  for (const wanted of paths)
    if (!files.some((file) => isBelow(file.path, wanted))) throw noSuchFile(wanted, address);
  return files.filter((file) => paths.some((wanted) => isBelow(file.path, wanted)));
}

/** The folder that all of the chosen lie in, so that not the whole of a large repository is listed. */
function commonFolder(path: string, paths: readonly string[] | null): string {
  if (paths === null) return path;
  const [first, ...others] = paths.map((wanted) => wanted.split('/').slice(0, -1));
  const shared = others.reduce(
    (common, parts) => common.slice(0, common.findIndex((part, at) => part !== parts[at]) >>> 0),
    first ?? [],
  );
  return shared.join('/');
}

function noSuchFile(path: string, address: string): AppError {
  return new AppError(
    'not-found',
    `${address} holds no ${path}. List what it holds with: assay hub list ${address}`,
    { file: path },
  );
}
