import { relative, resolve } from 'node:path';
import type { StabilityDetail } from '../../shared/contract/stability.ts';
import type { Output } from './cli/output.ts';
import { checkSucceeded, followJob } from './follow-job.ts';
import { newestStability } from './newest-stability.ts';
import { withHost } from './with-host.ts';

/** Runs a template over a table as a job of a project and answers the study that it left. */
export function runTemplate(
  about: {
    readonly template: 'maze';
    readonly table: string;
    readonly second: string | undefined;
    readonly project: string;
  },
  output: Output,
  signal: AbortSignal,
): Promise<StabilityDetail> {
  return withHost(output, async (client) => {
    const path = resolve(about.project);
    const inside = (file: string): string => relative(path, resolve(file)).replaceAll('\\', '/');
    const { id: project } = await client.call('project.open', { path });
    const spec = await client.call('stability.template', {
      project,
      template: about.template,
      table: inside(about.table),
      ...(about.second === undefined ? {} : { secondTable: inside(about.second) }),
    });
    const job = await client.call('jobs.submit', { project, spec: { ...spec } });
    const ended = await followJob(client, project, job, output, signal);
    checkSucceeded(ended, `assay run --resume ${job.id}`);
    return newestStability(client, project);
  });
}
