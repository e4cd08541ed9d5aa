import { AppError } from '../errors.ts';

/** Something on Weights & Biases: `wandb:entity[/project[/run[/path]]]`. */
export interface WandbAddress {
  readonly hub: 'wandb';
  readonly entity: string;
  readonly project: string | null;
  readonly run: string | null;
  /** A file of the run, or the beginning of the names of several; empty for all. */
  readonly path: string;
}

/** Something on Hugging Face: `hf:owner[/repo[@rev][/path]]`, data sets as `hf:datasets/owner/…`. */
export interface HuggingFaceAddress {
  readonly hub: 'hf';
  readonly kind: 'model' | 'dataset';
  readonly owner: string;
  readonly repo: string | null;
  /** Branch, tag or commit; null for the default branch. */
  readonly revision: string | null;
  /** A file or a folder of the repository; empty for all of it. */
  readonly path: string;
}

export type HubAddress = WandbAddress | HuggingFaceAddress;
export type HubName = HubAddress['hub'];

export const hubTitles: Readonly<Record<HubName, string>> = {
  wandb: 'Weights & Biases',
  hf: 'Hugging Face',
};

const mostCharacters = 2000;

/** Whether a source is meant as something on a hub, rightly written or not. */
export function isHubAddress(text: string): boolean {
  return /^(wandb|hf):/.test(text) || webAddress.test(text);
}

const webAddress = /^https:\/\/(?:www\.)?(wandb\.ai|huggingface\.co)\/(.*)$/;

/**
 * Reads an address as it is written, or as it stands in the address bar of a browser.
 * @throws AppError `bad-input` that says what is wrong and how it is written.
 */
export function parseHubAddress(text: string): HubAddress {
  const given = text.trim();
  if (given.length > mostCharacters) throw wrong('', 'is too long');
  const [, site, onSite] = webAddress.exec(given) ?? [];
  if (site === 'wandb.ai') return parseWandb(onSite!.replace(/[?#].*$/, ''), given, true);
  if (site === 'huggingface.co') return parseHuggingFace(fromBrowser(onSite!), given);
  if (given.startsWith('wandb:')) return parseWandb(given.slice('wandb:'.length), given, false);
  if (given.startsWith('hf:')) return parseHuggingFace(given.slice('hf:'.length), given);
  throw wrong(given, 'names no hub');
}

/** The one way in which an address is written. */
export function formatHubAddress(address: HubAddress): string {
  if (address.hub === 'wandb') {
    const parts = [address.entity, address.project, address.run].filter((part) => part !== null);
    return `wandb:${[...parts, ...(address.path === '' ? [] : [address.path])].join('/')}`;
  }
  const { kind, owner, repo, revision, path } = address;
  const prefix = kind === 'dataset' ? 'hf:datasets/' : 'hf:';
  if (repo === null) return `${prefix}${owner}`;
  const at = revision === null ? '' : `@${encodeURIComponent(revision)}`;
  return `${prefix}${owner}/${repo}${at}${path === '' ? '' : `/${path}`}`;
}

function parseWandb(text: string, given: string, isPage: boolean): WandbAddress {
  const parts = text.split('/').filter((part) => part !== '');
  // Pages of runs read entity/project/runs/id.
  if (isPage && parts[2] === 'runs') parts.splice(2, 1);
  const [entity, project = null, run = null, ...path] = parts.map(decode(given));
  if (entity === undefined) throw wrong(given, 'names no entity');
  for (const name of [entity, project, run])
    if (name !== null && (/[\\#?%:*"<>|\p{Cc}]/u.test(name) || /^\.+$/.test(name)))
      throw wrong(given, `'${name}' is not a name on Weights & Biases`);
  return { hub: 'wandb', entity, project, run, path: path.join('/') };
}

function parseHuggingFace(text: string, given: string): HuggingFaceAddress {
  const all = text.split('/').filter((part) => part !== '');
  const kind = all[0] === 'datasets' ? 'dataset' : 'model';
  const [owner, repoAndRevision = null, ...path] = kind === 'dataset' ? all.slice(1) : all;
  if (owner === undefined) throw wrong(given, 'names no owner');
  const at = repoAndRevision?.indexOf('@') ?? -1;
  const repo = at < 0 ? repoAndRevision : repoAndRevision!.slice(0, at);
  const revision = at < 0 ? null : decode(given)(repoAndRevision!.slice(at + 1));
  for (const name of [owner, repo])
    if (name !== null && (!/^[\w][\w.-]*$/.test(name) || name.includes('..')))
      throw wrong(given, `'${name}' is not a name on Hugging Face`);
  if (revision !== null && !/^[\w][\w./-]*$/.test(revision))
    throw wrong(given, `'${revision}' is not a branch, tag or commit`);
  return { hub: 'hf', kind, owner, repo, revision, path: path.map(decode(given)).join('/') };
}

/** owner/repo/tree/rev/path, as browsers show it, in the form that is typed. */
function fromBrowser(text: string): string {
  const parts = text.replace(/[?#].*$/, '').split('/');
  const start = parts[0] === 'datasets' ? 3 : 2;
  const isInside = ['tree', 'blob', 'resolve'].includes(parts[start] ?? '');
  if (!isInside) return parts.slice(0, start).join('/');
  const repo = `${parts[start - 1]}@${parts[start + 1] ?? 'main'}`;
  return [...parts.slice(0, start - 1), repo, ...parts.slice(start + 2)].join('/');
}

function decode(given: string): (part: string) => string {
  return (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw wrong(given, 'holds a % that stands for no character');
    }
  };
}

function wrong(given: string, problem: string): AppError {
  return new AppError(
    'bad-input',
    `${given === '' ? 'The address' : given} ${problem}. Write wandb:entity/project/run or hf:owner/repo[@revision][/path].`,
    { place: 'address' },
  );
}
