import { AppError } from '../../../shared/errors.ts';
import type { Design } from './design.ts';
import type { MarginMove } from './irls.ts';

/**
 * Separation: a combination of the columns that never points the wrong way, so that the likelihood
 * grows along it without end and no finite estimate exists (Albert & Anderson 1984, Biometrika 71).
 *
 * It is proved, not guessed from large numbers. Newton's method walks along such a direction: each
 * step moves the margins (2y - 1) eta of the separated rows by about 1 and those of the others by an
 * amount that dies out. A step that moves no margin back (beyond `slack`) while it moves some by a good
 * part of 1 is therefore a separating direction; so is any estimate that puts every row on its right
 * side. Where a finite optimum exists, the steps die out in all rows instead.
 */
const slack = 1e-7;
const stride = 0.3;

/** @returns the direction and its kind where a step proves separation */
export function provesSeparation(
  step: Float64Array,
  beta: Float64Array,
  move: MarginMove,
): { kind: 'complete' | 'quasi-complete'; direction: Float64Array } | undefined {
  if (move.leastMargin > 0) return { kind: 'complete', direction: beta };
  if (move.most < stride || move.least < -slack) return undefined;
  return { kind: move.least > slack ? 'complete' : 'quasi-complete', direction: step };
}

/**
 * The error for a separated outcome. Names the columns that separate by themselves, where some do,
 * else those of the direction found.
 */
export function separationError(
  design: Design,
  y: Float64Array,
  response: string,
  kept: readonly number[],
  scales: Float64Array,
  found: { kind: 'complete' | 'quasi-complete'; direction: Float64Array },
): AppError {
  const scaled = kept.map((column, k) => {
    const coefficient = found.direction[k]!;
    return { column, coefficient: coefficient * scales[column]!, size: Math.abs(coefficient) };
  });
  const largest = Math.max(...scaled.map(({ size }) => size));
  const involved = scaled.filter(
    ({ column, size }) => size > 1e-4 * largest && design.columns[column]!.parts.length > 0,
  );
  const name = (column: number): string => design.columns[column]!.name;
  const alone = involved.filter(({ column }) => separatesAlone(design, y, column));
  const culprits = alone.length > 0 ? alone : involved;
  const names = culprits.map(({ column }) => name(column));
  const shown = names.slice(0, 6).join(', ') + (names.length > 6 ? ', …' : '');
  const subject = alone.length > 0 || names.length === 1 ? shown : `a combination of ${shown}`;
  const manner =
    found.kind === 'complete'
      ? 'tells every outcome without error'
      : 'tells some outcomes without error';
  const plural = alone.length > 1 ? manner.replace('tells', 'tell') : manner;
  return new AppError(
    'separation',
    `The coefficients do not exist: ${subject} ${plural} (${found.kind} separation of ${response}), so the best estimate is infinite. Leave out ${names.length === 1 ? shown : 'one of these'}, merge rare groups, or add rows.`,
    {
      kind: found.kind,
      terms: names,
      direction: involved.map(({ column, coefficient }) => ({ term: name(column), coefficient })),
    },
  );
}

/** Whether the values of one column for one outcome all lie at or above those for the other. */
function separatesAlone(design: Design, y: Float64Array, column: number): boolean {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  const chunk = new Float64Array(4096);
  for (let start = 0; start < design.rows; start += chunk.length) {
    const count = Math.min(chunk.length, design.rows - start);
    design.fill(column, start, count, chunk, 0);
    for (let i = 0; i < count; i++) {
      const outcome = y[start + i] === 1 ? 1 : 0;
      low[outcome] = Math.min(low[outcome]!, chunk[i]!);
      high[outcome] = Math.max(high[outcome]!, chunk[i]!);
    }
  }
  return low[1]! >= high[0]! || low[0]! >= high[1]!;
}
