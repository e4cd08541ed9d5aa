import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FitResult } from '../../main/compute/regression/fit-result.ts';
import { describeTable } from '../../main/compute/regression/describe-table.ts';
import { readTable } from '../../main/formats/table.ts';
import { pythonCode } from '../../renderer/views/statistics/code/python-code.ts';
import type { RegressSpec } from '../../shared/domain/job-spec.ts';
import { fitTable, relativeError } from '../support/regression.ts';

const cases: readonly [formula: string, rest?: Partial<RegressSpec>][] = [
  ['y ~ a + scale(b) + factor(k)'],
  ['log(y + 40) ~ a*b + center(gap) - 1'],
  ['y ~ a + b + c'],
  ['y ~ g + `odd name` + I(a^2)', { filter: '!(a > 1.2) | is.na(gap)' }],
  ['y ~ scale(gap) + flag', { filter: 'k %in% c(1, 3) & g != "blue"' }],
  ['won ~ a + scale(b)', { family: 'binomial' }],
  ['two ~ a + g', { family: 'binomial', filter: 'gap > -1.5' }],
  ['flag ~ b', { family: 'binomial' }],
  ['y > 0.5 ~ a + gap', { family: 'binomial' }],
  ['y ~ a + gap', { weights: 'b' }],
  ['won ~ a + b', { family: 'binomial', link: 'probit' }],
  ['won ~ a + b', { family: 'binomial', weights: 'k' }],
  ['k ~ a + gap', { family: 'poisson', errors: { kind: 'HC0' } }],
  ['y ~ a + gap', { errors: { kind: 'HC3' } }],
  ['y ~ a + gap', { errors: { kind: 'CR1', cluster: 'g' } }],
  ['y ~ a + gap', { missing: 'drop-columns' }],
  ['y ~ a + gap', { missing: 'mean-indicator' }],
];

/** Terms that Python names otherwise: the coefficients are compared in order. */
const inOrder: readonly [formula: string, rest?: Partial<RegressSpec>][] = [
  ['y ~ C(g, "green") + relevel(flag, ref = "TRUE")'],
  ['y ~ ns(a, df = 3) + poly(gap, 2)'],
  ['y ~ bs(a, df = 4) + poly(b, 2, raw = TRUE)'],
];

/** Fits that statsmodels does not make; what they print is compared. */
const printed: readonly [formula: string, rest: Partial<RegressSpec>][] = [
  ['won ~ a + gap', { family: 'binomial', method: 'firth' }],
  ['y ~ a + b + gap', { penalty: { kind: 'elastic-net', mixing: 0.5, strength: 0.1 } }],
  ['y ~ a + gap', { penalty: { kind: 'ridge' } }],
  ['won ~ a + gap', { family: 'binomial', penalty: { kind: 'lasso', strength: 0.05 } }],
];

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
    writeFileSync(join(folder, 'table.csv'), tableText());
    const table = await readTable(join(folder, 'table.csv'), { source: 'table.csv' });
    const { columns, delimiter, note, sha256 } = describeTable(table);
    const scripts = [...cases, ...inOrder, ...printed].map(([formula, rest]) => {
      const family = 'gaussian';
      const spec = { kind: 'regress', name: 'x', table: 'table.csv', formula, family } as const;
      const whole: RegressSpec = { ...spec, ...rest };
      const result = fitTable(table, formula, whole);
      fits.push(result);
      const fit = { ...result, id: 'fit', name: 'x', createdAt: 0 };
      return pythonCode({ spec: whole, columns, delimiter, note, tableSha256: sha256, fit });
    });
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

/** Every kind of column: missing cells, an exact dependency, a text and a truth value. */
function tableText(): string {
  let state = 7;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const lines = ['# SIMULATED for this test', 'y,won,two,flag,a,b,c,gap,k,g,odd name'];
  for (let i = 0; i < 120; i++) {
    const a = Math.round(random() * 30) / 10;
    const b = Math.round(random() * 80) / 10;
    const y = a - b / 4 + 2 * random();
    const gap = random() < 0.15 ? '.' : (random() * 4 - 2).toFixed(3);
    lines.push(
      [
        y.toFixed(4),
        y + random() > 1 ? 1 : 0,
        y + 3 * random() > 1.5 ? 'yes' : 'no',
        b + 8 * random() > 8 ? 'T' : 'F',
        a,
        b,
        (a + b).toFixed(1),
        gap,
        1 + Math.floor(random() * 3),
        random() < 0.1 ? 'NA' : ['red', 'blue', 'green'][Math.floor(random() * 3)],
        (random() * 5).toFixed(2),
      ].join(','),
    );
  }
  return lines.join('\n') + '\n';
}
