import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../../shared/errors.ts';
import { placeOfError } from '../../../../renderer/views/statistics/error-place.ts';

const place = (code: ErrorCode, details = {}, filter = 'age > 3') =>
  placeOfError(new AppError(code, 'x', details), 'y ~ a + scale(b)', filter);

describe('the place of an error on the form', () => {
  it('is where the user can mend it', () => {
    expect(place('ragged-table')).toBe('table');
    expect(place('bad-filter', { position: 2 })).toBe('filter');
    expect(place('bad-formula', { position: 2 })).toBe('formula');
    expect(place('unknown-column', { column: 'age' })).toBe('filter');
    expect(place('unknown-column', { column: 'a' })).toBe('formula');
    expect(place('not-numeric', { column: 'y' })).toBe('outcome');
    expect(place('one-class', { term: 'y' })).toBe('outcome');
    expect(place('constant-column', { term: 'scale(b)' })).toBe('formula');
    expect(place('separation', { terms: ['a'] })).toBe('fit');
    expect(place('too-few-rows')).toBe('filter');
    expect(place('too-few-rows', {}, '')).toBe('formula');
  });
});
