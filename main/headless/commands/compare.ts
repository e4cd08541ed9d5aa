import { relative, resolve, sep } from 'node:path';
import * as v from 'valibot';
import { isDictionaryId } from '../../../shared/domain/compare-spec.ts';
import { comparisonMeasures, type ComparisonMeasure } from '../../../shared/domain/comparison.ts';
import { tokensSchema, type TokensRef } from '../../../shared/domain/tokens.ts';
import { textValue, type Command, type CommandContext, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { describeComparison, printComparison } from '../compare/describe-comparison.ts';
import { runComparison } from '../compare/run-comparison.ts';
import { withHost, type HostClient } from '../with-host.ts';
import { projectFolder, projectOption } from './read-project.ts';

export const compare: Command = {
  name: 'compare',
  summary: 'Holds dictionaries against each other: directions, and activations on the same tokens.',
  parameters: ['A', 'B', '[MORE...]'],
  options: {
    ...projectOption,
    tokens: {
      type: 'string',
      value: 'FILE',
      help: 'token file; that on which the features of A were counted by default',
    },
    sequences: { type: 'string', value: 'N', help: 'first sequences of it; all by default' },
    'min-count': {
      type: 'string',
      value: 'N',
      help: 'activations that a feature needs; 10 by default',
    },
    measures: {
      type: 'string',
      value: 'LIST',
      help: `of ${comparisonMeasures.join(', ')}; all by default`,
    },
    seed: { type: 'string', value: 'N', help: 'of bootstrap and chance; 0 by default' },
    resamples: { type: 'string', value: 'N', help: 'of the bootstrap; 1,000 by default' },
    name: { type: 'string', value: 'TEXT', help: 'name of the comparison' },
  },
  example: 'assay compare dict_0123456789abcdef dict_fedcba9876543210 --min-count 10',
  run: runCommand,
};

async function runCommand({ parameters, values, output, signal }: CommandContext): Promise<void> {
  const folder = projectFolder(values);
  const dictionaries = parameters.map((name) => nameInProject(name, folder));
  const sequences = wholeValue(values, 'sequences', 0);
  await withHost(output, async (client) => {
    const { id: project } = await client.call('project.open', { path: folder });
    const given = textValue(values, 'tokens');
    const tokens =
      given === undefined
        ? await tokensOfFeatures(client, project, dictionaries[0]!)
        : { tokens: v.parse(tokensSchema, { file: insideOf(given, folder) }) };
    const request = {
      name: textValue(values, 'name') ?? `comparison of ${dictionaries.length} dictionaries`,
      dictionaries,
      ...tokens,
      ...(sequences > 0 && { sequences }),
      minimumCount: wholeValue(values, 'min-count', 10, 1000),
      measures: measuresOf(values),
      seed: wholeValue(values, 'seed', 0),
      resamples: wholeValue(values, 'resamples', 1000, 100_000),
    };
    const detail = await runComparison(client, project, request, { output, signal });
    const answer = await describeComparison(client, project, detail);
    output.answer(answer, () => printComparison(answer));
  });
}

/** Ids stay as they are; paths are told from the project's folder, as specs have them. */
function nameInProject(name: string, folder: string): string {
  return isDictionaryId(name) ? name : insideOf(name, folder);
}

function insideOf(path: string, folder: string): string {
  return relative(folder, resolve(path)).split(sep).join('/');
}

/** The tokens on which the features of a dictionary were counted, or else that it was trained on. */
async function tokensOfFeatures(
  client: HostClient,
  project: string,
  name: string,
): Promise<{ tokens: TokensRef; sequences?: number }> {
  const rows = await client.call('dictionaries.list', { project });
  const run = rows.find(({ id }) => id === name)?.run;
  const { spec } = run ? await client.call('runs.get', { project, run }) : {};
  const parsed = v.safeParse(
    v.object({
      tokens: tokensSchema,
      features: v.optional(v.object({ tokens: tokensSchema, sequences: v.number() })),
    }),
    spec,
  );
  if (!parsed.success)
    throw usage(`What tokens ${name} was trained on is not known. Give them with --tokens FILE.`);
  const { tokens, features } = parsed.output;
  return features ? { tokens: features.tokens, sequences: features.sequences } : { tokens };
}

function measuresOf(values: Values): ComparisonMeasure[] {
  const text = textValue(values, 'measures');
  if (text === undefined) return [...comparisonMeasures];
  return text.split(',').map((word) => {
    const measure = comparisonMeasures.find((name) => name === word.trim());
    if (measure) return measure;
    throw usage(`--measures takes ${comparisonMeasures.join(', ')}, not '${word.trim()}'.`);
  });
}
