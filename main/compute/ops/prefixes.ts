import type { Sparse } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';
import { decode } from './codes.ts';
import { add } from './dense.ts';
import { entriesOfColumns } from './selection.ts';

/**
 * c[:m] D[:m] + b [r, d] for each m of `ends`, which rise: each adds its own latents to the one before,
 * so that all of them cost as much as the last.
 */
export function decodePrefixes(
  tape: Tape,
  codes: Variable<Sparse>,
  decoder: Variable,
  bias: Variable,
  ends: readonly number[],
): Variable[] {
  if (ends.length === 1) return [decode(tape, codes, decoder, bias)];
  const zero = tape.own(tape.engine.zeros(bias.value.shape));
  const outputs: Variable[] = [];
  ends.forEach((end, index) => {
    const part = columnsOf(tape, codes, ends[index - 1] ?? 0, end);
    const before = outputs.at(-1);
    const added = decode(tape, part, decoder, before ? zero : bias);
    outputs.push(before ? add(tape, before, added) : added);
  });
  return outputs;
}

/** The codes of columns `from` up to `to`. */
function columnsOf(
  tape: Tape,
  codes: Variable<Sparse>,
  from: number,
  to: number,
): Variable<Sparse> {
  const { engine } = tape;
  const { part, positions } = entriesOfColumns(engine, codes.value, from, to);
  return tape.record(part, [codes], (dvalues, give) => {
    const gradient = new Float64Array(codes.value.count);
    engine.read(dvalues).forEach((value, at) => {
      gradient[positions[at]!] = value;
    });
    give(codes, engine.floats(gradient, [codes.value.count]));
  });
}
