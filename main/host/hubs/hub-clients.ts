import { hubTitles, type HubName } from '../../../shared/domain/hub-address.ts';
import { HubHttp } from '../../hubs/http.ts';
import { HuggingFaceClient } from '../../hubs/hugging-face/client.ts';
import type { Patience } from '../../hubs/patience.ts';
import { WandbClient } from '../../hubs/wandb/client.ts';
import type { FoundKey, HubKeys } from './keys.ts';

export interface HubSettings {
  /** WANDB_BASE_URL and HF_ENDPOINT, by which each hub's own tools find other servers, and keys. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly patience?: Patience;
}

const servers: Readonly<Record<HubName, { variable: string; base: string }>> = {
  wandb: { variable: 'WANDB_BASE_URL', base: 'https://api.wandb.ai' },
  hf: { variable: 'HF_ENDPOINT', base: 'https://huggingface.co' },
};

/** Clients of both hubs for one piece of work, with the hosts that it has contacted so far. */
export interface HubClients {
  readonly wandb: () => Promise<WandbClient>;
  readonly hf: () => Promise<HuggingFaceClient>;
  readonly hosts: () => string[];
}

/** Address of a hub's server: of the environment alone, never of a project, whose author could send keys elsewhere. */
export function hubBase(hub: HubName, { environment }: HubSettings): string {
  const { variable, base } = servers[hub];
  return (environment[variable]?.trim() || base).replace(/\/+$/, '');
}

/** The host of a hub, for people; the text of the setting where it is no address. */
export function hubHost(hub: HubName, settings: HubSettings): string {
  const base = hubBase(hub, settings);
  return URL.canParse(base) ? new URL(base).host : base;
}

/** @param contacted told of each host when it is first asked */
export function hubClients(
  settings: HubSettings,
  keys: HubKeys,
  projectPath: string,
  contacted: (hosts: string[]) => void = () => undefined,
): HubClients {
  const hosts = new Set<string>();
  const http = async (hub: HubName): Promise<HubHttp> => {
    const found = await keys.find(hub, hubHost(hub, settings), projectPath);
    return new HubHttp({
      title: hubTitles[hub],
      base: hubBase(hub, settings),
      authorization: found ? authorization(hub, found) : undefined,
      keyAdvice: await keys.advice(hub),
      contacted: (host) => {
        if (hosts.has(host)) return;
        hosts.add(host);
        contacted([...hosts]);
      },
      ...(settings.patience ? { patience: settings.patience } : {}),
    });
  };
  let wandb: Promise<WandbClient> | undefined;
  let hf: Promise<HuggingFaceClient> | undefined;
  return {
    wandb: () => (wandb ??= http('wandb').then((http) => new WandbClient(http))),
    hf: () => (hf ??= http('hf').then((http) => new HuggingFaceClient(http))),
    hosts: () => [...hosts],
  };
}

function authorization(hub: HubName, { key }: FoundKey): string {
  return hub === 'wandb'
    ? `Basic ${Buffer.from(`api:${key}`).toString('base64')}`
    : `Bearer ${key}`;
}
