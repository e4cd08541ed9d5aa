import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { joinModules, viewerScript } from '../../../../main/reports/viewer-script.ts';

test('the script of the page is plain JavaScript without imports and exports', () => {
  expect(() => new Script(viewerScript())).not.toThrow();
});

test('imports of several lines are left out', () => {
  const text = "import {\n  a,\n  b,\n} from './a.ts';\nexport const c = 1;\n";
  expect(joinModules([{ name: 'x', text }])).toBe("'use strict';\n{\nconst c = 1;\n}\n");
});

test('a name that two files declare is refused', () => {
  const modules = [
    { name: 'one', text: 'export function round() {}\n' },
    { name: 'two', text: 'const round = 1;\n' },
  ];
  expect(() => joinModules(modules)).toThrow('round is declared in both one and two');
});

test('text that would end the script element is refused', () => {
  expect(() => joinModules([{ name: 'x', text: "const a = '</script>';\n" }])).toThrow(
    'end its own element',
  );
});

test('an import that was not understood is refused', () => {
  expect(() => joinModules([{ name: 'x', text: "import './a.ts'\nconst a = 1\n" }])).toThrow(
    'left over',
  );
});
