import { resolve } from 'node:path';
import { visibleText } from '../../../shared/text.ts';
import { textValue, type Command } from '../cli/command.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { askWorker } from './ask-worker.ts';
import { dictionaryFile } from './encode.ts';
import { required } from './forward.ts';
import { projectOption } from './read-project.ts';

export const generate: Command = {
  name: 'generate',
  summary: 'Continues a text with the most likely tokens, with a dictionary spliced in if asked.',
  parameters: ['MODEL'],
  options: {
    ...projectOption,
    prompt: { type: 'string', value: 'TEXT', help: 'text to continue' },
    count: { type: 'string', value: 'N', help: 'tokens to generate; 20 by default' },
    dictionary: {
      type: 'string',
      value: 'DICTIONARY',
      help: 'its reconstruction takes the place of the activations at its hook point',
    },
  },
  example: 'assay generate model --prompt "Once upon a time" --dictionary dict_0123456789abcdef',
  run: async ({ parameters, values, output, signal }) => {
    const named = textValue(values, 'dictionary');
    const answer = await askWorker(
      'generate',
      {
        model: resolve(parameters[0]!),
        dictionary: named === undefined ? null : await dictionaryFile(named, values),
        prompt: required(textValue(values, 'prompt'), '--prompt'),
        count: wholeValue(values, 'count', 20),
      },
      signal,
    );
    output.answer(answer, () => visibleText(answer.prompt + answer.text));
  },
};
