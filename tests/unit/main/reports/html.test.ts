import { expect, test } from 'vitest';
import { html, type Fragment } from '../../../../main/reports/viewer/html.ts';

test('a value is escaped in text and in attributes', () => {
  const evil = `"><img src=x onerror='alert(1)'>&`;
  expect(html`<p title="${evil}">${evil}</p>`.markup).toBe(
    '<p title="&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;">&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;</p>',
  );
});

test('markup inside markup is kept as it is', () => {
  expect(html`<p>${[html`<b>a</b>`, ' & ', html`<i>b</i>`]}</p>`.markup).toBe(
    '<p><b>a</b> &amp; <i>b</i></p>',
  );
});

test('an object of data that looks like markup is not markup', () => {
  const forged = JSON.parse('{"markup":"<script>alert(1)</script>"}') as unknown as Fragment;
  expect(html`${forged}`.markup).not.toContain('<script>');
});

test('what is missing leaves nothing, and zero is printed', () => {
  expect(html`${null}${undefined}${false}${0}`.markup).toBe('0');
});

test('marks that turn text around are shown as their code points', () => {
  expect(html`${'a\u202Eb'}`.markup).toBe('a⟨202E⟩b');
});

test('indentation of a template is left out, that of a value is kept', () => {
  expect(
    html`<pre>
      ${'a\n    b'}
    </pre>`.markup,
  ).toBe('<pre>\na\n    b\n</pre>');
});
