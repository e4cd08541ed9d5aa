import { resolve } from 'node:path';
import { dictionaryFile as dictionaryFileOf, findDictionary } from '../../host/read-features.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { askWorker } from './ask-worker.ts';
import { required, writtenTable } from './forward.ts';
import { projectOption, withProject } from './read-project.ts';

export const encode: Command = {
  name: 'encode',
  summary: 'Writes the features and the reconstruction of activations.',
  parameters: ['DICTIONARY'],
  options: {
    ...projectOption,
    input: { type: 'string', value: 'FILE', help: 'safetensors file with a tensor x [n, d]' },
    out: { type: 'string', value: 'FILE', help: 'safetensors file to write' },
  },
  example: 'assay encode dict_0123456789abcdef --input x.safetensors --out features.safetensors',
  run: async ({ parameters, values, output, signal }) => {
    const written = await askWorker(
      'encode',
      {
        dictionary: await dictionaryFile(parameters[0]!, values),
        input: resolve(required(textValue(values, 'input'), '--input')),
        out: resolve(required(textValue(values, 'out'), '--out')),
      },
      signal,
    );
    output.answer(written, () => writtenTable(written));
  },
};

/**
 * A dictionary is named by its id in the project or by the path of a file or folder of any tool; of
 * several there, by the path, a # and its name.
 */
export async function dictionaryFile(name: string, values: Values): Promise<string> {
  if (!/^dict_[0-9a-z]+$/.test(name)) return resolve(name);
  return withProject(values, (view) => dictionaryFileOf(view, findDictionary(view, name)));
}
