import type { Formula } from '../../../../shared/formula/formula.ts';
import type { Node } from '../../../../shared/formula/syntax.ts';

/** Natural splines and polynomials as R has them; patsy has other ones, or none. */
const definitions: Readonly<Record<string, readonly string[]>> = {
  ns: [
    '',
    'def ns(x, df=None, knots=None):  # natural cubic spline, as in R',
    '    from scipy.interpolate import BSpline',
    '    x = np.asarray(x, float)',
    '    seen = x[~np.isnan(x)]',
    '    inner = np.atleast_1d(knots) if knots is not None else np.quantile(seen, np.arange(1, df or 1) / (df or 1))',
    '    ends = np.array([seen.min(), seen.max()])',
    '    t = np.r_[[ends[0]] * 4, inner, [ends[1]] * 4]',
    '    columns = [BSpline(t, row, 3) for row in np.eye(len(t) - 4)]',
    '    second = np.stack([c.derivative(2)(ends) for c in columns])[1:]',
    '    q = np.linalg.qr(second, mode="complete")[0]',
    '    values = np.stack([np.where(np.isnan(x), np.nan, c(np.nan_to_num(x, nan=ends[0]))) for c in columns], axis=1)',
    '    return (values[:, 1:] @ q)[:, 2:]',
  ],
  poly: [
    '',
    'def poly(x, degree=1, raw=False):  # orthogonal polynomials, as in R',
    '    x = np.asarray(x, float)',
    '    if raw:',
    '        return np.stack([x ** k for k in range(1, degree + 1)], axis=1)',
    '    seen = ~np.isnan(x)',
    '    powers = np.stack([(x[seen] - x[seen].mean()) ** k for k in range(degree + 1)], axis=1)',
    '    q, r = np.linalg.qr(powers)',
    '    values = np.full((len(x), degree), np.nan)',
    '    values[seen] = (q * np.sign(np.diag(r)))[:, 1:]',
    '    return values',
  ],
};

/** The functions that a formula needs and that patsy lacks. */
export function pythonBases({ variables }: Formula): string[] {
  const used = new Set(variables.map(({ node }) => (node.kind === 'call' ? node.name : '')));
  const lines = Object.entries(definitions).flatMap(([name, code]) => (used.has(name) ? code : []));
  return lines.length > 0 ? [...lines, ''] : [];
}

/** A spline or polynomial with the arguments' names in Python. */
export function basisText(node: Node & { kind: 'call' }, text: (node: Node) => string): string {
  const free = { bs: ['df', 'knots', 'degree'], ns: ['df', 'knots'], poly: ['degree', 'raw'] }[
    node.name as 'bs' | 'ns' | 'poly'
  ];
  const options = node.parts.slice(1).map(({ label, value }, k) => {
    const isList = value.kind === 'call' && value.name === 'c';
    const items = isList
      ? `[${value.parts.map((part) => text(part.value)).join(', ')}]`
      : text(value);
    return `${label ?? free[k]!}=${items}`;
  });
  return `${node.name}(${[text(node.parts[0]!.value), ...options].join(', ')})`;
}
