import type { EvaluationDetail } from '../../../shared/contract/evaluations.ts';
import { insertEvaluation, listEvaluations, pageItems } from '../../db/evaluations.ts';
import type { Clock } from '../../jobs/clock.ts';
import { newId } from '../../jobs/ids.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import { insideProject } from '../paths.ts';
import type { Projects } from '../projects.ts';
import { findEvaluation, parseEvaluationSpec } from '../read-evaluations.ts';
import type { HandlerGroup } from './group.ts';

/** Logs may hold gigabytes; whoever waits can cancel. */
const patience = 24 * 60 * 60 * 1000;

interface Running {
  done: number;
  total: number;
  readonly startedAt: number;
}

export function evaluationsHandlers(
  projects: Projects,
  queries: QueryService,
  clock: Clock,
): HandlerGroup<'evaluations'> {
  /** The newest comparison of each project that is being made. */
  const running = new Map<string, Running>();
  return {
    'evaluations.logs': async ({ project }, { signal }) => {
      const opened = await projects.get(project);
      const paths = opened
        .overview()
        .items.filter(({ kind }) => kind === 'evaluation')
        .map(({ path }) => path);
      const input = { projectPath: opened.path, paths };
      return ask(queries, 'evaluations.logs', input, { signal });
    },
    'evaluations.create': async ({ project, spec }, { signal }) => {
      const opened = await projects.get(project);
      const checked = parseEvaluationSpec(spec);
      for (const { path } of checked.logs) insideProject(opened.path, path, 'bad-spec');
      const progress: Running = { done: 0, total: 0, startedAt: clock.now() };
      running.set(project, progress);
      const onProgress = (done: number, total: number): void => {
        Object.assign(progress, { done, total });
      };
      try {
        const input = { projectPath: opened.path, spec: checked };
        const options = { signal, timeout: patience, onProgress };
        const { detail, items } = await ask(queries, 'evaluations.create', input, options);
        const evaluation: EvaluationDetail = {
          ...detail,
          id: newId('evl'),
          name: checked.name,
          createdAt: clock.now(),
        };
        insertEvaluation(opened.db, evaluation, items);
        opened.changed('evaluations');
        return evaluation;
      } finally {
        if (running.get(project) === progress) running.delete(project);
      }
    },
    'evaluations.progress': async ({ project }) => {
      await projects.get(project);
      const progress = running.get(project);
      return progress ? { ...progress } : null;
    },
    'evaluations.list': async ({ project }) => listEvaluations((await projects.get(project)).db),
    'evaluations.get': async ({ project, evaluation }) =>
      findEvaluation(await projects.get(project), evaluation),
    'evaluations.items': async ({ project, evaluation, ...query }) => {
      const opened = await projects.get(project);
      findEvaluation(opened, evaluation);
      return pageItems(opened.db, evaluation, query);
    },
    'evaluations.transcript': async ({ project, ...asked }, { signal }) => {
      const { path: projectPath } = await projects.get(project);
      insideProject(projectPath, asked.log);
      return ask(queries, 'evaluations.transcript', { projectPath, ...asked }, { signal });
    },
  };
}
