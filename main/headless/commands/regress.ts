import { basename, dirname, resolve } from 'node:path';
import { textValue, type Command } from '../cli/command.ts';
import { fitAnswer, printFit } from '../print-fit.ts';
import { askWorker } from './ask-worker.ts';

export const regress: Command = {
  name: 'regress',
  summary: 'Fits a regression to a table and prints it with its diagnostics.',
  parameters: ['TABLE', 'FORMULA'],
  options: {
    family: { type: 'string', value: 'NAME', help: 'gaussian (default) or binomial' },
    filter: { type: 'string', value: 'EXPRESSION', help: 'rows to keep, such as age >= 18' },
  },
  example: 'assay regress mice.csv "got_cheese ~ scale(steps) + factor(group)" --family binomial',
  run: async ({ parameters, values, output, signal }) => {
    const [table, formula] = parameters as [string, string];
    const file = resolve(table);
    const family = textValue(values, 'family');
    const filter = textValue(values, 'filter');
    const spec = {
      kind: 'regress',
      name: formula.slice(0, 200),
      table: basename(file),
      formula,
      ...(family === undefined ? {} : { family }),
      ...(filter === undefined ? {} : { filter }),
    };
    const input = { projectPath: dirname(file), spec };
    const fit = await askWorker('fits.create', input, signal);
    output.answer(fitAnswer(fit), () => printFit(fit));
  },
};
