import { parseJobSpec, type TrainSpec } from '../../../shared/domain/job-spec.ts';
import {
  objectivePresets,
  presetNames,
  type PresetName,
} from '../../../shared/domain/objective.ts';
import { topKNames } from '../../../shared/domain/dictionary.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Stage, Trial } from './match-l0.ts';

/** What a study trains, and what it holds equal. */
export interface StudyPlan {
  /** What all trainings share; its objective, seeds and variants are replaced. */
  readonly base: TrainSpec;
  readonly objectives: readonly StudyObjective[];
  readonly seeds: readonly number[];
  readonly target: number;
  readonly tolerance: number;
  /** Training sequences of a pilot. */
  readonly pilotSequences: number;
  /** Most dictionaries of one job, which share the model's pass and are in memory together. */
  readonly together: number;
}

export interface StudyObjective {
  readonly name: PresetName;
  /** Coefficient of the sparsity from which the search starts. */
  readonly start: number;
}

/** Objectives that a dictionary can be trained for from its beginning. */
export const studyObjectives = presetNames.filter((name) => name !== 'kl-finetune');

/** Objectives by name, at first with the coefficients that were published for them. */
export function objectivesOf(names: readonly PresetName[]): StudyObjective[] {
  return names.map((name) => ({ name, start: objectivePresets[name].sparsity.coefficient }));
}

/**
 * @throws AppError `bad-spec` for a spec that cannot be studied
 */
export function checkStudyBase(base: TrainSpec, file: string): void {
  const refuse = (place: string, problem: string) => {
    throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
  };
  const { architecture, start } = base.dictionary;
  if (!base.evaluation)
    refuse('evaluation', 'is required for a study, which measures L0 on held-out tokens');
  if (topKNames.includes(architecture))
    refuse(
      'dictionary.architecture',
      `${architecture} has the L0 that k says, so that there is nothing to match; train objectives with one k by assay run and variants`,
    );
  if (base.variants) refuse('variants', 'a study varies the objective itself');
  if (base.pathway === 'joint')
    refuse('pathway', 'a study trains every dictionary by itself; leave joint out');
  if (start !== undefined) refuse('dictionary.start', 'a study trains every dictionary anew');
}

/** A part of a stage that one job does. */
export interface StagePart {
  readonly trials: readonly Trial[];
  readonly seeds: readonly number[];
}

/**
 * A stage in parts of at most `together` dictionaries: for the first seed, or for the others in `all`,
 * whose first seed the stage `single` has trained.
 */
export function stageParts(plan: StudyPlan, stage: Stage, trials: readonly Trial[]): StagePart[] {
  const seeds = stage === 'all' ? plan.seeds.slice(1) : plan.seeds.slice(0, 1);
  return chunks(seeds, plan.together).flatMap((some) =>
    chunks(trials, Math.floor(plan.together / some.length)).map((few) => ({
      trials: few,
      seeds: some,
    })),
  );
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const count = Math.ceil(list.length / size);
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size));
}

/** The job of a part: a variant for each trial. A pilot is shorter in all its lengths and keeps no features. */
export function stageSpec(plan: StudyPlan, stage: Stage, { trials, seeds }: StagePart): TrainSpec {
  const { base } = plan;
  const variants = trials.map(({ objective, coefficient }) => ({
    objective: {
      preset: objective,
      sparsity: { ...base.objective.sparsity, coefficient },
    },
  }));
  const document = {
    ...base,
    name: stage === 'pilot' ? `${base.name}, pilot` : base.name,
    seeds,
    variants,
    ...(stage === 'pilot' && shortened(base, plan.pilotSequences)),
  };
  return parseJobSpec(document, base.name) as TrainSpec;
}

function shortened(base: TrainSpec, sequences: number): Partial<TrainSpec> {
  const { training, evaluation } = base;
  const share = sequences / training.sequences;
  return {
    training: {
      ...training,
      sequences,
      warmup: Math.round(training.warmup * share),
      cooldown: Math.round(training.cooldown * share),
    },
    ...(evaluation && { evaluation: { ...evaluation, every: null } }),
    features: undefined,
    checkpointEvery: null,
  };
}
