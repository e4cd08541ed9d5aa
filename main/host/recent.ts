import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { RecentProject } from '../../shared/contract/app.ts';
import { writeFileAtomically } from '../jobs/files.ts';
import { folderName } from './paths.ts';

const schema = v.object({
  version: v.literal(1),
  projects: v.array(v.object({ path: v.string(), openedAt: v.number() })),
});

const keep = 30;

/** The projects that this user opened last, in a small file of their own. */
export class RecentProjects {
  readonly #file: string;
  readonly #changed: (paths: readonly string[]) => void;

  constructor(userData: string, changed: (paths: readonly string[]) => void = () => undefined) {
    this.#file = join(userData, 'recent.json');
    this.#changed = changed;
  }

  /** Newest first. */
  list(): RecentProject[] {
    return this.#read().map(({ path, openedAt }) => ({
      path,
      openedAt,
      name: folderName(path),
      exists: statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    }));
  }

  add(path: string, openedAt: number): void {
    const others = this.#read().filter((project) => project.path !== path);
    this.#write([{ path, openedAt }, ...others].slice(0, keep));
  }

  forget(path: string): void {
    this.#write(this.#read().filter((project) => project.path !== path));
  }

  #read(): { path: string; openedAt: number }[] {
    try {
      const parsed = v.safeParse(schema, JSON.parse(readFileSync(this.#file, 'utf8')));
      return parsed.success ? parsed.output.projects : [];
    } catch {
      // Missing or unreadable: a list of conveniences, which starts anew.
      return [];
    }
  }

  #write(projects: readonly { path: string; openedAt: number }[]): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileAtomically(this.#file, JSON.stringify({ version: 1, projects }, null, 2));
    this.#changed(projects.map(({ path }) => path));
  }
}
