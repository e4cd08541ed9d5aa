import type { HubEntry } from '../../../shared/contract/hubs.ts';
import { browseHub } from '../../host/hubs/browse.ts';
import { hubClients } from '../../host/hubs/hub-clients.ts';
import { HubKeys } from '../../host/hubs/keys.ts';
import type { Command } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { projectFolder, projectOption } from './read-project.ts';

const defaultLimit = 200;

export const hub: Command = {
  name: 'hub',
  summary: 'Lists what lies on Weights & Biases or Hugging Face.',
  parameters: ['list', 'ADDRESS'],
  options: {
    ...projectOption,
    limit: { type: 'string', value: 'N', help: `entries to list; ${defaultLimit} by default` },
  },
  example: 'assay hub list wandb:sparsify/gpt2',
  run: async ({ parameters, values, output, signal }) => {
    const [action, address] = parameters as [string, string];
    if (action !== 'list')
      throw usage(`'${action}' is not known: assay hub list ADDRESS. See assay hub --help.`);
    const limit = wholeValue(values, 'limit', defaultLimit, 100_000);
    // Keys of the folder's .env count; the folder need not be a project, and does not become one.
    const { env } = process;
    const keys = new HubKeys(undefined, env);
    const clients = hubClients({ environment: env }, keys, projectFolder(values));
    const entries: HubEntry[] = [];
    let page = await browseHub(clients, address, null, signal);
    entries.push(...page.entries);
    while (page.next !== null && entries.length < limit) {
      page = await browseHub(clients, address, page.next, signal);
      entries.push(...page.entries);
    }
    const shown = entries.slice(0, limit);
    const isWhole = page.next === null && shown.length === entries.length;
    output.answer({ address: page.address, entries: shown, isWhole, hosts: clients.hosts() }, () =>
      listing(shown, isWhole, clients.hosts()),
    );
  },
};

function listing(entries: readonly HubEntry[], isWhole: boolean, hosts: string[]): string {
  const rows = entries.map((entry) => [
    entry.kind,
    entry.address,
    entry.bytes,
    [entry.title, ...entry.facts, ...(entry.suggested ? ['*'] : [])].filter(Boolean).join(', '),
  ]);
  const notes = [
    ...(entries.length === 0 ? ['Nothing is there.'] : []),
    ...(isWhole ? [] : ['There is more; list it with --limit.']),
    ...(entries.some(({ suggested }) => suggested)
      ? ['* part of a dictionary: fetched by assay import unless other files are named']
      : []),
    `contacted: ${hosts.join(', ')}`,
  ];
  const table =
    entries.length === 0 ? [] : [textTable([['kind', 'address', 'bytes', ''], ...rows])];
  return [...table, ...notes].join('\n');
}
