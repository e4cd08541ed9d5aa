import { contract, type AssayContract } from '../../shared/contract/index.ts';
import { joinHandlers, type Handlers, type Service } from '../../shared/contract/serve.ts';
import { Topics } from '../../shared/contract/topics.ts';
import { QueryService } from '../jobs/query-service.ts';
import { Blobs } from './blobs.ts';
import { appHandlers } from './handlers/app-handlers.ts';
import { dictionariesHandlers } from './handlers/dictionaries-handlers.ts';
import { evaluationsHandlers } from './handlers/evaluations-handlers.ts';
import { comparisonsHandlers } from './handlers/comparisons-handlers.ts';
import { featuresHandlers } from './handlers/features-handlers.ts';
import { hubsHandlers } from './handlers/hubs-handlers.ts';
import { jobsHandlers } from './handlers/jobs-handlers.ts';
import { mapsHandlers } from './handlers/maps-handlers.ts';
import { predictionsHandlers } from './handlers/predictions-handlers.ts';
import { projectHandlers } from './handlers/project-handlers.ts';
import { reportsHandlers } from './handlers/reports-handlers.ts';
import { resultsHandlers } from './handlers/results-handlers.ts';
import { runsHandlers } from './handlers/runs-handlers.ts';
import { stabilityHandlers } from './handlers/stability-handlers.ts';
import { statisticsHandlers } from './handlers/statistics-handlers.ts';
import { importFetchedFiles } from './hubs/import-files.ts';
import { HubKeys } from './hubs/keys.ts';
import { importRuns } from './import-runs.ts';
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
  const hubs = options.hubs ?? { environment: {} };
  const projects = new Projects({ launcher, clock, log, topics }, recent);

  const handlers: Handlers<AssayContract> = joinHandlers(contract, [
    appHandlers({ options, recent, queries }),
    projectHandlers(projects, options.initialFolder),
    jobsHandlers(projects, queries),
    runsHandlers(projects),
    dictionariesHandlers(projects, queries, clock),
    featuresHandlers(projects, queries, clock),
    mapsHandlers({ projects, queries, blobs, topics, options }),
    comparisonsHandlers(projects, blobs, options),
    statisticsHandlers(projects, queries, clock),
    stabilityHandlers(projects),
    predictionsHandlers(projects),
    evaluationsHandlers(projects, queries, clock),
    resultsHandlers(projects),
    reportsHandlers({ projects, blobs, queries, clock, options }),
    hubsHandlers({
      projects,
      keys: new HubKeys(options.secrets, hubs.environment),
      settings: hubs,
      clock,
      log,
      changed: (project, transfer) => topics.publish('hubs.changed', { project }, transfer),
      imports: (project) => ({
        runs: (source, runs, signal) =>
          importRuns(project, { name: source, source, format: 'wandb', runs }, { clock, signal }),
        files: (path, source, signal) =>
          importFetchedFiles(handlers, { project: project.info.id, path, source }, signal),
      }),
    }),
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
