import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { basename, join } from 'node:path';

/**
 * The files of the page's script, each after those it imports. They are ordinary modules that the
 * program imports too; the page gets their text joined, so that there is nothing to build and no
 * second copy of a function.
 */
const sources = [
  '../../shared/text',
  'viewer/html',
  'viewer/format',
  'viewer/tokens',
  'viewer/bars',
  'viewer/feature-card',
  'viewer/packing',
  'viewer/browser',
];

let script: string | undefined;

/** Text of the one script of a report, the same for every report of this version. */
export function viewerScript(): string {
  script ??= joinModules(sources.map(readModule));
  return script;
}

/** Text of the style sheet of a report. */
export function viewerStyle(): string {
  return readFileSync(join(import.meta.dirname, 'viewer/report.css'), 'utf8');
}

interface ModuleText {
  readonly name: string;
  readonly text: string;
}

/** A module as JavaScript: built next to this file, or the source itself without its types. */
function readModule(name: string): ModuleText {
  const isSource = import.meta.filename.endsWith('.ts');
  const text = readFileSync(
    join(import.meta.dirname, `${name}${isSource ? '.ts' : '.js'}`),
    'utf8',
  );
  return { name: basename(name), text: isSource ? stripTypes(text) : text };
}

function stripTypes(text: string): string {
  // Node calls this function experimental on standard error, where a command writes its progress.
  const warn = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return nodeModule.stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = warn;
  }
}

/**
 * Joins modules into one script: imports go, because everything they name is above, and top-level
 * names must differ between files.
 * @throws Error for a name that two files declare, and for text that would end the script element
 */
export function joinModules(modules: readonly ModuleText[]): string {
  const owners = new Map<string, string>();
  const parts = modules.map(({ name, text }) => {
    const plain = text
      .replace(/^import\s[^;]*;$/gm, '')
      .replace(/^export (?=(?:async )?(?:function|class|const|let)\b)/gm, '')
      .replace(/^\/\/# sourceMappingURL=.*$/gm, '')
      .replace(/^export \{\};$/gm, '')
      .replace(/[ \t]+$/gm, '')
      .replace(/\n{2,}/g, '\n');
    for (const [, declared = ''] of plain.matchAll(
      /^(?:async )?(?:function|class|const|let)\s+(\w+)/gm,
    )) {
      const owner = owners.get(declared);
      if (owner !== undefined)
        throw new Error(`${declared} is declared in both ${owner} and ${name}: rename one.`);
      owners.set(declared, name);
    }
    return plain.trim();
  });
  const joined = `'use strict';\n{\n${parts.join('\n')}\n}\n`;
  if (/^(import|export)\b/m.test(joined)) throw new Error('An import or export was left over.');
  if (/<\/script|<!--/i.test(joined)) throw new Error('The script would end its own element.');
  return joined;
}
