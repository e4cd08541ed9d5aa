import { homedir } from 'node:os';
import { createHost, type Host } from '../host/create-host.ts';
import type { HostLog } from '../host/options.ts';
import { systemClock } from '../jobs/clock.ts';
import { forkLauncher } from './launcher.ts';
import { electronVersion, findPlaces, userDataFolder } from './places.ts';

/** The application without windows. */
export function createHeadlessHost(options: { log: HostLog; initialFolder?: string }): Host {
  const places = findPlaces();
  return createHost({
    shell: 'headless',
    version: places.version,
    electron: electronVersion(places),
    paths: { userData: userDataFolder(), resources: places.resources, home: homedir() },
    // Tests put a worker of their own in the place of the real one.
    launcher: forkLauncher(process.env['ASSAY_WORKER']),
    clock: systemClock,
    log: options.log,
    hubs: { environment: process.env },
    blobAddress: (handle) => `/blob/${handle}`,
    initialFolder: options.initialFolder,
  });
}
