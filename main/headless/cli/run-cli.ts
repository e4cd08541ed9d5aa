import { parseArgs } from 'node:util';
import { AppError, type ErrorJson } from '../../../shared/errors.ts';
import type { Command, CommandContext, Values } from './command.ts';
import { commandHelp, generalHelp } from './help.ts';
import { Output, type Streams } from './output.ts';

/** What a process answers with: documented, and stable. */
export const exitCodes = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;

export interface CliParts {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

/** Runs one command line and answers the exit code. Never throws. */
export async function runCli(words: readonly string[], parts: CliParts): Promise<number> {
  const [name, ...rest] = words;
  const { commands, streams, version } = parts;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    streams.out(generalHelp(commands));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  if (name === '--version') {
    streams.out(`${version}\n`);
    return exitCodes.done;
  }
  const output = new Output(rest.includes('--json'), streams);
  try {
    const command = commands.find((other) => other.name === name);
    if (!command)
      throw usage(`There is no command '${name}'. Try: ${commands.map((c) => c.name).join(', ')}.`);
    const { values, positionals } = parseOptions(command, rest);
    if (values['help'] === true) {
      streams.out(commandHelp(command));
      return exitCodes.done;
    }
    checkParameters(command, positionals);
    const context: CommandContext = {
      parameters: positionals,
      values,
      output,
      signal: parts.signal,
    };
    await command.run(context);
    return exitCodes.done;
  } catch (error) {
    const json = toErrorJson(error, streams);
    output.fail(json);
    return exitCodeOf(json);
  }
}

export function parseOptions(
  command: Command,
  rest: string[],
): { values: Values; positionals: string[] } {
  try {
    const options = Object.fromEntries(
      Object.entries(command.options).map(([name, { help: _help, value: _value, ...config }]) => [
        name,
        config,
      ]),
    );
    const { values, positionals } = parseArgs({
      args: rest,
      options: { ...options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { values: values, positionals };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usage(`${message} See assay ${command.name} --help.`);
  }
}

function checkParameters(command: Command, given: readonly string[]): void {
  const needed = command.parameters.filter((name) => !name.startsWith('[')).length;
  if (given.length < needed)
    throw usage(
      `${command.parameters[given.length]} is missing. See assay ${command.name} --help.`,
    );
  const isOpen = command.parameters.at(-1)?.endsWith('...]') ?? false;
  if (given.length > command.parameters.length && !isOpen)
    throw usage(
      `'${given[command.parameters.length]}' is one word too many. See assay ${command.name} --help.`,
    );
}

export function usage(message: string): AppError {
  return new AppError('usage', message);
}

function exitCodeOf({ code }: ErrorJson): number {
  if (code === 'usage') return exitCodes.usage;
  return code === 'cancelled' ? exitCodes.cancelled : exitCodes.failed;
}

/** A bug shows its stack: whoever runs a command is the one who can report it. */
function toErrorJson(error: unknown, streams: Streams): ErrorJson {
  if (error instanceof AppError) return error.toJSON();
  streams.error(`${error instanceof Error ? error.stack : String(error)}\n`);
  return new AppError('internal', 'Something went wrong inside Assay; see above.').toJSON();
}
