import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../../shared/errors.ts';
import { generate, type GenerateOptions } from '../../../compute/model/generate.ts';
import { parseHook } from '../../../compute/model/hooks.ts';
import type { FrozenDictionary } from '../../../compute/sae/frozen-dictionary.ts';
import { queries, type QueryOutput } from '../../queries.ts';
import { readDictionary, readDictionaryMetadata } from '../dictionary-file.ts';
import { loadedModel } from '../loaded-model.ts';
import { parseInput } from '../parse-input.ts';
import type { QueryHandler } from './handler.ts';

/** `generate`: with the reconstruction of a dictionary in place of the activations, where one is named. */
const runGenerate: QueryHandler = async (
  input,
  { signal, report },
): Promise<QueryOutput<'generate'>> => {
  const ask = parseInput(queries.generate.input, input);
  const metadata = ask.dictionary === null ? undefined : readDictionaryMetadata(ask.dictionary);
  const { model, tokenizer } = await loadedModel(ask.model, metadata?.processing ?? 'none');
  if (!tokenizer)
    throw new AppError(
      'not-found',
      `${ask.model} has no tokenizer.json, so text cannot be turned into tokens. Copy the model's tokenizer into the folder.`,
      { file: ask.model },
    );
  let dictionary: FrozenDictionary | undefined;
  let options: GenerateOptions = { count: ask.count };
  if (ask.dictionary !== null && metadata) {
    const [hook, target] = [metadata.hook, metadata.target ?? metadata.hook].map((name) =>
      parseHook(name, model.config),
    );
    dictionary = readDictionary(ask.dictionary, model.engine).dictionary;
    options = { ...options, hook: dictionary.spliceAt(hook!.name, target!.name) };
  }
  try {
    const ids: number[] = [];
    for (const id of generate(model, tokenizer.encode(ask.prompt).ids, options)) {
      ids.push(id);
      report?.(ids.length, ask.count);
      await setImmediate();
      signal.throwIfAborted();
    }
    return { prompt: ask.prompt, text: tokenizer.decode(ids), ids };
  } finally {
    dictionary?.dispose();
  }
};

export const generateQueries: Readonly<Record<string, QueryHandler>> = { generate: runGenerate };
