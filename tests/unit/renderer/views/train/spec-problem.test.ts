import { describe, expect, it } from 'vitest';
import type { ErrorJson } from '../../../../../shared/errors.ts';
import { problemOfField, problemWords } from '../../../../../renderer/views/train/spec-problem.ts';

const problem = (message: string, details: ErrorJson['details'] = {}): ErrorJson => ({
  code: 'bad-spec',
  message,
  details,
});

describe('a problem of a spec', () => {
  it('is shown at the field that it names, in its own words', () => {
    const batch = problem('spec: training.batch: 9 sequences per step exceed the 4 to train on.', {
      place: 'training.batch',
    });
    expect(problemOfField(batch, 'training.batch', 9)).toBe(
      '9 sequences per step exceed the 4 to train on.',
    );
    expect(problemOfField(batch, 'training.sequences', 4)).toBeNull();
  });

  it('is shown at every field of the part that it names', () => {
    const part = problem('spec: dictionary: give exactly one of ratio and latents.', {
      place: 'dictionary',
    });
    expect(problemOfField(part, 'dictionary.ratio', 4)).not.toBeNull();
    expect(problemOfField(part, 'dictionaryish', 4)).toBeNull();
  });

  it('is shown at the field that holds the file in question', () => {
    const file = problem('gpt/val.safetensors has 3 sequences.', {
      file: '/p/gpt/val.safetensors',
    });
    expect(problemOfField(file, 'features.tokens.file', 'gpt/val.safetensors')).not.toBeNull();
    expect(problemOfField(file, 'model', 'gpt')).not.toBeNull();
    expect(problemOfField(file, 'tokens.file', 'gpt/train.safetensors')).toBeNull();
    expect(problemOfField(file, 'features.labels', '')).toBeNull();
  });

  it('starts like a sentence', () => {
    expect(problemWords(problem("spec: the field 'colour' is not known."))).toBe(
      "The field 'colour' is not known.",
    );
  });
});
