import type { ReportSection } from '../../../shared/contract/reports.ts';
import type { StudySection } from '../../host/study-data.ts';
import type { Match, Tried } from './match-l0.ts';
import type { StudyPlan } from './study-plan.ts';

/** The runs of a study by what they were trained for. */
export function studySection({ target, tolerance }: StudyPlan, match: Match): StudySection {
  const matched = new Set(match.matched.flatMap(({ runs }) => runs));
  const runsOf = (tried: readonly Tried[]) =>
    tried
      .flatMap(({ objective, runs }) => runs.map((run) => ({ name: objective, run })))
      .filter(({ run }, index, all) => all.findIndex((other) => other.run === run) === index);
  return {
    kind: 'study',
    target,
    tolerance,
    objectives: match.matched.map(({ objective, runs }) => ({ name: objective, runs: [...runs] })),
    trials: runsOf(match.tried.filter(({ stage }) => stage !== 'pilot')).filter(
      ({ run }) => !matched.has(run),
    ),
    pilots: runsOf(match.tried.filter(({ stage }) => stage === 'pilot')),
  };
}

/**
 * The report of a study, section by section: what else is measured of its dictionaries joins here.
 * @param comparison of the dictionaries across seeds, where there is one
 */
export function studySections(
  study: StudySection,
  comparison: string | undefined,
): ReportSection[] {
  return [
    study,
    ...(comparison === undefined ? [] : [{ kind: 'comparison' as const, comparison }]),
    { kind: 'runs', runs: study.objectives.flatMap(({ runs }) => runs) },
  ];
}
