import { describe, expect, it } from 'vitest';
import { distinguish } from '../../../../main/reports/sections/group-names.ts';
import type { RunGroup } from '../../../../shared/contract/runs.ts';

function group(name: string, differing: RunGroup['differing']): RunGroup {
  return { key: name, name, hook: 'h', model: 'm', differing, metrics: {}, runs: [] };
}

describe('names of groups', () => {
  it('are followed by what differs where two are alike', () => {
    const groups = [
      group('local', { 'features.sequences': 180, lr: 0.1 }),
      group('local', { 'features.sequences': 200, lr: 0.1 }),
      group('e2e', { 'features.sequences': 200, lr: 0.2 }),
    ];
    expect(distinguish(groups).map(({ name }) => name)).toEqual([
      'local, sequences 180',
      'local, sequences 200',
      'e2e',
    ]);
  });
});
