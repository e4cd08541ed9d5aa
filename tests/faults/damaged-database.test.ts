import { mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Writer } from '../../main/db/connection.ts';
import { openWriter } from '../../main/db/open.ts';
import { addDictionary } from '../support/records.ts';
import { insertFeatures } from '../../main/db/features.ts';
import { setProjectNotes, ensureProject } from '../../main/db/project.ts';
import { AppError } from '../../shared/errors.ts';
import { featureColumns } from '../support/records.ts';
import { Random } from '../support/random.ts';

/** Test plan B1 and B2 at the counts of a pull request: 330 flips, 400 truncations. */
const flips = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const repeats = 10;
const truncations = 400;

const tables = ['project', 'jobs', 'runs', 'dictionaries', 'features', 'labels'];
const parts = ['', '-wal', '-shm'] as const;
type Part = (typeof parts)[number];

// The files are written thousands of times: in memory where the system offers that.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'assay-damage-'));
const file = join(folder, 'assay.db');
const bytes = new Map<Part, Buffer>();
/** What the database held after each commit that is still in the wal. */
const committed: string[] = [];

function dump(db: Writer): string {
  return JSON.stringify(tables.map((table) => db.all(`SELECT * FROM ${table}`)));
}

function restore(changed?: Part, content?: Buffer): void {
  for (const part of parts)
    writeFileSync(`${file}${part}`, part === changed ? content! : bytes.get(part)!);
}

/** The content of the database, or the code of the error that opening or reading it gave. */
async function open(): Promise<{ code: string } | { content: string }> {
  let db: Writer | undefined;
  try {
    db = await openWriter(file);
    return { content: dump(db) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code };
  } finally {
    db?.close();
  }
}

beforeAll(async () => {
  const db = await openWriter(file);
  ensureProject(db, 1);
  insertFeatures(db, addDictionary(db, 4000), featureColumns(4000));
  db.pragma('wal_checkpoint(TRUNCATE)');
  committed.push(dump(db));
  for (let i = 0; i < 6; i++) {
    setProjectNotes(db, `note ${i} ${'x'.repeat(5000)}`);
    committed.push(dump(db));
  }
  for (const part of parts) bytes.set(part, readFileSync(`${file}${part}`));
  db.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a database with flipped bytes', () => {
  it('is whole before anything is flipped', async () => {
    restore();
    expect(await open()).toEqual({ content: committed.at(-1) });
  });

  it.each(
    parts.flatMap((part) =>
      flips.map((count) => [part || 'the file itself', count, part] as const),
    ),
  )(
    `in %s, %i of them, ${repeats} times, gives an error or data and never a crash`,
    async (_name, count, part) => {
      const random = new Random(count * 31 + part.length);
      for (let repeat = 0; repeat < repeats; repeat++) {
        const content = Buffer.from(bytes.get(part)!);
        for (let i = 0; i < count; i++)
          content[random.integer(0, content.length - 1)]! ^= 1 + random.integer(0, 255 - 1);
        restore(part, content);
        const result = await open();
        if ('code' in result)
          expect([
            'database-corrupt',
            'database-foreign',
            'database-newer',
            'not-readable',
          ]).toContain(result.code);
        // Frames of the wal carry checksums, and the shm is rebuilt: what is read there must be true.
        else if (part === '-wal') expect(committed).toContain(result.content);
        else if (part === '-shm') expect(result.content).toBe(committed.at(-1));
      }
    },
  );
});

describe('a truncated database', () => {
  it(`is refused at ${truncations} lengths, named as damaged, and left as it is`, async () => {
    restore();
    await open();
    const whole = readFileSync(file);
    const boundaries = Math.floor(whole.length / 512);
    const outcomes = new Map<string, number>();
    for (let i = 1; i < truncations; i++) {
      const length = 512 * Math.floor((i * boundaries) / truncations);
      if (length === 0 || length >= whole.length) continue;
      rmSync(`${file}-wal`, { force: true });
      rmSync(`${file}-shm`, { force: true });
      writeFileSync(file, whole.subarray(0, length));
      const result = await open();
      const outcome = 'code' in result ? result.code : 'opened';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      expect(readFileSync(file).equals(whole.subarray(0, length))).toBe(true);
    }
    expect([...outcomes.keys()]).toEqual(['database-corrupt']);
  });
});
