import type {
  FitDiagnostics,
  RowDiagnostics,
} from '../../../../shared/contract/fit-diagnostics.ts';
import { invertUpper } from '../../linalg/triangular.ts';
import type { Steps } from '../../steps.ts';
import { finiteOrNull, type PreparedDesign, type WorkingFit } from '../fit-result.ts';
import { forOrthogonalRows, leveragesOf } from '../orthogonal-rows.ts';

type Influence = NonNullable<FitDiagnostics['influence']>;

/** Rows that are shown at most, and those of largest Cook's distance. */
const shownRows = 2000;
const shownInfluential = 20;
/** Rows this close to leverage 1 decide their own fit: nothing is left to judge them by. */
const decided = 1e-10;

/** What the rows of a fit sum to, beside the numbers of each. */
export interface RowNumbers {
  readonly leverages: Float64Array;
  /** Q'z for z the squared residuals, [k]: the auxiliary regression of Breusch and Pagan. */
  readonly squaredEffects: Float64Array;
}

/** One pass over the rows of Q. */
export function* rowNumbers(
  { design, whole, kept }: PreparedDesign,
  { r, roots, residuals }: WorkingFit,
): Steps<RowNumbers> {
  const leverages = new Float64Array(design.rows);
  const squaredEffects = new Float64Array(kept.length);
  yield* forOrthogonalRows(design, kept, whole.scales, roots, r, (block, start, count) => {
    leverages.set(leveragesOf(block.subarray(0, count * kept.length), count), start);
    for (let j = 0; j < kept.length; j++)
      for (let i = 0; i < count; i++)
        squaredEffects[j]! += block[j * count + i]! * residuals[start + i]! ** 2;
  });
  return { leverages, squaredEffects };
}

/**
 * Leverage, Cook's distance, residuals and DFBETAS, as R's influence.measures has them for lm and glm
 * (Belsley, Kuh & Welsch 1980; Williams 1987, Appl. Stat. 36 for glm).
 */
export function* influenceOf(
  prepared: PreparedDesign,
  working: WorkingFit,
  { leverages }: RowNumbers,
  isGaussian: boolean,
): Steps<Influence> {
  const { design, frame, kept } = prepared;
  const n = design.rows;
  const k = kept.length;
  const measure = rowMeasures(prepared, working, leverages, isGaussian);
  const cooks = Float64Array.from({ length: n }, (_, i) => measure(i).cook ?? NaN);
  const most = [...cooks.keys()]
    .filter((i) => !Number.isNaN(cooks[i]!))
    .sort((a, b) => cooks[b]! - cooks[a]! || a - b)
    .slice(0, shownInfluential);
  const dfbetas = yield* changesOf(prepared, working, leverages, most, isGaussian);
  const shown = Math.min(n, shownRows);
  let highest = 0;
  for (let i = 1; i < n; i++) if (leverages[i]! > leverages[highest]!) highest = i;
  const first = most[0];
  return {
    maxLeverage: { row: frame.rowNumber(highest), value: leverages[highest]! },
    maxCook: first === undefined ? null : { row: frame.rowNumber(first), value: cooks[first]! },
    leverageSum: leverages.reduce((sum, value) => sum + value, 0),
    highLeverage: leverages.filter((value) => value > (2 * k) / n).length,
    highCook: cooks.filter((value) => value > 4 / n).length,
    rows: Array.from({ length: shown }, (_, s) => measure(Math.floor((s * n) / shown))),
    sampled: shown < n,
    most: most.map((i, position) => ({ ...measure(i), dfbetas: dfbetas[position]! })),
    columns: kept.map((column) => design.columns[column]!.name),
  };
}

function rowMeasures(
  { frame, kept }: PreparedDesign,
  working: WorkingFit,
  leverages: Float64Array,
  isGaussian: boolean,
): (i: number) => RowDiagnostics {
  const { residuals, devianceResiduals, fitted, dispersion } = working;
  const n = residuals.length;
  const k = kept.length;
  const { values: y } = frame.response;
  const squares = residuals.reduce((sum, value) => sum + value ** 2, 0);
  return (i) => {
    const h = leverages[i]!;
    const room = 1 - h;
    const isDecided = room < decided;
    const pearson = residuals[i]!;
    const deviance = devianceResiduals[i]!;
    const without = isGaussian
      ? Math.sqrt((squares - pearson ** 2 / room) / (n - k - 1))
      : Math.sqrt(dispersion);
    // Williams' likelihood residual joins both kinds.
    const likelihood = Math.sign(deviance) * Math.sqrt(deviance ** 2 + (h * pearson ** 2) / room);
    const standardised = (isGaussian ? pearson : deviance) / Math.sqrt(dispersion * room);
    const studentised = isGaussian ? pearson / (without * Math.sqrt(room)) : likelihood;
    const cook = ((pearson / room) ** 2 * h) / (dispersion * k);
    return {
      row: frame.rowNumber(i),
      fitted: fitted[i]!,
      residual: y[i]! - fitted[i]!,
      standardised: isDecided ? null : finiteOrNull(standardised),
      studentised: isDecided ? null : finiteOrNull(studentised),
      devianceResidual: finiteOrNull(deviance),
      leverage: h,
      cook: isDecided ? null : finiteOrNull(cook),
    };
  };
}

/** DFBETAS of some rows: the change of each coefficient without the row, in its errors without it. */
function* changesOf(
  { design, whole, kept }: PreparedDesign,
  working: WorkingFit,
  leverages: Float64Array,
  rows: readonly number[],
  isGaussian: boolean,
): Steps<(number | null)[][]> {
  const { r, roots, residuals, dispersion } = working;
  const n = residuals.length;
  const k = kept.length;
  const inverse = invertUpper(r, k);
  const lengths = new Float64Array(k);
  for (let j = 0; j < k; j++) for (let i = 0; i <= j; i++) lengths[i]! += inverse[j * k + i]! ** 2;
  const squares = residuals.reduce((sum, value) => sum + value ** 2, 0);
  const position = new Map(rows.map((row, index) => [row, index]));
  const changes: (number | null)[][] = rows.map(() => []);
  yield* forOrthogonalRows(design, kept, whole.scales, roots, r, (block, start, count) => {
    for (let i = 0; i < count; i++) {
      const found = position.get(start + i);
      if (found === undefined) continue;
      const room = 1 - leverages[start + i]!;
      const residual = residuals[start + i]!;
      const variance = isGaussian ? (squares - residual ** 2 / room) / (n - k - 1) : dispersion;
      changes[found] = Array.from({ length: k }, (_, row) => {
        let change = 0;
        for (let j = row; j < k; j++) change += inverse[j * k + row]! * block[j * count + i]!;
        const scaled = (change * residual) / room / Math.sqrt(variance * lengths[row]!);
        return finiteOrNull(scaled);
      });
    }
  });
  return changes;
}

/** Sum of squares of the residuals that each row has when it is left out (gaussian). */
export function pressOf({ residuals }: WorkingFit, { leverages }: RowNumbers): number | null {
  let total = 0;
  for (let i = 0; i < residuals.length; i++) {
    const room = 1 - leverages[i]!;
    if (room < decided) return null;
    total += (residuals[i]! / room) ** 2;
  }
  return finiteOrNull(total);
}
