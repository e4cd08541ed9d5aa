import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../../shared/errors.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { parseModelConfig } from '../../../compute/model/open-transformer.ts';
import { queries, type QueryOutput } from '../../queries.ts';
import { parseInput } from '../parse-input.ts';
import { tokenTask } from '../tokens/prepare-tokens.ts';
import { tokenFiles } from '../tokens/token-source.ts';
import { writeTokens } from '../tokens/write-tokens.ts';
import type { QueryContext, QueryHandler } from './handler.ts';

/** `tokenize`: rows have the model's own context where none is given. */
const runTokenize = async (
  input: unknown,
  { signal, report }: QueryContext,
): Promise<QueryOutput<'tokenize'>> => {
  const ask = parseInput(queries.tokenize.input, input);
  const longest = contextOf(ask.model);
  const context = ask.context ?? longest;
  if (context > longest || context < (ask.pack.bos ? 2 : 1))
    throw new AppError(
      'bad-input',
      `Rows of ${context} tokens do not suit ${ask.model}, whose context is ${longest}.`,
      { file: ask.model, place: 'context' },
    );
  const ref = { tensor: 'input_ids', context, text: ask.pack };
  const task = tokenTask(tokenFiles(ask.text), ref, ask.model, ask.out);
  const { rows, counts } = await writeTokens(task, async (done, total) => {
    report?.(done, total);
    await setImmediate();
    signal.throwIfAborted();
  });
  return { path: ask.out, bytes: statSync(ask.out).size, rows, context, ...counts };
};

function contextOf(model: string): number {
  const folder = openModelFolder(model);
  folder.weights.close();
  return parseModelConfig(folder.config, folder.configFile).context;
}

export const tokenizeQueries: Readonly<Record<string, QueryHandler>> = { tokenize: runTokenize };
