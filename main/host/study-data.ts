import type { ReportSection } from '../../shared/contract/reports.ts';
import type { RunDetail } from '../../shared/contract/runs.ts';
import { trainSpecSchema } from '../../shared/domain/train-spec.ts';
import { studyFigures, type StudiedRun, type StudyFigures } from '../../shared/domain/study.ts';
import { AppError } from '../../shared/errors.ts';
import * as v from 'valibot';
import type { NamedRun, StudySectionData } from '../reports/report-data.ts';
import type { ProjectView } from './project-view.ts';
import { readRun } from './read-runs.ts';

export type StudySection = ReportSection & { readonly kind: 'study' };

/** The figures of a study from the runs that it trained. @throws AppError `not-found` */
export function readStudy(view: ProjectView, section: StudySection): StudyFigures {
  return figuresOf(section, (id) => readRun(view, id));
}

/** What a report says of a study. @throws AppError `not-found` */
export function gatherStudy(view: ProjectView, section: StudySection): StudySectionData {
  const details = new Map<string, RunDetail>();
  const read = (id: string): RunDetail => {
    let detail = details.get(id);
    if (!detail) details.set(id, (detail = readRun(view, id)));
    return detail;
  };
  const named = (list: StudySection['trials']): NamedRun[] =>
    list.map(({ name, run }) => ({ name, run: studiedRun(read(run)) }));
  return {
    kind: 'study',
    figures: figuresOf(section, read),
    trials: named(section.trials),
    pilots: named(section.pilots),
    details: section.objectives.map(({ runs }) => read(runs[0]!)),
  };
}

function figuresOf(section: StudySection, read: (id: string) => RunDetail): StudyFigures {
  const { objectives, target, tolerance } = section;
  return studyFigures(
    objectives.map(({ name, runs }) => ({ name, runs: runs.map((id) => studiedRun(read(id))) })),
    target,
    tolerance,
  );
}

function studiedRun({ run, spec }: RunDetail): StudiedRun {
  const parsed = v.safeParse(trainSpecSchema, spec);
  if (!parsed.success)
    throw new AppError('corrupt', `The run ${run.id} has no spec of a training.`, { run: run.id });
  const { id, seed, dictionary, metrics } = run;
  return {
    id,
    seed,
    dictionary,
    coefficient: parsed.output.objective.sparsity.coefficient,
    metrics,
  };
}
