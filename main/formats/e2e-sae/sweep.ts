import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';

/** A grid sweep as Weights & Biases reads it, over a run config of e2e_sae that its command names. */
const sweepSchema = v.object({
  method: v.literal('grid'),
  parameters: v.record(v.string(), v.unknown()),
  command: v.array(v.string()),
});

const mostRuns = 256;

/** The values of one parameter, by its dotted path. */
interface Axis {
  readonly path: readonly string[];
  readonly values: readonly unknown[];
}

/** True for a document that looks like a sweep rather than a run config. */
export function isSweep(document: object): boolean {
  return 'method' in document && 'parameters' in document;
}

/**
 * Every run config of a sweep: the base config with each combination of values, those of the last
 * parameter changing fastest.
 * @param readBase reads the config that the sweep's command ends with
 * @throws AppError `bad-spec` for another kind of sweep.
 */
export function expandSweep(
  document: unknown,
  file: string,
  readBase: (path: string) => unknown,
): unknown[] {
  const parsed = v.safeParse(sweepSchema, document);
  const base = parsed.success ? parsed.output.command.at(-1) : undefined;
  if (!parsed.success || !base || !/\.ya?ml$/.test(base))
    throw new AppError(
      'bad-spec',
      `${file}: only sweeps with method: grid whose command ends with a config file can be read.`,
      { file, place: parsed.success ? 'command' : 'method' },
    );
  const axes = axesOf(parsed.output.parameters, [], file);
  const runs = axes.reduce((product, { values }) => product * values.length, 1);
  if (runs > mostRuns)
    throw new AppError(
      'too-large',
      `${file}: the grid has ${runs} runs; ${mostRuns} can be in one job. Split it.`,
      { file, place: 'parameters' },
    );
  const combine = (configs: unknown[], axis: Axis): unknown[] =>
    configs.flatMap((config) => axis.values.map((value) => withValue(config, axis.path, value)));
  return axes.reduce(combine, [readBase(base)]);
}

function axesOf(
  parameters: Readonly<Record<string, unknown>>,
  within: readonly string[],
  file: string,
): Axis[] {
  return Object.entries(parameters).flatMap(([name, entry]): Axis[] => {
    const path = [...within, name];
    const { values, value, parameters: inner } = (entry ?? {}) as Record<string, unknown>;
    if (Array.isArray(values) && values.length > 0) return [{ path, values }];
    if (value !== undefined) return [{ path, values: [value] }];
    if (typeof inner === 'object' && inner !== null)
      return axesOf(inner as Record<string, unknown>, path, file);
    throw new AppError(
      'bad-spec',
      `${file}: parameters.${path.join('.')}: has no list of values.`,
      { file, place: path.join('.') },
    );
  });
}

/** A copy of a document with another value at a path. */
function withValue(document: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const record = (typeof document === 'object' && document !== null ? document : {}) as Record<
    string,
    unknown
  >;
  return { ...record, [name]: withValue(record[name], rest, value) };
}
