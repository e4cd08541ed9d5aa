import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openActivationSets } from '../../../../../../main/jobs/worker/activations/activation-cache.ts';
import { listActivationSets } from '../../../../../../main/jobs/cache-content.ts';
import {
  ActivationSet,
  slotBytes,
  type SetShape,
} from '../../../../../../main/jobs/worker/activations/activation-set.ts';
import { isAlive, ownIdentity, tryLock } from '../../../../../../main/jobs/file-lock.ts';
import { temporaryFolder } from '../../../../../support/folders.ts';
import { Random } from '../../../../../support/random.ts';

const shape: SetShape = { context: 8, width: 16, dtype: 'float32' };
const random = new Random(1);
const row = () => Float32Array.from({ length: 128 }, () => 100 * random.normal());

function read(set: ActivationSet, index: number): Float32Array | undefined {
  const out = new Float32Array(128);
  return set.read(index, out, 0) ? out : undefined;
}

describe('a set of activations', () => {
  it('gives back float32 bit for bit, and nothing for a row that is not there', () => {
    const set = new ActivationSet(temporaryFolder(), shape);
    const values = row();
    values[3] = -0;
    values[4] = 1e-42;
    expect(read(set, 5)).toBeUndefined();
    set.write(5, values, 0);
    expect(read(set, 5)).toEqual(values);
    expect(read(set, 4)).toBeUndefined();
    set.close();
  });

  it('rounds to float16, in what was written too, and refuses what float16 cannot hold', () => {
    const set = new ActivationSet(temporaryFolder(), { ...shape, dtype: 'float16' });
    const values = row();
    const wanted = Float32Array.from(new Float16Array(values));
    set.write(0, values, 0);
    expect(values).toEqual(wanted);
    expect(read(set, 0)).toEqual(wanted);
    expect(() => set.write(1, values.fill(70_000), 0)).toThrow('65,504');
    set.close();
  });

  it('takes any change of a byte, a torn end and another row for not there', () => {
    const folder = temporaryFolder();
    const set = new ActivationSet(folder, shape);
    set.write(0, row(), 0);
    set.write(1, row(), 0);
    const path = join(folder, 'shard-00000.bin');
    const whole = readFileSync(path);
    for (let at = 0; at < slotBytes(shape); at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 4;
      writeFileSync(path, bytes);
      expect(read(set, 0)).toBeUndefined();
    }
    writeFileSync(path, whole);
    expect(read(set, 1)).toBeDefined();
    truncateSync(path, whole.length - 1);
    expect(read(set, 1)).toBeUndefined();
    writeFileSync(path, Buffer.concat([whole.subarray(slotBytes(shape)), whole]));
    expect(read(set, 0)).toBeUndefined();
    set.close();
  });

  it('may be written by two at once', () => {
    const folder = temporaryFolder();
    const sets = [new ActivationSet(folder, shape), new ActivationSet(folder, shape)];
    const rows = Array.from({ length: 20 }, row);
    rows.forEach((values, index) => sets[index % 2]!.write(index, values, 0));
    for (const set of sets)
      rows.forEach((values, index) => expect(read(set, index)).toEqual(values));
    for (const set of sets) set.close();
  });
});

describe('the cache of activations', () => {
  const want = (key: string, rows = 100) => ({ key, about: {}, shape, rows });
  const slot = slotBytes(shape);
  const fill = async (folder: string, key: string, budget: number) => {
    const { sets, close } = await openActivationSets(folder, [want(key)], budget);
    for (let index = 0; index < 100; index++) sets[0]!.write(index, row(), 0);
    close();
  };

  it('lets go of what was not used for longest, and of nothing that is in use', async () => {
    const folder = temporaryFolder();
    const budget = 400 * slot + 20_000;
    for (const key of ['a', 'b', 'c']) await fill(folder, key, budget);
    for (const [age, key] of ['b', 'a', 'c'].entries())
      utimesSync(join(folder, key, 'set.json'), 1000 + age, 1000 + age);
    const inUse = await openActivationSets(folder, [want('b')], budget);
    const { close } = await openActivationSets(folder, [want('d', 200)], budget);
    expect(readdirSync(folder).sort()).toEqual(['b', 'c', 'd']);
    await expect(openActivationSets(folder, [want('e', 150)], budget)).rejects.toMatchObject({
      code: 'not-allowed-now',
      details: { needed: 150 * slot, budget },
    });
    close();
    inUse.close();
    expect(listActivationSets(folder).map(({ reserved }) => reserved)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('refuses what exceeds the budget or the disk, with the numbers', async () => {
    const folder = temporaryFolder();
    await expect(openActivationSets(folder, [want('a')], 99 * slot)).rejects.toMatchObject({
      code: 'too-large',
      details: { needed: 100 * slot, budget: 99 * slot },
    });
    await expect(openActivationSets(folder, [want('a', 1e15)], 1e30)).rejects.toMatchObject({
      code: 'disk-full',
      details: { needed: 1e15 * slot },
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not count what crashed jobs left of their use', async () => {
    const folder = temporaryFolder();
    await fill(folder, 'a', 1e9);
    mkdirSync(join(folder, 'a/users'), { recursive: true });
    const identity = JSON.stringify({ pid: process.pid, started: 'long ago' });
    writeFileSync(join(folder, 'a/users/x.json'), JSON.stringify({ identity, bytes: 5e8 }));
    expect(listActivationSets(folder)).toMatchObject([{ key: 'a', reserved: undefined }]);
    expect(listActivationSets(folder)[0]!.bytes).toBeGreaterThanOrEqual(
      process.platform === 'linux' ? 100 * slot - 4096 : 0,
    );
    expect(statSync(join(folder, 'a/shard-00000.bin')).size).toBe(100 * slot);
  });
});

describe('a lock between processes', () => {
  it('is held by one, and given up by a process that is gone', () => {
    const path = join(temporaryFolder(), 'lock');
    const release = tryLock(path);
    expect(release).toBeDefined();
    expect(tryLock(path)).toBeUndefined();
    release!();
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'long ago' }));
    tryLock(path)!();
    expect(isAlive(ownIdentity())).toBe(true);
    writeFileSync(path, 'half writ');
    expect(tryLock(path)).toBeUndefined();
  });
});
