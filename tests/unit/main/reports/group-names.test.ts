import { describe, expect, it } from 'vitest';
import { distinguish } from '../../../../main/reports/sections/group-names.ts';
import type { RunGroup } from '../../../../shared/contract/runs.ts';

function group(
  name: string,
  differing: RunGroup['differing'],
  type: RunGroup['type'] = 'local',
): RunGroup {
  return {
    key: name,
    name,
    hook: 'h',
    model: 'm',
    type,
    differing,
    metrics: {},
    runs: [],
  };
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

  it('are followed by their objectives where these tell them apart', () => {
    const groups = [
      group('layer 2', { 'inToOrig.coefficient': null, 'sparsity.coefficient': 1 }),
      group('layer 2', { 'inToOrig.coefficient': 2.5, 'sparsity.coefficient': 3 }, 'downstream'),
    ];
    expect(distinguish(groups).map(({ name }) => name)).toEqual([
      'layer 2, local',
      'layer 2, e2e+downstream',
    ]);
  });

  it('give as much of a path as tells it from the others, and nothing that a group lacks', () => {
    const groups = [
      group('layer 2', { 'inToOrig.coefficient': null, 'sparsity.coefficient': 1, seedless: 4 }),
      group('layer 2', { 'inToOrig.coefficient': 2.5, 'sparsity.coefficient': 3, seedless: 4 }),
    ];
    expect(distinguish(groups).map(({ name }) => name)).toEqual([
      'layer 2, sparsity.coefficient 1',
      'layer 2, inToOrig.coefficient 2.5, sparsity.coefficient 3',
    ]);
  });
});
