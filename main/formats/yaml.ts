import { parseDocument } from 'yaml';
import { AppError } from '../../shared/errors.ts';

/**
 * Parses one YAML 1.2 document (of which JSON is a part): no duplicate keys, few aliases, no tags.
 * @param source names it in messages.
 * @throws AppError `bad-spec` naming the line.
 */
export function parseYaml(text: string, source: string): unknown {
  const document = parseDocument(text, {
    schema: 'core',
    version: '1.2',
    uniqueKeys: true,
    stringKeys: true,
  });
  const problem = document.errors[0];
  if (problem) {
    const line = problem.linePos?.[0].line;
    const place = line === undefined ? 'top level' : `line ${line}`;
    const sentence =
      problem.code === 'NON_STRING_KEY'
        ? 'A list or a map stands as a key, where a name belongs'
        : problem.message.split('\n', 1)[0]!.replace(/ at line .*$/, '');
    throw new AppError('bad-spec', `${source}: ${place}: ${sentence}.`, { file: source, place });
  }
  try {
    // A handful of aliases is ordinary; thousands are an attack on memory.
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('bad-spec', `${source}: ${reason}.`, { file: source }, error);
  }
}
