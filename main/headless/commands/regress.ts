import { basename, dirname, resolve } from 'node:path';
import { textValue, type Command } from '../cli/command.ts';
import { fitAnswer, printFit } from '../print-fit.ts';
import { printStability } from '../print-stability.ts';
import { runTemplate } from '../run-template.ts';
import { usage } from '../cli/run-cli.ts';
import { askWorker } from './ask-worker.ts';

export const regress: Command = {
  name: 'regress',
  summary: 'Fits a regression to a table and prints it with its diagnostics.',
  parameters: ['TABLE', '[FORMULA]'],
  options: {
    family: { type: 'string', value: 'NAME', help: 'gaussian (default) or binomial' },
    filter: { type: 'string', value: 'EXPRESSION', help: 'rows to keep, such as age >= 18' },
    template: {
      type: 'string',
      value: 'NAME',
      help: 'maze: all that the maze study did, and should have done, kept in --project',
    },
    second: { type: 'string', value: 'TABLE', help: 'a second table for the template' },
    project: {
      type: 'string',
      value: 'DIR',
      help: "the template's project folder; the table's own by default",
    },
  },
  example: 'assay regress mice.csv "got_cheese ~ scale(steps) + factor(group)" --family binomial',
  run: async ({ parameters, values, output, signal }) => {
    const [table, formula] = parameters as [string, string | undefined];
    const file = resolve(table);
    const template = textValue(values, 'template');
    if ((template === undefined) === (formula === undefined))
      throw usage('Give either a FORMULA or --template maze. See assay regress --help.');
    if (formula === undefined) {
      if (template !== 'maze') throw usage(`There is no template '${template}'. There is maze.`);
      const project = textValue(values, 'project') ?? dirname(file);
      const second = textValue(values, 'second');
      const about = { template, table: file, second, project } as const;
      const study = await runTemplate(about, output, signal);
      return output.answer(study, () => printStability(study));
    }
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
