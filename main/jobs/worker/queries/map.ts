import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../../../shared/errors.ts';
import type { Engine, Tensor } from '../../../compute/engine.ts';
import { openEngine } from '../../../compute/engines/open-engine.ts';
import { directionMap } from '../../../compute/maps/direction-map.ts';
import { drive } from '../../../compute/steps.ts';
import type { TensorPlan } from '../../../formats/safetensors-writer.ts';
import { queries, type QueryOutput } from '../../queries.ts';
import { readDictionary } from '../dictionary-file.ts';
import { parseInput } from '../parse-input.ts';
import type { QueryContext, QueryHandler } from './handler.ts';
import { writeWhole, writtenFile } from './write-whole.ts';

const fewestPoints = 4;
const parts = 1000;

/** `map`: half of the progress is the search for neighbours, half the layout. */
const runMap = async (
  input: unknown,
  { signal, report }: QueryContext,
): Promise<QueryOutput<'map'>> => {
  const ask = parseInput(queries.map.input, input);
  const engine = await openEngine('auto');
  try {
    const unit = unitDirections(engine, ask.dictionaries);
    const points = unit.shape[0]!;
    if (points < fewestPoints)
      throw new AppError(
        'bad-input',
        `A map needs at least ${fewestPoints} features, and there are ${points}.`,
        { place: 'dictionaries' },
      );
    const position = await drive(directionMap(engine, unit, ask), signal, (progress) => {
      const isLayout = progress.phase === 'laying out';
      const share = progress.done / progress.total / 2 + (isLayout ? 0.5 : 0);
      report?.(Math.floor(share * parts), parts);
    });
    const plans: TensorPlan[] = [{ name: 'position', dtype: 'F32', shape: [points, 2] }];
    mkdirSync(dirname(ask.out), { recursive: true });
    await writeWhole(ask.out, plans, (writer) => {
      writer.write('position', position);
      return Promise.resolve();
    });
    return writtenFile(ask.out, plans);
  } finally {
    await engine.close();
  }
};

/** Decoder directions of all dictionaries, one below the other, with rows of unit length. */
function unitDirections(engine: Engine, files: readonly string[]): Tensor {
  const directions = files.map((file) => {
    const { dictionary } = readDictionary(file, engine);
    const { decoder } = dictionary.parameters;
    const values = Float32Array.from(engine.read(decoder));
    const [latents, width] = decoder.shape as [number, number];
    dictionary.dispose();
    return { file, values, latents, width };
  });
  const [first] = directions;
  const other = directions.find(({ width }) => width !== first!.width);
  if (other)
    throw new AppError(
      'shape-mismatch',
      `${other.file} has directions of ${other.width} dimensions, and ${first!.file} of ${first!.width}: they cannot share a map.`,
      { file: other.file, place: 'W_dec' },
    );
  const joined = new Float32Array(directions.reduce((sum, { values }) => sum + values.length, 0));
  directions.reduce((at, { values }) => {
    joined.set(values, at);
    return at + values.length;
  }, 0);
  const raw = engine.floats(joined, [joined.length / first!.width, first!.width]);
  const { y, norms } = engine.normaliseRows(raw);
  engine.dispose(raw, norms);
  return y;
}

export const mapQueries: Readonly<Record<string, QueryHandler>> = { map: runMap };
