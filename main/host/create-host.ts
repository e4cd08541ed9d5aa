import { contract, type AssayContract } from '../../shared/contract/index.ts';
import { joinHandlers, type Service } from '../../shared/contract/serve.ts';
import { Topics } from '../../shared/contract/topics.ts';
import { QueryService } from '../jobs/query-service.ts';
import { Blobs } from './blobs.ts';
import { appHandlers } from './handlers/app-handlers.ts';
import { featuresHandlers } from './handlers/features-handlers.ts';
import { jobsHandlers } from './handlers/jobs-handlers.ts';
import { mapsHandlers } from './handlers/maps-handlers.ts';
import { projectHandlers } from './handlers/project-handlers.ts';
import { reportsHandlers } from './handlers/reports-handlers.ts';
import { runsHandlers } from './handlers/runs-handlers.ts';
import { statisticsHandlers } from './handlers/statistics-handlers.ts';
import type { HostOptions } from './options.ts';
import { Projects } from './projects.ts';
import { RecentProjects } from './recent.ts';

export interface Host {
  readonly service: Service<AssayContract>;
  readonly blobs: Blobs;
  /** Asks the worker; for commands that need no project. */
  readonly queries: QueryService;
  recentProjects(): readonly string[];
  /** Stops all work with a checkpoint and closes every project. */
  close(): Promise<void>;
}

/** The whole application but for its shell: projects, jobs, results and the answers to every call. */
export function createHost(options: HostOptions): Host {
  const { clock, launcher, log } = options;
  const topics = new Topics(contract);
  const blobs = new Blobs(() => clock.now());
  const recent = new RecentProjects(options.paths.userData, options.recentChanged);
  const queries = new QueryService(launcher, clock);
  const projects = new Projects({ launcher, clock, log, topics }, recent);

  const handlers = joinHandlers(contract, [
    appHandlers({ options, recent, queries }),
    projectHandlers(projects, options.initialFolder),
    jobsHandlers(projects, queries),
    runsHandlers(projects),
    featuresHandlers(projects, queries, clock),
    mapsHandlers({ projects, queries, blobs, topics, options }),
    statisticsHandlers(projects, queries, clock),
    reportsHandlers({ projects, blobs, clock, options }),
  ]);

  return {
    service: { handlers, topics },
    blobs,
    queries,
    recentProjects: () => recent.list().map(({ path }) => path),
    async close() {
      queries.close();
      await projects.closeAll();
    },
  };
}
