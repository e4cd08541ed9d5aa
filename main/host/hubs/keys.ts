import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { HubName } from '../../../shared/domain/hub-address.ts';
import { AppError } from '../../../shared/errors.ts';
import type { SecretStore } from '../secret-store.ts';

export interface FoundKey {
  readonly key: string;
  readonly source: 'keychain' | 'environment' | 'project';
}

/** Names under which each hub's own tools look for a key. */
const variables: Readonly<Record<HubName, readonly string[]>> = {
  wandb: ['WANDB_API_KEY'],
  hf: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'],
};

const mostFileBytes = 1 << 20;

/**
 * Where keys of hubs come from: the keychain where there is one, then the environment, then a file
 * `.env` in the project folder. They stay in memory as long as a request needs them, are sent to
 * their hub alone, and reach no log, database, spec, report or other process.
 */
export class HubKeys {
  readonly #secrets: SecretStore | undefined;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(
    secrets: SecretStore | undefined,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#secrets = secrets;
    this.#environment = environment;
  }

  get canKeep(): boolean {
    return this.#secrets !== undefined;
  }

  /** @param host a key is kept for one server and never sent to another */
  async find(hub: HubName, host: string, projectPath: string): Promise<FoundKey | null> {
    const kept = await this.#secrets?.get(nameOf(hub, host));
    if (kept !== undefined) return { key: checked(kept, hub), source: 'keychain' };
    for (const name of variables[hub]) {
      const key = this.#environment[name]?.trim();
      if (key) return { key: checked(key, hub), source: 'environment' };
    }
    const file = readEnvironmentFile(projectPath);
    for (const name of variables[hub]) {
      const key = file[name]?.trim();
      if (key) return { key: checked(key, hub), source: 'project' };
    }
    return null;
  }

  /** How a key is given here, in a sentence. */
  async advice(hub: HubName): Promise<string> {
    const [variable] = variables[hub];
    if (!this.#secrets)
      return `Set ${variable} in the environment of Assay, or in a file .env in the project folder.`;
    const { why } = await this.#secrets.status();
    return why ?? 'Enter a key: it is kept in the keychain of this system.';
  }

  /** @throws AppError `unsupported` without a keychain. */
  async set(hub: HubName, host: string, key: string): Promise<void> {
    await (await this.#store(hub)).set(nameOf(hub, host), key);
  }

  async remove(hub: HubName, host: string): Promise<void> {
    await (await this.#store(hub)).remove(nameOf(hub, host));
  }

  async #store(hub: HubName): Promise<SecretStore> {
    if (this.#secrets) return this.#secrets;
    throw new AppError('unsupported', `Keys cannot be kept here. ${await this.advice(hub)}`);
  }
}

function nameOf(hub: HubName, host: string): string {
  return `${hub}:${host}`;
}

/** A key becomes part of a header. @throws AppError without the key */
function checked(key: string, hub: HubName): string {
  if (/^[\x21-\x7e]{1,500}$/.test(key)) return key;
  throw new AppError(
    'bad-input',
    `${variables[hub][0]} holds characters that no key has, such as spaces. Copy the key again.`,
    { place: variables[hub][0]! },
  );
}

/** Nothing where there is no such file; its other variables are not looked at. */
function readEnvironmentFile(projectPath: string): Record<string, string | undefined> {
  const path = join(projectPath, '.env');
  try {
    if (statSync(path).size > mostFileBytes) return {};
    return parseEnv(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
