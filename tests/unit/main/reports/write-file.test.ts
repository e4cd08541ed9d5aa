import { createHash } from 'node:crypto';
import type * as FilePromises from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writeFileAtomically } from '../../../../main/reports/write-file.ts';

type Fail = (operation: string) => void;
const faults = vi.hoisted(() => ({ fail: undefined as Fail | undefined, writes: 0 }));

/** File operations that can be told to fail, or to write less than they were given. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FilePromises>();
  const guard =
    <A extends unknown[], R>(name: string, operation: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      faults.fail?.(name);
      return operation(...args);
    };
  return {
    ...real,
    rename: guard('rename', real.rename),
    open: guard('open', async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args);
      const write = file.write.bind(file) as (...all: unknown[]) => Promise<unknown>;
      file.write = (async (buffer: Buffer, offset: number, length: number) => {
        faults.fail?.('write');
        faults.writes += 1;
        return write(buffer, offset, Math.max(1, Math.floor(length / 2)));
      }) as unknown as typeof file.write;
      file.sync = guard('sync', file.sync.bind(file));
      file.close = guard('close', file.close.bind(file));
      return file;
    }),
  };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-write-'));
});
afterEach(async () => {
  faults.fail = undefined;
  await rm(folder, { recursive: true });
});

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test('a file is written whole through short writes, and told by size and hash', async () => {
  const path = join(folder, 'a.txt');
  const text = ['grüße ', 'x'.repeat(100_000), '\u2028'];
  faults.writes = 0;
  const written = await writeFileAtomically(path, text);
  const content = await readFile(path);
  expect(content.toString()).toBe(text.join(''));
  expect(faults.writes).toBeGreaterThan(3);
  expect(written).toEqual({
    path,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  });
});

const failures = ['EACCES', 'ENOSPC', 'EIO', 'EROFS'].flatMap((code) =>
  [1, 2, 3, 4, 5, 6, 7, 8].map((nth) => ({ code, nth })),
);

test.each(failures)(
  'when file operation $nth fails with $code, the old content stays and nothing is left behind',
  async ({ code, nth }) => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    let count = 0;
    let renamed = false;
    let failed = false;
    faults.fail = (operation) => {
      count += 1;
      if (count === nth) {
        failed = true;
        throw systemError(code);
      }
      if (operation === 'rename') renamed = true;
    };
    const outcome = await writeFileAtomically(path, ['new content']).catch(
      (error: unknown) => error,
    );
    faults.fail = undefined;
    expect(failed).toBe(outcome instanceof Error);
    expect(await readFile(path, 'utf8')).toBe(renamed ? 'new content' : 'old');
    expect(await readdir(folder)).toEqual(['a.txt']);
    if (outcome instanceof Error) expect(outcome.message).toContain(path);
    await expect(writeFileAtomically(path, ['again'])).resolves.toMatchObject({ bytes: 5 });
  },
);

test('a folder that may not be written is told apart from a file that cannot be read', async () => {
  faults.fail = () => {
    throw systemError('EACCES');
  };
  await expect(writeFileAtomically(join(folder, 'a.txt'), ['x'])).rejects.toMatchObject({
    code: 'not-writable',
  });
});

test('a folder that does not exist is named', async () => {
  const path = join(folder, 'no', 'a.txt');
  await expect(writeFileAtomically(path, ['x'])).rejects.toMatchObject({
    code: 'not-found',
    details: { file: path },
  });
});

test('a source of text that throws leaves nothing behind', async () => {
  function* broken(): Generator<string> {
    yield 'first';
    throw new Error('no more');
  }
  const path = join(folder, 'a.txt');
  await expect(writeFileAtomically(path, broken())).rejects.toThrow('no more');
  expect(await readdir(folder)).toEqual([]);
});
