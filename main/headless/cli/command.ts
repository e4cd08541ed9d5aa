import type { ParseArgsConfig } from 'node:util';
import type { Output } from './output.ts';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandContext {
  /** What stands on the command line besides options, as many as `parameters` ask for. */
  readonly parameters: readonly string[];
  readonly values: Values;
  readonly output: Output;
  /** Aborted by Ctrl-C. A second Ctrl-C ends the process at once. */
  readonly signal: AbortSignal;
}

/** One verb of `assay`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /**
   * Names of the parameters, in order; one in brackets may be left out, and a last one that ends in
   * `...]` stands for any number.
   */
  readonly parameters: readonly string[];
  /** Options besides --json and --help, each with a line of help. */
  readonly options: Readonly<
    Record<string, OptionsConfig[string] & { readonly help: string; readonly value?: string }>
  >;
  readonly example: string;
  /** Does the work and prints its answer once. @throws AppError */
  run(context: CommandContext): Promise<void>;
}

/** The value of an option that takes text. */
export function textValue(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}
