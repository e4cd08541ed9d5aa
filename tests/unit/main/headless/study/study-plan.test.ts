import { describe, expect, it } from 'vitest';
import {
  checkStudyBase,
  objectivesOf,
  stageSpec,
  type StudyPlan,
} from '../../../../../main/headless/study/study-plan.ts';
import {
  groupKey,
  parseJobSpec,
  runSpec,
  type TrainSpec,
} from '../../../../../shared/domain/job-spec.ts';
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
};
const trials = [
  { objective: 'local', coefficient: 2 },
  { objective: 'e2e', coefficient: 3 },
];

describe('the jobs of a study', () => {
  it('train the first seed alone and the others together, as replicates of one group', () => {
    const [single, all] = [stageSpec(plan, 'single', trials), stageSpec(plan, 'all', trials)];
    expect([single.seeds, all.seeds]).toEqual([[0], [1, 2]]);
    expect(groupKey(runSpec(single, 1))).toBe(groupKey(runSpec(all, 3)));
    const { objective } = runSpec(all, 3);
    expect(objective).toMatchObject({
      sparsity: { coefficient: 3, p: 0.5 },
      logitsKl: { coefficient: 1 },
    });
  });

  it('make pilots shorter in all their lengths, under another name', () => {
    const { training, features, checkpointEvery, evaluation, name } = stageSpec(
      plan,
      'pilot',
      trials,
    );
    expect(training).toMatchObject({ sequences: 400, warmup: 10, batch: 4 });
    expect([features, checkpointEvery, evaluation?.every]).toEqual([undefined, null, null]);
    expect(name).toBe('tiny, pilot');
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
    expect(refusal({ variants: [{}] })).toThrow(/variants: /);
    expect(refusal({ seeds: [0], dictionary: { ratio: 4, start: 'a.safetensors' } })).toThrow(
      /dictionary\.start: /,
    );
    expect(refusal({})).not.toThrow();
  });
});
