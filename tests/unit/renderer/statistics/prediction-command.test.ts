import { execFileSync } from 'node:child_process';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseOptions } from '../../../../main/headless/cli/run-cli.ts';
import { predict, predictSpecOf } from '../../../../main/headless/commands/predict.ts';
import {
  predictionCommand,
  predictionSpec,
  usualDraft,
} from '../../../../renderer/views/statistics/prediction/prediction-draft.ts';
import { predictSpecSchema } from '../../../../shared/domain/predict-spec.ts';

const subject = {
  dictionary: 'dict_0123456789',
  file: "data/Ann's labels $HOME.csv",
  name: 'is name',
  sequence: 'story',
  position: 'place',
};

test('the command beside a prediction asks for the same one', () => {
  const drafts = [
    usualDraft,
    {
      unit: 'sequence',
      aggregation: 'mean',
      family: 'gaussian',
      lambdas: 12,
      folds: 3,
      choice: 'minimum',
      heldOut: 0.35,
      leastRows: 7,
      seed: 11,
      seeds: false,
    } as const,
  ];
  for (const draft of drafts) {
    const spec = predictionSpec(subject, draft);
    const [program, verb, ...words] = wordsOf(predictionCommand(spec));
    expect([program, verb]).toEqual(['assay', 'predict']);
    const { values, positionals } = parseOptions(predict, words);
    expect(v.parse(predictSpecSchema, predictSpecOf(positionals[0]!, values))).toEqual(spec);
  }
});

/** The words of a command as a shell reads them. */
function wordsOf(command: string): string[] {
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return printed.split('\0').slice(0, -1);
}
