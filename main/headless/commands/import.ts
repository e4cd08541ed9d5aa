import { resolve } from 'node:path';
import type { ImportedDictionary } from '../../../shared/contract/dictionaries.ts';
import { type Command } from '../cli/command.ts';
import { textTable } from '../cli/text-table.ts';
import { withHost } from '../with-host.ts';
import { importResults, resultsAt } from './import-results.ts';
import { projectFolder, projectOption } from './read-project.ts';

export const importDictionaries: Command = {
  name: 'import',
  summary: 'Brings dictionaries, dashboards or run logs of another tool into a project.',
  parameters: ['SOURCE'],
  options: projectOption,
  example: 'assay import ~/downloads/layer_6 --project ~/experiments/gpt2-saes',
  run: async ({ parameters, values, output, signal }) => {
    const path = resolve(parameters[0]!);
    const results = resultsAt(path);
    const answer = await withHost(output, async (client) => {
      const { id: project } = await client.call('project.open', { path: projectFolder(values) });
      if (results) return importResults(client, project, path, results, output, signal);
      const stop = client.subscribe(
        'dictionaries.importing',
        { project },
        {
          event: ({ progress }) => output.progress(progress),
          missed: () => undefined,
        },
      );
      try {
        return await client.call('dictionaries.import', { project, path }, { signal });
      } finally {
        stop();
      }
    });
    if (!answer) return;
    for (const warning of answer.warnings) output.note(`Warning: ${warning}`);
    output.answer(answer, () => table(answer.dictionaries));
  },
};

function table(dictionaries: readonly ImportedDictionary[]): string {
  return textTable([
    ['id', 'name', 'format', 'architecture', 'd in', 'latents', 'hook', ''],
    ...dictionaries.map((found) => [
      found.id,
      found.name,
      found.format,
      found.architecture,
      found.dIn,
      found.dSae,
      found.hook,
      found.wasThere ? 'was there' : '',
    ]),
  ]);
}
