import { basename } from 'node:path';
import { textValue, type Command, type CommandContext, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { checkSucceeded, followJob } from '../follow-job.ts';
import { withHost } from '../with-host.ts';
import { projectFolder } from './read-project.ts';

/** Options of `assay features` with --collect. */
export const collectOptions = {
  collect: { type: 'boolean', help: 'count the features anew, over --tokens' },
  tokens: { type: 'string', value: 'FILE', help: 'rows of token ids, inside the project' },
  tensor: { type: 'string', value: 'NAME', help: 'of the ids in FILE; input_ids by default' },
  sequences: { type: 'string', value: 'N', help: 'the first N rows; all by default' },
  labels: { type: 'string', value: 'FILE', help: 'ground truth per token' },
  disk: { type: 'string', value: 'SIZE', help: 'what the activations may take; 20 GB by default' },
} as const satisfies Command['options'];

/** Does a features job over the dictionaries that are named, and answers how many features are alive. */
export async function collectFeatures({
  parameters,
  values,
  output,
  signal,
}: CommandContext): Promise<void> {
  const spec = specOf(parameters, values);
  await withHost(output, async (client) => {
    const { id: project } = await client.call('project.open', { path: projectFolder(values) });
    const job = await client.call('jobs.submit', { project, spec });
    const ended = await followJob(client, project, job, output, signal);
    checkSucceeded(ended, `assay run --resume ${job.id}`);
    const all = await client.call('dictionaries.list', { project });
    const rows = parameters.map((id) => all.find((row) => row.id === id)!);
    const dictionaries = rows.map(({ id, latents, alive, tokens }) => ({
      id,
      latents,
      alive,
      tokens,
    }));
    output.answer({ job: job.id, dictionaries }, () =>
      textTable([
        ['dictionary', 'latents', 'alive', 'tokens'],
        ...dictionaries.map((row) => [row.id, row.latents, row.alive, row.tokens]),
      ]),
    );
  });
}

function specOf(ids: readonly string[], values: Values): Record<string, unknown> {
  const file = textValue(values, 'tokens');
  if (file === undefined) throw usage('Say on which tokens: --collect --tokens FILE.');
  const tensor = textValue(values, 'tensor');
  const labels = textValue(values, 'labels');
  const disk = textValue(values, 'disk');
  const sequences = wholeValue(values, 'sequences', 0);
  return {
    kind: 'features',
    name: `features on ${basename(file)}`,
    dictionaries: ids.map((id) => ({ id })),
    tokens: { file, ...(tensor === undefined ? {} : { tensor }) },
    ...(sequences > 0 && { sequences }),
    ...(labels === undefined ? {} : { labels }),
    ...(disk === undefined ? {} : { disk }),
  };
}
