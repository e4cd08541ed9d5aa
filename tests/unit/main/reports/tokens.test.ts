import { expect, test } from 'vitest';
import { shade, tokenText } from '../../../../main/reports/viewer/tokens.ts';

const row = {
  position: 12,
  start: 10,
  value: 2,
  tokens: ['he', ' said', '\n', ' "'],
  ids: [1, 2, 3, 4],
  activations: [0, 0.1, 2, 0],
};

test('an activation is shaded in one of eight steps of the largest', () => {
  expect([0, -1, 0.01, 0.5, 1, 2].map((value) => shade(value, 2))).toEqual([0, 0, 1, 2, 4, 8]);
});

test('nothing is shaded where the largest activation is 0', () => {
  expect(shade(1, 0)).toBe(0);
});

test('active tokens are marked, the others are plain text', () => {
  expect(tokenText(row, 2).markup).toBe(
    '<span class="tokens">he<mark class="a1" title="id 2 · 0.1000 · position 11"> said</mark>' +
      '<mark class="a8 peak" title="id 3 · 2 · position 12">↵</mark> &quot;</span>',
  );
});

test('the token that an example was chosen for is marked even when it is not active', () => {
  const quiet = { ...row, activations: [0, 0, 0, 0] };
  expect(tokenText(quiet, 2).markup).toContain('<mark class="a0 peak"');
});
