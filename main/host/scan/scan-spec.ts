import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { parseJobSpec } from '../../../shared/domain/job-spec.ts';
import { isE2eSae } from '../../formats/e2e-sae/spec.ts';
import { parseYaml } from '../../formats/yaml.ts';
import { readSpec } from '../specs.ts';
import { problemOf, type Finding } from './finding.ts';

const specBytes = 1 << 20;
const kinds = ['train', 'regress', 'stability', 'compare', 'predict'];

/** A YAML or JSON file that says one of these kinds; other documents are not ours. */
export function scanSpec(path: string): Finding | undefined {
  if (statSync(path).size > specBytes) return undefined;
  const format = extname(path).toLowerCase() === '.json' ? 'JSON' : 'YAML';
  let document: unknown;
  try {
    document = parseYaml(readFileSync(path, 'utf8'), basename(path));
  } catch {
    // A document of some other program, perhaps in a dialect that we do not read.
    return undefined;
  }
  if (isE2eSae(document)) return scanE2eSae(document, path);
  const kind = (document as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !kinds.includes(kind)) return undefined;
  const found = { kind: 'spec', format, facts: [kind], numbers: {} } as const;
  try {
    const spec = parseJobSpec(document, basename(path));
    return { ...found, name: spec.name, facts: [kind], numbers: {}, problem: null };
  } catch (error) {
    return { ...found, facts: [kind], numbers: {}, problem: problemOf(error, path) };
  }
}

function scanE2eSae(document: object, path: string): Finding {
  const found = { kind: 'spec', format: 'YAML', facts: ['train', 'e2e_sae'], numbers: {} } as const;
  try {
    const { name } = readSpec(document, basename(path), dirname(path));
    return { ...found, name, facts: [...found.facts], problem: null };
  } catch (error) {
    return { ...found, facts: [...found.facts], problem: problemOf(error, path) };
  }
}
