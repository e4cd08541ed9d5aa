import type { RunGroup } from '../../../shared/contract/runs.ts';
import { defaultRunMetrics } from '../../../shared/domain/metrics.ts';
import { readGroups } from '../../host/read-runs.ts';
import { textValue, type Command } from '../cli/command.ts';
import { formatNumber, textTable } from '../cli/text-table.ts';
import { projectOption, withProject } from './read-project.ts';

export const runs: Command = {
  name: 'runs',
  summary: 'Lists the runs of a project in groups of replicates, with means and 95 % intervals.',
  parameters: [],
  options: {
    ...projectOption,
    search: { type: 'string', value: 'WORDS', help: 'only groups in which all words occur' },
  },
  example: 'assay runs --project ~/experiments/gpt2-saes --search "resid_pre succeeded"',
  run: ({ values, output }) =>
    withProject(values, (view) => {
      const found = readGroups(view, textValue(values, 'search') ?? '');
      output.answer(found, () => groupsTable(found.groups));
    }),
};

function groupsTable(groups: readonly RunGroup[]): string {
  if (groups.length === 0) return 'There are no runs here.';
  const names = defaultRunMetrics.filter((name) => groups.some(({ metrics }) => metrics[name]));
  return textTable([
    ['name', 'hook', 'n', 'state', ...names, 'runs'],
    ...groups.map(({ name, hook, metrics, runs: members }) => [
      name,
      hook,
      members.length,
      [...new Set(members.map(({ state }) => state))].join(', '),
      ...names.map((metric) => summaryText(metrics[metric])),
      members.map(({ id }) => id).join(' '),
    ]),
  ]);
}

function summaryText(summary: RunGroup['metrics'][string] | undefined): string | null {
  if (!summary || summary.mean === null) return null;
  if (summary.high === null) return formatNumber(summary.mean);
  return `${formatNumber(summary.mean)} ± ${formatNumber(summary.high - summary.mean)}`;
}
