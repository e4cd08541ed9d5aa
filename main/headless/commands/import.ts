import { curveChoices, type HubTransfer } from '../../../shared/contract/hubs.ts';
import { isHubAddress } from '../../../shared/domain/hub-address.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { fetchFromHub } from '../fetch-from-hub.ts';
import { withHost } from '../with-host.ts';
import { projectFolder, projectOption } from './read-project.ts';

const defaultGigabytes = 8;

export const importCommand: Command = {
  name: 'import',
  summary: 'Brings dictionaries and runs of other tools into a project.',
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
  },
  example: 'assay import wandb:sparsify/gpt2/run1abc --project ~/experiments/gpt2-saes',
  run: async ({ parameters, values, output, signal }) => {
    const source = parameters[0]!;
    if (!isHubAddress(source))
      throw usage(`'${source}' is not an address: wandb:… or hf:…. See assay import --help.`);
    await withHost(output, async (client) => {
      const { id: project } = await client.call('project.open', { path: projectFolder(values) });
      const fetched = await fetchFromHub(
        client,
        {
          project,
          selection: { address: source, paths: pathsOf(values) },
          curves: curvesOf(values),
          mostBytes: bytesOf(values),
        },
        output,
        signal,
      );
      const { dictionaries, runs, warnings, hosts } = fetched;
      output.answer({ dictionaries, runs, warnings, hosts }, () => describe(fetched));
    });
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

function describe({ dictionaries, runs, warnings, hosts }: HubTransfer): string {
  const rows = dictionaries.map(({ id, name, format, architecture, dIn, dSae, hook }) => [
    id,
    name,
    format,
    architecture,
    dIn,
    dSae,
    hook,
  ]);
  const heading = ['dictionary', 'name', 'format', 'architecture', 'd', 'latents', 'hook'];
  return [
    ...(rows.length === 0 ? [] : [textTable([heading, ...rows])]),
    ...(runs.length === 0 ? [] : [`runs: ${runs.join(', ')}`]),
    ...warnings,
    `contacted: ${hosts.join(', ')}`,
  ].join('\n');
}
