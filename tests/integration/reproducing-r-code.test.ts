import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rCode } from '../../renderer/views/statistics/code/r-code.ts';
import { relativeError } from '../support/regression.ts';
import { cases, inOrder, makeFits, printed, type ToRepeat } from '../support/reproducible-fits.ts';

const hasR = spawnSync('Rscript', ['-e', 'quit()']).status === 0;
const packages = ['sandwich', 'lmtest', 'glmnet', 'logistf'];
const present = hasR ? packages.filter(isInstalled) : [];
const all = [...cases, ...inOrder, ...printed];

function isInstalled(name: string): boolean {
  const test = `quit(status = !requireNamespace("${name}", quietly = TRUE))`;
  return spawnSync('Rscript', ['-e', test]).status === 0;
}

/** Packages beyond base R that the code of a fit needs. */
function needed([, rest]: (typeof all)[number]): string[] {
  if (rest?.penalty) return ['glmnet'];
  if (rest?.method === 'firth') return ['logistf'];
  return rest?.errors ? ['sandwich', 'lmtest'] : [];
}

/** One line for each coefficient, with all digits: estimate and standard error. */
const printCoefficients = `
assay <- if (inherits(fit, "glmnet")) cbind(as.numeric(coef(fit)), NA) else if (exists("V"))
  cbind(coef(fit), sqrt(diag(V))) else if (inherits(fit, "logistf"))
  cbind(coef(fit), sqrt(diag(vcov(fit)))) else {
  table <- matrix(NA, length(coef(fit)), 2)
  table[!is.na(coef(fit)), ] <- coef(summary(fit))[, 1:2]
  table
}
cat(sprintf("ASSAY %.17g %.17g\\n", assay[, 1], assay[, 2]), sep = "")
if (!inherits(fit, "glmnet")) cat(sprintf("ROWS %d\\n", as.integer(if (inherits(fit, "logistf")) fit$n else nobs(fit))))
`;

function run(folder: string, code: string, number: number): string {
  const file = join(folder, `fit-${number}.R`);
  writeFileSync(file, code + printCoefficients);
  return execFileSync('Rscript', ['--vanilla', file], { cwd: folder, encoding: 'utf8' });
}

function numbersAfter(out: string, mark: string): (number | null)[][] {
  return out
    .split('\n')
    .filter((line) => line.startsWith(`${mark} `))
    .map((line) =>
      line
        .split(' ')
        .slice(1)
        .map((cell) => (cell === 'NA' ? null : Number(cell))),
    );
}

describe.skipIf(!hasR)('code in R (needs Rscript, else skipped)', () => {
  let folder: string;
  let made: ToRepeat[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-r-'));
    made = await makeFits(folder, all);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const [number, one] of all.entries()) {
    const missing = needed(one).filter((name) => !present.includes(name));
    const why = missing.length > 0 ? ` (needs R's ${missing.join(' and ')}, not here)` : '';
    const how = Object.values(one[1] ?? {}).map((value) => JSON.stringify(value));
    it.skipIf(missing.length > 0)(`repeats ${[one[0], ...how].join(', ')}${why}`, () => {
      const { about, fit } = made[number]!;
      const out = run(folder, rCode(about), number);
      const rows = numbersAfter(out, 'ASSAY');
      expect(rows).toHaveLength(fit.coefficients.length);
      fit.coefficients.forEach(({ term, estimate, se }, k) => {
        const [theirs, theirSe] = rows[k]!;
        expect(theirs === null, term).toBe(estimate === null);
        if (estimate === null) return;
        expect(relativeError(theirs, estimate), term).toBeLessThan(1e-7);
        if (se !== null) expect(relativeError(theirSe, se), `error of ${term}`).toBeLessThan(1e-6);
      });
      for (const [rowsUsed] of numbersAfter(out, 'ROWS')) expect(rowsUsed).toBe(fit.n);
    });
  }
});
