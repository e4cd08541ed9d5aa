import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KeychainSecrets } from '../../../../main/electron/secrets.ts';
import { resetElectron, safeStorage } from '../../../support/fake-electron.ts';

vi.mock('electron', () => import('../../../support/fake-electron.ts'));

const canary = 'canary-4d1f0c0b7e';
let folder: string;
let path: string;

beforeEach(() => {
  resetElectron();
  folder = mkdtempSync(join(tmpdir(), 'assay-keys-'));
  path = join(folder, 'keys.json');
  vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Everything on disk, searched for the key in plain and in base64. */
function canaryIsOnDisk(): boolean {
  return readdirSync(folder).some((name) => {
    const text = readFileSync(join(folder, name), 'latin1');
    return (
      text.includes(canary) || text.includes(Buffer.from(canary).toString('base64').slice(0, 16))
    );
  });
}

describe('with a keychain', () => {
  test('a key outlives the session, encrypted, in a file for its user alone', async () => {
    await new KeychainSecrets(path).set('wandb', canary);
    expect(await new KeychainSecrets(path).get('wandb')).toBe(canary);
    expect(canaryIsOnDisk()).toBe(false);
    expect(readdirSync(folder)).toEqual(['keys.json']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await new KeychainSecrets(path).status()).toEqual({ isPersistent: true, why: null });
  });

  test('an existing file loses permissions that are too wide', async () => {
    writeFileSync(path, '{}', { mode: 0o644 });
    await new KeychainSecrets(path).set('wandb', canary);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('keys that are set at once are all kept', async () => {
    const secrets = new KeychainSecrets(path);
    await Promise.all(
      ['a', 'b', 'c', '__proto__'].map((name) => secrets.set(name, `${canary} ${name}`)),
    );
    expect(await new KeychainSecrets(path).get('b')).toBe(`${canary} b`);
    expect(await new KeychainSecrets(path).get('toString')).toBeUndefined();
  });

  test('a key that is removed is gone', async () => {
    const secrets = new KeychainSecrets(path);
    await secrets.set('wandb', canary);
    await secrets.remove('wandb');
    expect(await secrets.get('wandb')).toBeUndefined();
  });

  test('a key is encrypted again where the system asks for it', async () => {
    const secrets = new KeychainSecrets(path);
    await secrets.set('wandb', canary);
    safeStorage.shouldReEncrypt = true;
    const encrypt = vi.spyOn(safeStorage, 'encryptStringAsync');
    expect(await secrets.get('wandb')).toBe(canary);
    expect(encrypt).toHaveBeenCalledWith(canary);
  });

  test('a file that is not ours is taken for an empty one', async () => {
    writeFileSync(path, 'not json');
    expect(await new KeychainSecrets(path).get('wandb')).toBeUndefined();
  });
});

describe.each([
  ['no keyring', () => (safeStorage.backend = 'basic_text'), 'no keyring'],
  ['an unknown keyring', () => (safeStorage.backend = 'unknown'), 'no keyring'],
  ['a locked keyring', () => (safeStorage.isAvailable = false), 'does not answer'],
])('with %s', (_name, arrange, why) => {
  test('a key is kept for the session only, and nothing is written', async () => {
    arrange();
    const secrets = new KeychainSecrets(path);
    await secrets.set('wandb', canary);
    expect(await secrets.get('wandb')).toBe(canary);
    expect(readdirSync(folder)).toEqual([]);
    expect(await new KeychainSecrets(path).get('wandb')).toBeUndefined();
  });

  test('the reason is told in a sentence', async () => {
    arrange();
    const status = await new KeychainSecrets(path).status();
    expect(status.isPersistent).toBe(false);
    expect(status.why).toContain(why);
    expect(status.why).toContain('until Assay is closed');
  });

  test('a key that was saved before is not lost, and said to be unreadable', async () => {
    await new KeychainSecrets(path).set('wandb', canary);
    arrange();
    const kept = readFileSync(path, 'utf8');
    await expect(new KeychainSecrets(path).get('wandb')).rejects.toMatchObject({
      code: 'not-readable',
    });
    expect(readFileSync(path, 'utf8')).toBe(kept);
  });
});

test('a key saved on another machine is said to be unreadable, without its text', async () => {
  await new KeychainSecrets(path).set('wandb', canary);
  safeStorage.key = 'key of another machine';
  const error = await new KeychainSecrets(path).get('wandb').catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'not-readable', details: { name: 'wandb' } });
  expect(String(error)).toContain('Enter it again');
  expect(String(error)).not.toContain(canary);
});

test('an error while writing leaves no temporary file', async () => {
  const nowhere = join(folder, 'none', 'keys.json');
  await expect(new KeychainSecrets(nowhere).set('wandb', canary)).rejects.toMatchObject({
    code: 'not-found',
  });
  expect(readdirSync(folder)).toEqual([]);
});
