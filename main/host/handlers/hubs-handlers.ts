import type { HubTransfer } from '../../../shared/contract/hubs.ts';
import { hubTitles, type HubName } from '../../../shared/domain/hub-address.ts';
import { browseHub } from '../hubs/browse.ts';
import { hubClients, hubHost, type HubSettings } from '../hubs/hub-clients.ts';
import type { HubImports } from '../hubs/imports.ts';
import type { HubKeys } from '../hubs/keys.ts';
import { describePlan, makePlan } from '../hubs/plan.ts';
import { Transfers } from '../hubs/transfers.ts';
import type { HostLog } from '../options.ts';
import type { Clock } from '../../jobs/clock.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import type { HandlerGroup } from './group.ts';

const hubs: readonly HubName[] = ['wandb', 'hf'];

export interface HubParts {
  readonly projects: Projects;
  readonly keys: HubKeys;
  readonly settings: HubSettings;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly imports: (project: Project) => HubImports;
  readonly changed: (project: string, transfer: HubTransfer) => void;
}

/** No hub is contacted before one of these is called. */
export function hubsHandlers(parts: HubParts): HandlerGroup<'hubs'> {
  const { projects, keys, settings } = parts;
  const transfersOf = transfersByProject(parts);
  return {
    'hubs.accounts': async ({ project }) => {
      const { path } = await projects.get(project);
      return Promise.all(hubs.map((hub) => account(hub, parts, path)));
    },
    'hubs.setKey': async ({ hub, key }) => {
      await keys.set(hub, hubHost(hub, settings), key);
      return null;
    },
    'hubs.removeKey': async ({ hub }) => {
      await keys.remove(hub, hubHost(hub, settings));
      return null;
    },
    'hubs.list': async ({ project, address, next }, { signal }) => {
      const { path } = await projects.get(project);
      return browseHub(hubClients(settings, keys, path), address, next, signal);
    },
    'hubs.plan': async ({ project, ...wanted }, { signal }) => {
      const opened = await projects.get(project);
      const clients = hubClients(settings, keys, opened.path);
      const plan = await makePlan(clients, wanted, signal);
      return describePlan(plan, transfersOf(opened).cache, clients.hosts());
    },
    'hubs.start': async ({ project, ...wanted }) =>
      transfersOf(await projects.get(project)).start(wanted),
    'hubs.transfers': async ({ project }) => transfersOf(await projects.get(project)).list(),
    'hubs.cancel': async ({ project, transfer }) =>
      transfersOf(await projects.get(project)).cancel(transfer),
    'hubs.resume': async ({ project, transfer }) =>
      transfersOf(await projects.get(project)).resume(transfer),
    'hubs.forget': async ({ project, transfer }) => {
      transfersOf(await projects.get(project)).forget(transfer);
      return null;
    },
  };
}

function transfersByProject(parts: HubParts): (project: Project) => Transfers {
  const { keys, settings, clock, log } = parts;
  const all = new WeakMap<Project, Transfers>();
  return (project) => {
    const known = all.get(project);
    if (known) return known;
    const made = new Transfers(
      project.path,
      {
        clients: (contacted) => hubClients(settings, keys, project.path, contacted),
        imports: parts.imports(project),
        clock,
        bug: (error) =>
          log('error', 'A download failed.', {
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
      },
      (transfer) => parts.changed(project.info.id, transfer),
    );
    all.set(project, made);
    project.beforeClose(() => made.close());
    return made;
  };
}

async function account(hub: HubName, { keys, settings }: HubParts, projectPath: string) {
  const host = hubHost(hub, settings);
  const found = await keys.find(hub, host, projectPath);
  return {
    hub,
    title: hubTitles[hub],
    host,
    source: found?.source ?? null,
    canKeep: keys.canKeep,
    advice: await keys.advice(hub),
  };
}
