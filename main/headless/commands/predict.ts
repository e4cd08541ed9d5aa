import { resolve } from 'node:path';
import { textValue, type Command, type CommandContext, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { checkSucceeded, followJob } from '../follow-job.ts';
import { printPrediction } from '../print-prediction.ts';
import { withHost } from '../with-host.ts';
import { projectOption } from './read-project.ts';

export const predict: Command = {
  name: 'predict',
  summary: 'Predicts a label of tokens or sequences from the features of a dictionary.',
  parameters: ['DICTIONARY'],
  options: {
    ...projectOption,
    labels: {
      type: 'string',
      value: 'FILE:NAME',
      help: 'tensor of a safetensors file, or column of a table, in the project',
    },
    sequence: { type: 'string', value: 'COLUMN', help: 'column with the number of the sequence' },
    position: { type: 'string', value: 'COLUMN', help: 'column with the position in it, from 0' },
    unit: { type: 'string', value: 'UNIT', help: 'token (default) or sequence' },
    aggregation: {
      type: 'string',
      value: 'NAME',
      help: 'of a sequence: max (default), mean, any or last',
    },
    family: { type: 'string', value: 'NAME', help: 'binomial (default) or gaussian' },
    lambdas: { type: 'string', value: 'COUNT', help: 'strengths of the path (40)' },
    folds: { type: 'string', value: 'COUNT', help: 'parts for cross-validation (5)' },
    choice: {
      type: 'string',
      value: 'NAME',
      help: 'of the strength: one-standard-error (default) or minimum',
    },
    'held-out': {
      type: 'string',
      value: 'SHARE',
      help: 'of the sequences, which no fit and no choice sees (0.2)',
    },
    'least-rows': {
      type: 'string',
      value: 'COUNT',
      help: 'rows on which a feature must be active (20)',
    },
    seed: { type: 'string', value: 'NUMBER', help: 'of the split by sequences (0)' },
    'one-seed': { type: 'boolean', help: 'leave out the dictionaries of other seeds' },
  },
  example: 'assay predict dict_0123456789 --labels labels_val.safetensors:name --project stories',
  run: runPredict,
};

async function runPredict({ parameters, values, output, signal }: CommandContext): Promise<void> {
  const spec = predictSpecOf(parameters[0]!, values);
  await withHost(output, async (client) => {
    const path = resolve(textValue(values, 'project') ?? '.');
    const { id: project } = await client.call('project.open', { path });
    const job = await client.call('jobs.submit', { project, spec });
    const ended = await followJob(client, project, job, output, signal);
    checkSucceeded(ended, `assay run --resume ${job.id} --project ${path}`);
    const prediction = await client.call('predictions.get', { project, job: job.id });
    output.answer(prediction, () => printPrediction(prediction));
  });
}

/** @throws AppError `usage` */
export function predictSpecOf(dictionary: string, values: Values): Record<string, unknown> {
  const labels = textValue(values, 'labels') ?? '';
  const colon = labels.lastIndexOf(':');
  if (colon < 1 || colon === labels.length - 1)
    throw usage('Give --labels FILE:NAME, such as labels.safetensors:is_name or table.csv:won.');
  const text = (name: string, field = name) => {
    const value = textValue(values, name);
    return value === undefined ? {} : { [field]: value };
  };
  const number = (name: string, field = name) => {
    const value = textValue(values, name);
    return value === undefined ? {} : { [field]: Number(value) };
  };
  const name = labels.slice(colon + 1);
  return {
    kind: 'predict',
    name: `${name} from features`.slice(0, 200),
    dictionary,
    labels: { file: labels.slice(0, colon), name, ...text('sequence'), ...text('position') },
    ...text('unit'),
    ...text('aggregation'),
    ...text('family'),
    ...text('choice'),
    ...number('lambdas'),
    ...number('folds'),
    ...number('held-out', 'heldOut'),
    ...number('least-rows', 'leastRows'),
    ...number('seed'),
    ...(values['one-seed'] === true ? { seeds: false } : {}),
  };
}
