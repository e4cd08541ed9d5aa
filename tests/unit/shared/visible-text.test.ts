import { expect, test } from 'vitest';
import { visibleText, visibleToken } from '../../../shared/text.ts';

test('ordinary text stays as it is', () => {
  const text = 'Grüße, 你好 🙂 — a < b & "c"\n\tindented';
  expect(visibleText(text)).toBe(text);
});

test('every line end becomes a line feed', () => {
  expect(visibleText('a\r\nb\rc\nd')).toBe('a\nb\nc\nd');
});

test('control characters become signs', () => {
  expect(visibleText('\u0000\u0007\u001b[31m\u007f')).toBe('␀␇␛[31m␡');
});

test('marks that hide or turn text around become their code points', () => {
  expect(visibleText('a\u202e\u200b\u2066\ufeff\u2028\u00ad\u0085')).toBe(
    'a⟨202E⟩⟨200B⟩⟨2066⟩⟨FEFF⟩⟨2028⟩⟨00AD⟩⟨0085⟩',
  );
});

test('halves of characters become their code points, whole ones stay', () => {
  expect(visibleText('\ud83d \ud83d\ude42 \ude42')).toBe('⟨D83D⟩ 🙂 ⟨DE42⟩');
});

test('a megabyte of odd characters is made visible', () => {
  expect(visibleText('\u202e'.repeat(1 << 18))).toHaveLength(6 * (1 << 18));
});

test('a token that is white space alone shows all of it', () => {
  expect([' ', '\n\n', ' \t', ' a', 'a b'].map((token) => visibleToken(token))).toEqual([
    '␣',
    '↵↵',
    '␣⇥',
    ' a',
    'a b',
  ]);
});
