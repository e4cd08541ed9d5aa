/**
 * Where keys for hubs are kept: the system's keychain under Electron, the environment in the
 * headless shell. Keys never reach the database, logs, specs, reports or a worker's environment.
 */
export interface SecretStore {
  /** Whether a key outlives the session, and in a sentence why not. */
  status(): Promise<SecretStatus>;
  /**
   * The key of that name, or undefined where there is none.
   * @throws AppError `not-readable` where a key is kept but cannot be decrypted on this machine.
   */
  get(name: string): Promise<string | undefined>;
  /** Keeps a key, for the session only where `status` says so. */
  set(name: string, secret: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface SecretStatus {
  readonly isPersistent: boolean;
  /** Why keys are kept for the session only, and what to do about it; null where they are kept. */
  readonly why: string | null;
}
