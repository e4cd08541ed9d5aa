import type { ProjectInfo } from '../../shared/contract/project.ts';
import { AppError } from '../../shared/errors.ts';
import { checkFolder, Project, projectId, type ProjectParts } from './project.ts';
import type { RecentProjects } from './recent.ts';
import { repairProject } from './repair.ts';

/** The open projects of this host, by id. */
export class Projects {
  readonly #parts: ProjectParts;
  readonly #recent: RecentProjects;
  readonly #open = new Map<string, Promise<Project>>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(parts: ProjectParts, recent: RecentProjects) {
    this.#parts = parts;
    this.#recent = recent;
  }

  /** Opens a folder, or answers the project where it is open already. @throws AppError */
  async open(path: string): Promise<ProjectInfo> {
    const folder = checkFolder(path);
    const id = projectId(folder);
    let opening = this.#open.get(id);
    if (!opening) {
      // One that is being closed still holds its lock.
      const closed = this.#closing.get(id) ?? Promise.resolve();
      opening = closed.then(() => Project.open(folder, this.#parts));
      this.#open.set(id, opening);
      opening.catch(() => this.#open.delete(id));
    }
    const { info } = await opening;
    this.#remember(info.path);
    return info;
  }

  async repair(path: string, from: 'backup' | 'nothing'): Promise<ProjectInfo> {
    const folder = checkFolder(path);
    if (this.#open.has(projectId(folder)))
      throw new AppError('not-allowed-now', 'This project is open and sound: nothing to repair.', {
        file: folder,
      });
    repairProject(folder, from, this.#parts.clock.now());
    return this.open(folder);
  }

  /** @throws AppError `not-found` for a project that is not open. */
  async get(id: string): Promise<Project> {
    const project = await this.#open.get(id);
    if (project) return project;
    throw notOpen(id);
  }

  async close(id: string): Promise<void> {
    const opened = this.#open.get(id);
    if (!opened) throw notOpen(id);
    this.#open.delete(id);
    const closing = opened
      .then((project) => project.close())
      .finally(() => this.#closing.delete(id));
    this.#closing.set(
      id,
      closing.catch(() => undefined),
    );
    await closing;
  }

  async closeAll(): Promise<void> {
    const projects = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    const opened = projects.filter((project) => project.status === 'fulfilled');
    await Promise.all([...opened.map(({ value }) => value.close()), ...this.#closing.values()]);
  }

  /** A list of conveniences: where it cannot be written, the project is open all the same. */
  #remember(path: string): void {
    try {
      this.#recent.add(path, this.#parts.clock.now());
    } catch (error) {
      this.#parts.log('warn', 'The list of recent projects could not be written.', {
        error: String(error),
      });
    }
  }
}

function notOpen(id: string): AppError {
  return new AppError('not-found', 'This project is not open. Open its folder again.', {
    project: id,
  });
}
