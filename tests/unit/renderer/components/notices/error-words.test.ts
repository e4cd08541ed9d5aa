import { expect, test } from 'vitest';
import { errorWords } from '../../../../../renderer/components/notices/error-words.ts';
import { AppError } from '../../../../../shared/errors.ts';

test('an expected failure says what happened, where and what to do next', () => {
  const error = new AppError('truncated', 'a.safetensors ends early. Copy it again.', {
    file: 'models/a.safetensors',
    place: 'byte 12',
  });
  expect(errorWords(error)).toMatchObject({
    title: 'a.safetensors ends early.',
    where: 'models/a.safetensors, byte 12',
    next: 'Copy it again.',
  });
});

test('a dot inside a name or a number does not end the sentence', () => {
  const error = new AppError('corrupt', 'File x.B has 1.5 rows, not 2');
  expect(errorWords(error)).toMatchObject({
    title: 'File x.B has 1.5 rows, not 2',
    next: null,
    where: null,
  });
});

test('anything else is called a fault of the program and can be copied with its stack', () => {
  const words = errorWords(new TypeError('x is not a function'));
  expect(words.title).toBe('Something went wrong inside Assay');
  expect(words.next).toContain('x is not a function');
  expect(words.copy).toContain('error-words.test');
  expect(errorWords('odd').next).toContain('odd');
});
