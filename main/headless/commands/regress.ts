import { basename, dirname, resolve } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { printDiagnostics } from '../print-diagnostics.ts';
import { fitAnswer, printFit } from '../print-fit.ts';
import { printStability } from '../print-stability.ts';
import { runTemplate } from '../run-template.ts';
import { tellProgress } from '../tell-progress.ts';
import { usage } from '../cli/run-cli.ts';
import { askWorker } from './ask-worker.ts';

export const regress: Command = {
  name: 'regress',
  summary: 'Fits a regression to a table and prints it with its diagnostics.',
  parameters: ['TABLE', '[FORMULA]'],
  options: {
    family: {
      type: 'string',
      value: 'NAME',
      help: 'gaussian (default), binomial, probit or poisson',
    },
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
    weights: { type: 'string', value: 'EXPRESSION', help: 'weight of each row' },
    missing: {
      type: 'string',
      value: 'POLICY',
      help: 'drop-rows (default), drop-columns or mean-indicator',
    },
    se: { type: 'string', value: 'KIND', help: 'HC0, HC1, HC2, HC3, cluster:COLUMN or CR0:COLUMN' },
    firth: { type: 'boolean', help: 'logistic regression with bias reduction' },
    exact: { type: 'boolean', help: 'double-double arithmetic, from the printed decimals' },
    penalty: { type: 'string', value: 'KIND', help: 'ridge, lasso or elastic-net' },
    mixing: { type: 'string', value: 'SHARE', help: 'of the lasso in an elastic net' },
    lambda: { type: 'string', value: 'STRENGTH', help: 'of the penalty; else chosen by --cv' },
    convention: {
      type: 'string',
      value: 'PROGRAM',
      help: 'whose strength --lambda is: glmnet (default), scikit-learn or statsmodels',
    },
    cv: { type: 'string', value: 'FOLDS', help: 'folds that choose the strength (10)' },
    rule: { type: 'string', value: 'RULE', help: 'minimum (default) or one-standard-error' },
    seed: { type: 'string', value: 'NUMBER', help: 'of the folds (0)' },
    diagnostics: { type: 'boolean', help: 'also influence, collinearity, calibration and shares' },
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
    const spec = {
      kind: 'regress',
      name: formula.slice(0, 200),
      table: basename(file),
      formula,
      ...familyFields(values),
      ...given({
        filter: textValue(values, 'filter'),
        weights: textValue(values, 'weights'),
        missing: textValue(values, 'missing'),
        method: values['firth'] === true ? 'firth' : undefined,
        exact: values['exact'] === true ? true : undefined,
        errors: errorFields(textValue(values, 'se')),
        penalty: penaltyFields(values),
      }),
    };
    const input = { projectPath: dirname(file), spec };
    const progress = tellProgress(output, { phase: 'calculating', unit: 'steps' });
    const fit = await askWorker('fits.create', input, signal, progress);
    if (values['diagnostics'] !== true) return output.answer(fitAnswer(fit), () => printFit(fit));
    const diagnostics = await askWorker('fits.diagnostics', input, signal, progress);
    output.answer({ ...fitAnswer(fit), diagnostics }, () =>
      [printFit(fit), '', printDiagnostics(diagnostics)].join('\n'),
    );
  },
};

/** Fields without those that were not given. */
function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function familyFields(values: Values): Record<string, unknown> {
  const family = textValue(values, 'family');
  return family === 'probit' ? { family: 'binomial', link: 'probit' } : given({ family });
}

function errorFields(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  const colon = text.indexOf(':');
  if (colon < 0) return { kind: text };
  const kind = text.slice(0, colon);
  return { kind: kind === 'cluster' ? 'CR1' : kind, cluster: text.slice(colon + 1) };
}

function penaltyFields(values: Values): Record<string, unknown> | undefined {
  const kind = textValue(values, 'penalty');
  const validation = given({
    folds: numberValue(values, 'cv'),
    rule: textValue(values, 'rule'),
    seed: numberValue(values, 'seed'),
  });
  const fields = given({
    mixing: numberValue(values, 'mixing'),
    strength: numberValue(values, 'lambda'),
    convention: textValue(values, 'convention'),
    validation: Object.keys(validation).length > 0 ? validation : undefined,
  });
  if (kind !== undefined) return { kind, ...fields };
  const first = ['mixing', 'lambda', 'convention', 'cv', 'rule', 'seed'].find(
    (name) => values[name] !== undefined,
  );
  if (first === undefined) return undefined;
  throw new AppError(
    'usage',
    `--${first} belongs to a penalty. Add --penalty ridge, lasso or elastic-net.`,
    { option: first },
  );
}

function numberValue(values: Values, name: string): number | undefined {
  const text = textValue(values, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new AppError('usage', `--${name} takes a number, and '${text}' is none.`, { option: name });
}
