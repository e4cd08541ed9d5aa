import type { Command } from './command.ts';

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'assay COMMAND …',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'assay COMMAND --help tells more. With --json a command prints exactly one JSON document.',
    'Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 cancelled.',
    '',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const options = [
    ...Object.entries(command.options).map(([name, { value, help }]) => [
      `--${name}${value === undefined ? '' : ` ${value}`}`,
      help,
    ]),
    ['--json', 'print one JSON document'],
  ] as [string, string][];
  const width = Math.max(...options.map(([name]) => name.length));
  return [
    ['assay', command.name, ...command.parameters, '[options]'].join(' '),
    '',
    command.summary,
    '',
    ...options.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`),
    '',
    `Example: ${command.example}`,
    '',
  ].join('\n');
}
