import { describe, expect, it } from 'vitest';
import {
  checkStudyBase,
  objectivesOf,
  stageParts,
  stageSpec,
  type StudyPlan,
} from '../../../../../main/headless/study/study-plan.ts';
import type { Stage } from '../../../../../main/headless/study/match-l0.ts';
import { parseJobSpec, type TrainSpec } from '../../../../../shared/domain/job-spec.ts';
import { groupKey, runSpec } from '../../../../../shared/domain/run-spec.ts';
import { tinySpec } from '../../../../support/tiny-project-files.ts';

const specOf = (changes: Record<string, unknown> = {}) =>
  parseJobSpec(tinySpec(changes), 'spec') as TrainSpec;

const plan: StudyPlan = {
  base: specOf({ objective: { sparsity: { coefficient: 9, p: 0.5 } } }),
  objectives: objectivesOf(['local', 'e2e']),
  seeds: [0, 1, 2],
  target: 10,
  tolerance: 0.05,
  pilotSequences: 400,
  together: 64,
};
const trials = [
  { objective: 'local', coefficient: 2 },
  { objective: 'e2e', coefficient: 3 },
];

const specOfStage = (stage: Stage) => {
  const [part, ...others] = stageParts(plan, stage, trials);
  expect(others).toEqual([]);
  return stageSpec(plan, stage, part!);
};

describe('the jobs of a study', () => {
  it('train the first seed alone and the others together, as replicates of one group', () => {
    const [single, all] = [specOfStage('single'), specOfStage('all')];
    expect([single.seeds, all.seeds]).toEqual([[0], [1, 2]]);
    expect(groupKey(runSpec(single, 1))).toBe(groupKey(runSpec(all, 3)));
    const { objective } = runSpec(all, 3);
    expect(objective).toMatchObject({
      sparsity: { coefficient: 3, p: 0.5 },
      logitsKl: { coefficient: 1 },
    });
  });

  it('make pilots shorter in all their lengths, under another name', () => {
    const { training, features, checkpointEvery, evaluation, name } = specOfStage('pilot');
    expect(training).toMatchObject({ sequences: 400, warmup: 10, batch: 4 });
    expect([features, checkpointEvery, evaluation?.every]).toEqual([undefined, null, null]);
    expect(name).toBe('tiny, pilot');
  });
});

describe('the parts of a stage', () => {
  const sizes = (together: number, stage: Stage) =>
    stageParts({ ...plan, together, seeds: [0, 1, 2, 3, 4] }, stage, [...trials, trials[0]!]).map(
      (part) => [part.trials.length, part.seeds],
    );

  it('hold as many dictionaries as fit together', () => {
    expect(sizes(64, 'all')).toEqual([[3, [1, 2, 3, 4]]]);
    expect(sizes(8, 'all')).toEqual([
      [2, [1, 2, 3, 4]],
      [1, [1, 2, 3, 4]],
    ]);
    expect(sizes(3, 'all')).toEqual([
      [1, [1, 2, 3]],
      [1, [1, 2, 3]],
      [1, [1, 2, 3]],
      [3, [4]],
    ]);
    expect(sizes(2, 'pilot')).toEqual([
      [2, [0]],
      [1, [0]],
    ]);
  });

  it('are none for the other seeds of a study of one', () => {
    expect(stageParts({ ...plan, seeds: [0] }, 'all', trials)).toEqual([]);
  });
});

describe('a spec', () => {
  it('is refused where a study cannot vary or measure it', () => {
    const refusal = (changes: Record<string, unknown>) => () =>
      checkStudyBase(specOf(changes), 'x.yaml');
    expect(refusal({ evaluation: undefined })).toThrow(/x\.yaml: evaluation: is required/);
    expect(
      refusal({
        dictionary: { ratio: 4, architecture: 'topk', k: 3 },
        objective: { sparsity: { coefficient: 0 } },
      }),
    ).toThrow(/dictionary\.architecture: topk has the L0 that k says/);
    expect(refusal({ pathway: 'joint' })).toThrow(/pathway: /);
    expect(refusal({ variants: [{}] })).toThrow(/variants: /);
    expect(refusal({ seeds: [0], dictionary: { ratio: 4, start: 'a.safetensors' } })).toThrow(
      /dictionary\.start: /,
    );
    expect(refusal({})).not.toThrow();
  });
});
