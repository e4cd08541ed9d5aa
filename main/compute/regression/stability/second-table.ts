import type { SecondTable } from '../../../../shared/contract/stability.ts';
import { normalTwoSided } from '../../../../shared/stats/normal.ts';
import { finiteOrNull } from '../fit-result.ts';
import type { PreparedStudy } from './prepare-study.ts';
import { plainFit, type ReferenceFits } from './reference-fits.ts';
import { predict, Refitter, type StudyFamily, type StudyPenalty } from './refitter.ts';
import { wholeRowSet } from './row-set.ts';
import { scoreNames, writeScores } from './scores.ts';

/**
 * The same fit on another table: signs under the study's penalty, differences of the unpenalised
 * coefficients in their standard errors, and how well the first fit predicts the second table.
 * @param other in the units of the first table (see alignTo)
 */
export function compareTables(
  first: PreparedStudy,
  reference: ReferenceFits,
  other: PreparedStudy,
  about: {
    readonly table: string;
    readonly sha256: string;
    readonly family: StudyFamily;
    readonly penalty: StudyPenalty;
    readonly signs: readonly number[];
  },
): SecondTable {
  const { family, penalty, signs } = about;
  const { data } = other;
  const all = Array.from({ length: data.columns }, (_, j) => j);
  const refitter = new Refitter(family, data.columns);
  const set = wholeRowSet(data);
  const refit = refitter.fit(set, all, penalty);
  const plain = plainFit(refitter, set, data, family, all);
  const scores = new Float64Array(scoreNames.length);
  const order = Uint32Array.from({ length: data.rows }, (_, i) => i);
  const mean = first.data.y.reduce((sum, value) => sum + value, 0) / first.data.rows;
  writeScores(family, predict(data, order, reference.full.beta), data.y, mean, scores, 0);
  const isFitted = reference.full.status === 'fitted';
  return {
    table: about.table,
    sha256: about.sha256,
    n: data.rows,
    terms: first.terms.map((term, j) => {
      const [a, b] = [reference.plain.estimates[j]!, plain.estimates[j]!];
      const [seA, seB] = [reference.plain.se[j]!, plain.se[j]!];
      const z = (b - a) / Math.sqrt(seA ** 2 + seB ** 2);
      return {
        term,
        first: finiteOrNull(a),
        firstSe: finiteOrNull(seA),
        second: finiteOrNull(b),
        secondSe: finiteOrNull(seB),
        z: finiteOrNull(z),
        p: Number.isFinite(z) ? normalTwoSided(z) : null,
        outcome:
          refit.status !== 'fitted' || refit.undetermined[j] === 1
            ? ('undetermined' as const)
            : outcomeOf(refit.beta[j + 1]!, signs[j]!),
      };
    }),
    score: isFitted ? finiteOrNull(scores[family === 'gaussian' ? 4 : 0]!) : null,
    auc: isFitted ? finiteOrNull(scores[3]!) : null,
    baseRate: family === 'gaussian' ? null : finiteOrNull(scores[1]!),
  };
}

function outcomeOf(value: number, sign: number): 'same' | 'zero' | 'opposite' {
  if (value === 0) return 'zero';
  return value > 0 === sign >= 0 ? 'same' : 'opposite';
}
