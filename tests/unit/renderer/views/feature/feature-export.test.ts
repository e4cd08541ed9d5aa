import { describe, expect, it } from 'vitest';
import type { FeatureDetail } from '../../../../../shared/contract/features.ts';
import { examplesCsv } from '../../../../../renderer/views/feature/feature-export.ts';
import { logitItems, scoreItems } from '../../../../../renderer/views/feature/list-items.ts';

const detail = (tokens: string[]): FeatureDetail => ({
  row: {
    feature: 3,
    count: 1,
    density: 0.1,
    densityLow: 0,
    densityHigh: 1,
    mean: 2,
    max: 2,
    label: null,
    rating: null,
    stability: null,
    property: null,
    auc: null,
  },
  tokens: 10,
  logits: { edges: [], counts: [] },
  histogram: { edges: [0, 2], counts: [1] },
  groups: [
    {
      name: '80-100 %',
      kind: 'quantile',
      from: 7,
      examples: [
        {
          sequence: 4,
          position: 6,
          start: 5,
          value: 2,
          tokens,
          ids: tokens.map((_, id) => id),
          activations: tokens.map((_, i) => (i === 1 ? 2 : 0)),
        },
      ],
    },
  ],
  promoted: [],
  suppressed: [],
  decoderNeighbours: [],
  encoderNeighbours: [],
  matches: [],
  scores: [],
  labels: [],
  densityByPosition: [],
  encoderDecoderCosine: null,
});

describe('the examples of a feature as CSV', () => {
  it('have one line each, with the token that the activation is on', () => {
    expect(examplesCsv(detail(['a', ' b', ' c']))).toBe(
      'group,drawn_from,sequence,position,activation,token,text\r\n80-100 %,7,4,6,2, b,a b c\r\n',
    );
  });

  it('are safe in a spreadsheet and keep quotes and line breaks', () => {
    const csv = examplesCsv(detail(['=SUM(A1)', '@x', '\n"']));
    expect(csv).toContain(`,'@x,"'=SUM(A1)@x\n"""\r\n`);
  });
});

describe('the short tables of a feature', () => {
  it('draw logits against the largest, and an AUC by its distance from telling nothing', () => {
    const logits = [
      { id: 1, token: ' a', value: -4 },
      { id: 2, token: '\n', value: -1 },
    ];
    expect(logitItems(logits).map(({ text, share }) => [text, share])).toEqual([
      ['␣a', 1],
      ['↵', 0.25],
    ]);
    const scores = [
      { property: 'p', auc: 0.5, positives: 9 },
      { property: 'q', auc: 0.25, positives: 9 },
    ];
    expect(scoreItems(scores).map(({ share }) => share)).toEqual([0, 0.5]);
  });
});
