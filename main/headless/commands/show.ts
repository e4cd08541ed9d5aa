import { AppError } from '../../../shared/errors.ts';
import type { ProjectView } from '../../host/project-view.ts';
import { findDictionary, readFeature } from '../../host/read-features.ts';
import { findFit } from '../../host/read-fits.ts';
import { readJob } from '../../host/read-jobs.ts';
import { findStability } from '../../host/read-stability.ts';
import { readRun } from '../../host/read-runs.ts';
import { textValue, type Command } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { printFit } from '../print-fit.ts';
import { printStability } from '../print-stability.ts';
import { projectOption, withProject } from './read-project.ts';

const around = 16;

export const show: Command = {
  name: 'show',
  summary: 'Shows a run, a job, a dictionary, one of its features, a fit, or a stability study.',
  parameters: ['ID'],
  options: {
    ...projectOption,
    feature: { type: 'string', value: 'N', help: 'a feature of the dictionary ID' },
  },
  example: 'assay show dict_0123456789abcdef --feature 3021 --json',
  run: ({ parameters, values, output }) =>
    withProject(values, (view) => {
      const id = parameters[0]!;
      if (id.startsWith('fit_')) {
        const fit = findFit(view, id);
        return output.answer(fit, () => printFit(fit));
      }
      if (id.startsWith('stability_')) {
        const study = findStability(view, id);
        return output.answer(study, () => printStability(study));
      }
      const found = find(view, id, textValue(values, 'feature'));
      output.answer(found, () => JSON.stringify(found, null, 2));
    }),
};

function find(view: ProjectView, id: string, feature: string | undefined): unknown {
  if (id.startsWith('run_')) return readRun(view, id);
  if (id.startsWith('job_')) return readJob(view, id);
  if (!id.startsWith('dict_'))
    throw new AppError(
      'not-found',
      `'${id}' is not the id of a run, job, dictionary, fit or stability study.`,
    );
  const dictionary = findDictionary(view, id);
  if (feature === undefined) {
    const { key: _key, ...shown } = dictionary;
    return shown;
  }
  if (!/^\d{1,9}$/.test(feature)) throw usage(`--feature must be a number, not '${feature}'.`);
  return readFeature(view, dictionary, Number(feature), around);
}
