import { join } from 'node:path';
import { openView } from '../../host/project-view.ts';
import { readStudy, type StudySection } from '../../host/study-data.ts';
import type { Command, CommandContext } from '../cli/command.ts';
import { describeComparison } from '../compare/describe-comparison.ts';
import { compareSeeds } from '../study/compare-seeds.ts';
import { printStudy, type StudyAnswer } from '../print-study.ts';
import { runStudy } from '../study/run-study.ts';
import { readPlan, studyOptions } from '../study/study-options.ts';
import { studySection, studySections } from '../study/study-sections.ts';
import { withHost } from '../with-host.ts';
import { projectFolder } from './read-project.ts';

export const study: Command = {
  name: 'study',
  summary:
    'Trains dictionaries for several objectives at equal L0 and holds them against each other.',
  parameters: ['[SPEC]'],
  options: studyOptions,
  example: 'assay study specs/layer-6.yaml --seeds 5 --objectives local,e2e --match l0 --target 40',
  run: runCommand,
};

async function runCommand({ parameters, values, output, signal }: CommandContext): Promise<void> {
  const folder = projectFolder(values);
  const plan = readPlan(parameters[0], values, folder);
  const { section, report, acrossSeeds } = await withHost(output, async (client) => {
    const { id: project } = await client.call('project.open', { path: folder });
    const options = { output, signal, goOn: 'the same command' };
    const match = await runStudy(client, project, plan, options);
    const about = studySection(plan, match);
    const compared = await compareSeeds(client, project, plan, about, options);
    const written = await client.call('reports.create', {
      project,
      title: `${plan.base.name}: objectives at equal L0`,
      sections: studySections(about, compared?.id),
    });
    return {
      section: about,
      report: written,
      acrossSeeds: compared ? await describeComparison(client, project, compared) : null,
    };
  });
  const answer: StudyAnswer = {
    project: folder,
    hook: plan.base.hook,
    model: plan.base.model,
    trainingSequences: plan.base.training.sequences,
    ...readFigures(folder, section),
    acrossSeeds,
    report: { path: join(folder, report.path), bytes: report.bytes, sha256: report.sha256 },
  };
  output.answer(answer, () => printStudy(answer));
}

function readFigures(folder: string, section: StudySection) {
  const view = openView(folder);
  try {
    return readStudy(view, section);
  } finally {
    view.close();
  }
}
