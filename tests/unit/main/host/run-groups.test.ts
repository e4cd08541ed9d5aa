import { describe, expect, it } from 'vitest';
import { parseJobSpec } from '../../../../shared/domain/job-spec.ts';
import type { JobRecord } from '../../../../shared/domain/job-record.ts';
import { pageGroups } from '../../../../main/host/group-pages.ts';
import { groupRuns, type RunSource } from '../../../../main/host/run-groups.ts';
import type { Metrics, StoredRun } from '../../../../main/db/runs.ts';

const spec = parseJobSpec(
  {
    kind: 'train',
    name: 'small',
    model: 'model',
    hook: 'blocks.0.hook_resid_pre',
    tokens: { file: 'tokens.safetensors' },
    dictionary: { ratio: 2 },
    objective: { sparsity: { coefficient: 1 } },
    training: { sequences: 4, batch: 2, learningRate: 0.1 },
  },
  'spec',
);

const names = Array.from({ length: 55 }, (_, index) => `metric${index}`);

function source(group: string, seed: number, metrics: Metrics, createdAt = 1): RunSource {
  const run = {
    id: `run_${group}${seed}${createdAt}00000`,
    groupKey: group,
    name: 'small',
    hook: 'blocks.0.hook_resid_pre',
    model: 'model',
    label: '',
    state: 'succeeded',
    seed,
    createdAt,
  } as StoredRun;
  return { run, job: { spec, startedAt: 1 } as JobRecord, metrics, worked: 1000 };
}

describe('a group of replicates', () => {
  it('counts each seed once, with its newest measured run', () => {
    const { groups } = groupRuns(
      [
        source('a', 0, { l0: 10 }, 1),
        source('a', 0, { l0: 30 }, 2),
        source('a', 0, {}, 3),
        source('a', 1, { l0: 50 }, 1),
      ],
      '',
    );
    expect(groups[0]!.runs).toHaveLength(4);
    expect(groups[0]!.metrics['l0']).toMatchObject({ n: 2, mean: 40 });
  });
});

describe('many groups', () => {
  const grouped = groupRuns(
    Array.from({ length: 1000 }, (_, index) =>
      source(String(index), 0, Object.fromEntries(names.map((name) => [name, 1 / 3]))),
    ),
    '',
  );
  const many = { ...grouped, metricNames: names };

  it('come in pages that a frame can carry, each group once', () => {
    const found: string[] = [];
    for (let offset: number | null = 0; offset !== null;) {
      const page = pageGroups(many, offset);
      expect(JSON.stringify(page).length).toBeLessThan(1 << 20);
      expect(page.totalGroups).toBe(1000);
      found.push(...page.groups.map(({ key }) => key));
      offset = page.next;
    }
    expect(found).toEqual(many.groups.map(({ key }) => key));
  });
});
