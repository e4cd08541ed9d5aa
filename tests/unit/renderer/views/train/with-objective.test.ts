import { describe, expect, it } from 'vitest';
import { SpecDocument } from '../../../../../renderer/views/train/spec-text.ts';
import {
  objectiveField,
  objectiveKind,
  objectiveKinds,
  spelledOut,
  withObjective,
} from '../../../../../renderer/views/train/with-objective.ts';

const local = `
# mine
objective: { sparsity: { coefficient: 2, warmup: 40 } }
training: { sequences: 1000 }
`;
const read = (text: string) => new SpecDocument(text);

describe('another objective', () => {
  it.each(objectiveKinds.filter((kind) => kind !== 'other'))(
    '%s is known again by its terms, and leaves what is not its own',
    (kind) => {
      const text = withObjective(read(local), kind, 5);
      expect(objectiveKind(read(text))).toBe(kind);
      expect(text).toContain('# mine');
      expect(read(text).value('objective.sparsity.warmup')).toBe(40);
      const back = read(withObjective(read(text), 'local', 5));
      expect(objectiveKind(back)).toBe('local');
      expect(Object.keys(back.value('objective') as object)).toEqual(['sparsity']);
    },
  );

  it('has the published β, which is another where one later layer remains', () => {
    const beta = (layers: number | undefined) =>
      read(withObjective(read(local), 'e2e+downstream', layers)).value(
        'objective.inToOrig.coefficient',
      );
    expect([beta(undefined), beta(5), beta(1)]).toEqual([2.5, 2.5, 0.05]);
  });

  it('leaves the coefficient of an architecture that needs none at 0', () => {
    const topK = read(local.replace('coefficient: 2', 'coefficient: 0'));
    const mixed = read(withObjective(topK, 'mixed', 5));
    expect(mixed.value('objective.sparsity.coefficient')).toBe(0);
    expect(mixed.value('objective.mixed')).toEqual({ local: 500, over: 100, sparsity: 0 });
  });
});

describe('a preset that is named in the YAML', () => {
  const named = read('objective: { preset: e2e+downstream, sparsity: { coefficient: 9 } }\n');

  it('is shown by its terms, those that are written before its own', () => {
    expect(objectiveKind(named)).toBe('e2e+downstream');
    expect(objectiveField(named, 'sparsity.coefficient')).toBe(9);
    expect(objectiveField(named, 'inToOrig.coefficient')).toBe(2.5);
  });

  it('is spelled out before one of its terms is changed', () => {
    const text = spelledOut(named).with('objective.inToOrig.coefficient', 1);
    expect(read(text).value('objective')).toEqual({
      sparsity: { coefficient: 9 },
      outToIn: { coefficient: 0 },
      inToOrig: { coefficient: 1, hooks: 'later' },
      logitsKl: { coefficient: 0.5, direction: 'model-to-spliced' },
    });
  });
});
