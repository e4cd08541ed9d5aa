import { resolve } from 'node:path';
import { curveChoices, type FetchedDictionary } from '../../../shared/contract/hubs.ts';
import { isHubAddress } from '../../../shared/domain/hub-address.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { fetchFromHub } from '../fetch-from-hub.ts';
import { importDictionaries } from '../import-dictionaries.ts';
import { withHost } from '../with-host.ts';
import { importResults, resultsAt } from './import-results.ts';
import { projectFolder, projectOption } from './read-project.ts';

const defaultGigabytes = 8;

export const importCommand: Command = {
  name: 'import',
  summary:
    'Brings dictionaries, dashboards or run logs of another tool, here or on a hub, into a project.',
  parameters: ['SOURCE'],
  options: {
    ...projectOption,
    files: {
      type: 'string',
      value: 'A,B',
      help: 'of a hub: files and folders to fetch in place of those of a dictionary; none for none',
    },
    curves: { type: 'string', value: 'CHOICE', help: `of W&B runs: ${curveChoices.join(', ')}` },
    'at-most': {
      type: 'string',
      value: 'GB',
      help: `refuse to fetch more from a hub; ${defaultGigabytes} by default`,
    },
    again: { type: 'boolean', help: 'import runs and dashboards that were imported already' },
  },
  example: 'assay import wandb:sparsify/gpt2/run1abc --project ~/experiments/gpt2-saes',
  run: async ({ parameters, values, output, signal }) => {
    const source = parameters[0]!;
    const wishes = {
      selection: { address: source, paths: pathsOf(values) },
      curves: curvesOf(values),
      mostBytes: bytesOf(values),
    };
    const answer = await withHost(output, async (client) => {
      const { id: project } = await client.call('project.open', { path: projectFolder(values) });
      if (!isHubAddress(source)) {
        const path = resolve(source);
        const results = resultsAt(path);
        const again = values['again'] === true;
        if (results)
          return importResults(client, project, { path, again }, results, output, signal);
        const found = await importDictionaries(client, { project, path }, output, signal);
        return { ...found, runs: [] };
      }
      const fetched = await fetchFromHub(client, { project, ...wishes }, output, signal);
      const { dictionaries, runs, warnings, hosts } = fetched;
      return { dictionaries, runs, warnings, hosts };
    });
    if (!answer) return;
    for (const warning of answer.warnings) output.note(`Warning: ${warning}`);
    output.answer(answer, () => describe(answer));
  },
};

function pathsOf(values: Values): string[] | null {
  const text = textValue(values, 'files');
  if (text === undefined) return null;
  return text === 'none' ? [] : text.split(',').filter(Boolean);
}

function curvesOf(values: Values) {
  const value = textValue(values, 'curves') ?? 'all';
  const choice = curveChoices.find((other) => other === value);
  if (choice !== undefined) return choice;
  throw usage(`--curves must be one of ${curveChoices.join(', ')}, not '${value}'.`);
}

function bytesOf(values: Values): number {
  const text = textValue(values, 'at-most');
  const gigabytes = text === undefined ? defaultGigabytes : Number(text);
  if (gigabytes > 0 && gigabytes < 1e6) return gigabytes * 1e9;
  throw usage(`--at-most must be a number of gigabytes, not '${text}'.`);
}

function describe(answer: {
  readonly dictionaries: readonly (FetchedDictionary & { readonly wasThere?: boolean })[];
  readonly runs: readonly string[];
  readonly hosts?: readonly string[];
}): string {
  const { dictionaries, runs, hosts } = answer;
  const rows = dictionaries.map((found) => [
    found.id,
    found.name,
    found.format,
    found.architecture,
    found.dIn,
    found.dSae,
    found.hook,
    found.wasThere === true ? 'was there' : '',
  ]);
  const heading = ['id', 'name', 'format', 'architecture', 'd in', 'latents', 'hook', ''];
  return [
    ...(rows.length === 0 ? [] : [textTable([heading, ...rows])]),
    ...(runs.length === 0 ? [] : [`runs: ${runs.join(', ')}`]),
    ...(rows.length === 0 && runs.length === 0 ? ['Nothing was imported.'] : []),
    ...(hosts === undefined ? [] : [`contacted: ${hosts.join(', ')}`]),
  ].join('\n');
}
