import { describe, expect, it } from 'vitest';
import { ReportContext } from '../../../../main/reports/context.ts';
import { predictionSection } from '../../../../main/reports/sections/prediction-section.ts';
import { samplePrediction } from '../../../support/sample-prediction.ts';

describe('a prediction in a report', () => {
  const prediction = samplePrediction((slot) => slot);
  const render = (changes: Partial<typeof prediction> = {}) => {
    const context = new ReportContext();
    const section = { kind: 'prediction', prediction: { ...prediction, ...changes } } as const;
    return { context, text: String(predictionSection(section, 's1', context).body.markup) };
  };

  it('holds what it is worth beside the base rate, the features and the other seeds as data', () => {
    const { context, text } = render();
    expect(context.tables['s1-worth']!.rows).toEqual([
      ['L1', 400, 0.93, 0.88, 0.75, 0.09, null, null],
    ]);
    expect(context.tables['s1-features']!.rows.map((row) => [row[0], row[7], row[8]])).toEqual([
      ['3', 1.2, '1 same'],
      ['17', '∞', '1 apart'],
    ]);
    expect(context.tables['s1-seeds']!.rows[0]).toEqual(['dict_000002', 1, 4, 0.91, null, 0.95]);
    expect(text).toContain('No fit without a penalty: prediction reason');
    expect(text).toContain('12 tokens without a label were left out');
  });

  it('says where no feature was selected', () => {
    const { text } = render({ selected: [], curves: [], seeds: [] });
    expect(text).toContain('No feature was selected');
  });
});
