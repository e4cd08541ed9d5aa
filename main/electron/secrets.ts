import { chmod, open, readFile, rename, rm } from 'node:fs/promises';
import { safeStorage } from 'electron';
import * as v from 'valibot';
import { AppError, fileError } from '../../shared/errors.ts';
import type { SecretStatus, SecretStore } from '../host/secret-store.ts';

const fileSchema = v.strictObject({
  version: v.literal(1),
  /** Ciphertext in base64 by name. */
  secrets: v.record(v.string(), v.string()),
});

const sessionOnly = 'so keys are kept until Assay is closed and then forgotten.';

/**
 * Keys encrypted by the system's keychain, in a file of their own that its user alone may read.
 * Where the system has no keychain, Chromium would encrypt with a constant that everyone knows:
 * then keys stay in memory and nothing is written.
 */
export class KeychainSecrets implements SecretStore {
  readonly #path: string;
  readonly #session = new Map<string, string>();
  /** Changes of the file follow one another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async status(): Promise<SecretStatus> {
    const problem = await keychainProblem();
    return { isPersistent: problem === null, why: problem };
  }

  async get(name: string): Promise<string | undefined> {
    const inSession = this.#session.get(name);
    if (inSession !== undefined) return inSession;
    const secrets = await this.#read();
    const kept = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (kept === undefined) return undefined;
    const { isPersistent, why } = await this.status();
    if (!isPersistent) throw unreadable(name, why ?? '');
    return this.#decrypt(name, kept);
  }

  async set(name: string, secret: string): Promise<void> {
    const { isPersistent } = await this.status();
    if (!isPersistent) {
      this.#session.set(name, secret);
      return;
    }
    const encrypted = (await safeStorage.encryptStringAsync(secret)).toString('base64');
    await this.#change((secrets) => ({ ...secrets, [name]: encrypted }));
    this.#session.delete(name);
  }

  async remove(name: string): Promise<void> {
    this.#session.delete(name);
    await this.#change(({ [name]: _removed, ...others }) => others);
  }

  async #decrypt(name: string, kept: string): Promise<string> {
    try {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(
        Buffer.from(kept, 'base64'),
      );
      // The system has changed its key: keep the secret under the new one.
      if (shouldReEncrypt) await this.set(name, result);
      return result;
    } catch (error) {
      throw unreadable(
        name,
        'The keychain is locked, or the key was saved on another machine.',
        error,
      );
    }
  }

  #change(edit: (secrets: Record<string, string>) => Record<string, string>): Promise<void> {
    const change = this.#queue.then(async () => this.#write(edit(await this.#read())));
    this.#queue = change.catch(() => undefined);
    return change;
  }

  async #read(): Promise<Record<string, string>> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw fileError(error, this.#path);
    }
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), fileSchema), text);
    // What cannot be understood holds no key that could be saved; it is replaced by the next one.
    return parsed.success ? parsed.output.secrets : {};
  }

  async #write(secrets: Record<string, string>): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ version: 1, secrets }));
        await file.sync();
      } finally {
        await file.close();
      }
      await chmod(temporary, 0o600);
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw fileError(error, this.#path, 'write');
    }
  }
}

/** Why the keychain cannot be used, in a sentence; null where it can. */
async function keychainProblem(): Promise<string | null> {
  if (process.platform === 'linux') {
    const backend = safeStorage.getSelectedStorageBackend();
    if (backend === 'basic_text' || backend === 'unknown')
      return `This system has no keyring that Assay can use (such as GNOME Keyring or KWallet), ${sessionOnly}`;
  }
  const isAvailable = await safeStorage.isAsyncEncryptionAvailable().catch(() => false);
  return isAvailable ? null : `The system's keychain does not answer, ${sessionOnly}`;
}

function unreadable(name: string, reason: string, cause?: unknown): AppError {
  return new AppError(
    'not-readable',
    `The saved key for ${name} cannot be read. ${reason} Enter it again.`,
    { name },
    cause,
  );
}
