import { AppError } from '../../../../shared/errors.ts';
import { RandomStream, streams } from '../../random.ts';

/** Which part a row is in: 0 is held out for the end, 1 onwards are the folds of the others. */
export interface Split {
  /** [rows] */
  readonly part: Uint8Array;
  readonly folds: number;
}

/**
 * Deals whole sequences, never single tokens, to a held-out part and folds: neighbouring tokens are alike,
 * and a model that saw one would be tested on the other. Drawn from the seed alone.
 * @param group sequence of each row, rising
 * @throws AppError `too-few-rows` where a part would have no sequence
 */
export function splitBySequence(
  group: Int32Array,
  { share, folds, seed }: { share: number; folds: number; seed: number },
): Split {
  const sequences: number[] = [];
  for (const number of group) if (number !== sequences.at(-1)) sequences.push(number);
  const held = Math.round(share * sequences.length);
  if (held < 1 || sequences.length - held < 2 * folds)
    throw new AppError(
      'too-few-rows',
      `${sequences.length} labelled sequences are too few to hold ${held} out and deal the others to ${folds} folds. Use fewer folds or more sequences.`,
      { sequences: sequences.length, folds },
    );
  const order = new RandomStream(seed, streams.foldAssignment).permutation(sequences.length);
  const partOf = new Map<number, number>();
  order.forEach((at, rank) =>
    partOf.set(sequences[at]!, rank < held ? 0 : 1 + ((rank - held) % folds)),
  );
  return { part: Uint8Array.from(group, (number) => partOf.get(number)!), folds };
}

/** Weights of the rows that `counts` holds for, which sum to 1. */
export function weightsOf(part: Uint8Array, counts: (part: number) => boolean): Float64Array {
  let n = 0;
  for (const number of part) if (counts(number)) n++;
  return Float64Array.from(part, (number) => (counts(number) ? 1 / n : 0));
}

/**
 * Refuses an outcome that cannot be fitted.
 * @throws AppError `too-few-rows` where it is missing everywhere, `one-class`, `constant-column`,
 *   `bad-input` for a yes/no outcome that is neither, `non-finite`
 */
export function checkOutcome(
  y: Float64Array,
  label: string,
  family: 'gaussian' | 'binomial',
): void {
  if (y.length === 0)
    throw new AppError('too-few-rows', `${label} is missing everywhere. Choose another label.`, {
      place: label,
    });
  const first = y[0]!;
  if (family === 'binomial') {
    const odd = y.find((value) => value !== 0 && value !== 1);
    if (odd !== undefined)
      throw new AppError(
        'bad-input',
        `${label} holds ${odd}, and a yes/no outcome is 0 or 1. Use the family gaussian, or another label.`,
        { place: label, value: odd },
      );
  }
  const infinite = y.find((value) => !Number.isFinite(value));
  if (infinite !== undefined)
    throw new AppError('non-finite', `${label} holds ${infinite}. Choose another label.`, {
      place: label,
    });
  if (y.some((value) => value !== first)) return;
  throw family === 'binomial'
    ? oneClass(label, first, 'all rows')
    : new AppError('constant-column', `${label} is ${first} in every row. Choose another label.`, {
        place: label,
      });
}

/** @throws AppError `one-class` where the rows with a weight all have the same outcome */
export function checkClasses(
  y: Float64Array,
  weights: Float64Array,
  label: string,
  rows: string,
): void {
  let [zeros, ones] = [0, 0];
  for (let i = 0; i < y.length; i++)
    if (weights[i]! > 0) {
      if (y[i] === 1) ones++;
      else zeros++;
    }
  if (zeros === 0 || ones === 0) throw oneClass(label, zeros === 0 ? 1 : 0, rows);
}

function oneClass(label: string, value: number, rows: string): AppError {
  return new AppError(
    'one-class',
    `${label} is ${value} in ${rows}, so there is nothing to tell apart. Choose another label, another seed, or fewer folds.`,
    { place: label, value },
  );
}
