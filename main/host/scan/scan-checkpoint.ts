import { basename } from 'node:path';
import { openModelFolder, readLensConfig } from '../../formats/model-folder.ts';
import { grouped, problemOf, type Finding } from './finding.ts';

/**
 * A checkpoint of TransformerLens, by the configuration beside it and the names in its file; undefined
 * for other files of torch.save.
 */
export function scanCheckpoint(path: string): Finding | undefined {
  let config: Readonly<Record<string, unknown>> | undefined;
  try {
    config = readLensConfig(path);
  } catch {
    // A configuration of some other program, perhaps in a dialect that we do not read.
    return undefined;
  }
  if (!config) return undefined;
  const shape = { layers: 'n_layers', width: 'd_model', vocabulary: 'd_vocab', context: 'n_ctx' };
  const numbers = Object.fromEntries(
    Object.entries(shape)
      .map(([name, field]) => [name, config[field]] as const)
      .filter((entry): entry is [keyof typeof shape, number] => typeof entry[1] === 'number'),
  );
  const found: Finding = {
    kind: 'model',
    format: 'TransformerLens',
    name: basename(path),
    facts: describe(numbers),
    numbers,
    problem: null,
  };
  try {
    openModelFolder(path).weights.close();
    return found;
  } catch (error) {
    return { ...found, problem: problemOf(error, path) };
  }
}

function describe({ layers, width, vocabulary, context }: Record<string, number>): string[] {
  return [
    layers === undefined ? '' : `${grouped(layers)} layers`,
    width === undefined ? '' : `d ${grouped(width)}`,
    vocabulary === undefined ? '' : `vocabulary ${grouped(vocabulary)}`,
    context === undefined ? '' : `context ${grouped(context)}`,
  ].filter((fact) => fact !== '');
}
