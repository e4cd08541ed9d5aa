import type { Clock } from '../jobs/clock.ts';
import type { Launcher } from '../jobs/launcher.ts';
import type { HubSettings } from './hubs/hub-clients.ts';
import type { SecretStore } from './secret-store.ts';

export type HostLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  details?: Record<string, unknown>,
) => void;

/** What a shell gives the host: everything that differs between a window and a terminal. */
export interface HostOptions {
  readonly shell: 'electron' | 'headless';
  /** Version of Assay, and of Electron where that is the shell. */
  readonly version: string;
  readonly electron: string | null;
  readonly paths: {
    /** A folder of the user's own for what belongs to no project. */
    readonly userData: string;
    /** The folder `resources` of the program. */
    readonly resources: string;
    /** Where choosing a folder begins. */
    readonly home: string;
  };
  readonly launcher: Launcher;
  readonly clock: Clock;
  readonly log: HostLog;
  /** Where a page fetches the blob of that handle. */
  readonly blobAddress: (handle: string) => string;
  /** The keychain, where the shell has one. */
  readonly secrets?: SecretStore;
  /** Where hubs are, and keys for them. Without it, the hubs' own addresses and no keys. */
  readonly hubs?: HubSettings;
  /** The system's folder dialog, where there is one; null when the user cancels. */
  readonly chooseFolder?: () => Promise<string | null>;
  /** Folder to open at the start. */
  readonly initialFolder?: string | undefined;
  /** Called when the projects opened last have changed. */
  readonly recentChanged?: (paths: readonly string[]) => void;
}
