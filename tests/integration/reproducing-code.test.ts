import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FitResult } from '../../main/compute/regression/fit-result.ts';
import { pythonCode } from '../../renderer/views/statistics/code/python-code.ts';
import { relativeError } from '../support/regression.ts';
import { cases, inOrder, makeFits, printed } from '../support/reproducible-fits.ts';

/** Runs each script by itself and says what its fit is. */
const runner = `
import contextlib, io, json, sys
results = []
for code in json.load(sys.stdin):
    space = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "code", "exec"), space)
    fit = space.get("fit")
    if not hasattr(fit, "nobs"):
        results.append({"out": out.getvalue()})
        continue
    results.append({
        "n": int(fit.nobs), "names": list(fit.params.index), "params": list(fit.params),
        "bse": list(fit.bse), "out": out.getvalue(),
    })
print(json.dumps(results))
`;

const hasStatsmodels =
  spawnSync('python3', ['-c', 'import statsmodels, pandas, patsy']).status === 0;

interface Repeated {
  n: number;
  names: string[];
  params: number[];
  bse: number[];
  out: string;
}

const same = (name: string): string =>
  name
    .replace('(Intercept)', 'Intercept')
    .replaceAll(/C\((\w+)\)|factor\((\w+)\)/g, 'f_$1$2')
    .replaceAll(/np\.|\[T\.|\]|[\s`]|\.0\b/g, '')
    .replaceAll('**', '^')
    .replace(/^is\.na\(gap\)TRUE$/, 'missing_0')
    .replaceAll(/Q\("oddname"\)|Q\('oddname'\)/g, 'oddname')
    .toLowerCase();

describe.skipIf(!hasStatsmodels)('code in Python (needs statsmodels, else skipped)', () => {
  let folder: string;
  let repeated: Repeated[];
  const fits: FitResult[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-code-'));
    const made = await makeFits(folder, [...cases, ...inOrder, ...printed]);
    fits.push(...made.map(({ fit }) => fit));
    const scripts = made.map(({ about }) => pythonCode(about));
    const input = JSON.stringify(scripts);
    const answer = execFileSync('python3', ['-W', 'ignore', '-c', runner], {
      cwd: folder,
      input,
      encoding: 'utf8',
    });
    repeated = JSON.parse(answer) as Repeated[];
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(inOrder.map(([formula], index) => [formula, cases.length + index] as const))(
    'repeats the fit of %s in the same order',
    (_formula, index) => {
      const { n, params, bse } = repeated[index]!;
      const { coefficients, n: expected } = fits[index]!;
      expect(n).toBe(expected);
      expect(params).toHaveLength(coefficients.length);
      coefficients.forEach(({ term, estimate, se }, k) => {
        expect(relativeError(params[k], estimate!), term).toBeLessThan(1e-7);
        expect(relativeError(bse[k], se!), term).toBeLessThan(1e-7);
      });
    },
  );

  it.each(
    printed.map(([formula, rest], index) => {
      const words = rest.penalty?.kind ?? rest.method!;
      return [words, formula, cases.length + inOrder.length + index] as const;
    }),
  )('repeats %s of %s', (_words, _formula, index) => {
    const lines = repeated[index]!.out.split('\n').map((line) => line.trim().split(/\s+/));
    for (const { term, estimate, se } of fits[index]!.coefficients) {
      const line = lines.find(([name]) => name === term.replace('(Intercept)', 'Intercept'))!;
      // pandas prints six decimals.
      expect(Math.abs(Number(line[1]) - estimate!), term).toBeLessThan(
        2e-6 + 2e-5 * Math.abs(estimate!),
      );
      if (se !== null) expect(relativeError(Number(line[2]), se), term).toBeLessThan(2e-5);
    }
  });

  it.each(cases.map(([formula], index) => [formula, index] as const))(
    'repeats the fit of %s',
    (_formula, index) => {
      const { n, names, params, bse, out } = repeated[index]!;
      const { coefficients, n: expected } = fits[index]!;
      expect(n).toBe(expected);
      const kept = coefficients.filter(({ estimate }) => estimate !== null);
      expect(names.map(same).sort()).toEqual(kept.map(({ term }) => same(term)).sort());
      for (const { term, estimate, se } of kept) {
        const at = names.findIndex((name) => same(name) === same(term));
        expect(relativeError(params[at], estimate!), term).toBeLessThan(1e-7);
        expect(relativeError(bse[at], se!), term).toBeLessThan(1e-5);
      }
      expect(out).toContain('VIF');
    },
  );
});
