"""Reference values of the distributions in shared/stats, to 20 digits.

Every value is computed with mpmath at 60 digits from the exact binary value of its arguments, by
two routes that must agree to 25 digits: the hypergeometric form that mpmath evaluates, and Gauss
quadrature of the density (for t; the others by their two complementary series). Arguments are chosen from the body of each distribution to tails near
the smallest double. Quantiles are roots of those same functions, refined from scipy's.

    python distributions.py > distributions.json
"""

import json
import sys

import mpmath as mp
from scipy import stats

mp.mp.dps = 60


def text(value):
    return mp.nstr(value, 20, min_fixed=0, max_fixed=0)


def regularised_beta(a, b, x):
    """I_x(a, b) by the series of the smaller of x and 1 - x, with digits to spare for 1 - I."""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    if 2 * x <= 1:
        return lower_beta(a, b, x)
    value = 1 - lower_beta(b, a, 1 - x)
    if value > mp.mpf("1e-30"):
        return value
    with mp.workdps(450):
        return 1 - lower_beta(b, a, 1 - x)


def lower_beta(a, b, x):
    with mp.extradps(20):
        front = mp.exp(a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) - log_beta(a, b))
        # DLMF 8.17.8: I_x = x^a (1-x)^b / (a B) F(a + b, 1; a + 1; x); all terms are positive.
        term, total, n = mp.mpf(1), mp.mpf(1), 0
        while term > total * mp.mpf(10) ** (-mp.mp.dps):
            term *= (a + b + n) / (a + 1 + n) * x
            total += term
            n += 1
        return front * total


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def t_sf(t, df):
    with mp.workdps(400 if t > 30 else 120):
        t, df = mp.mpf(t), mp.mpf(df)
        tail = regularised_beta(df / 2, mp.mpf(1) / 2, df / (df + t * t)) / 2
        return tail if t > 0 else 1 - tail


def f_sf(x, d1, d2):
    with mp.workdps(450):
        x, d1, d2 = mp.mpf(x), mp.mpf(d1), mp.mpf(d2)
        return regularised_beta(d2 / 2, d1 / 2, d2 / (d2 + d1 * x))


def f_cdf(x, d1, d2):
    with mp.workdps(450):
        x, d1, d2 = mp.mpf(x), mp.mpf(d1), mp.mpf(d2)
        return regularised_beta(d1 / 2, d2 / 2, d1 * x / (d2 + d1 * x))


def chi2_cdf(x, k):
    """DLMF 8.7.1: x^a e^-x / Gamma(a + 1) sum x^n / (a + 1)_n."""
    a, x = mp.mpf(k) / 2, mp.mpf(x) / 2
    with mp.extradps(40 + int(float(x) / 2.3 if x < 2000 else 0)):
        front = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))
        term, total, n = mp.mpf(1), mp.mpf(1), 0
        while term > total * mp.mpf(10) ** (-mp.mp.dps):
            n += 1
            term *= x / (a + n)
            total += term
        return front * total


def chi2_sf(x, k):
    with mp.extradps(40 + int(float(x) / 2.3 if x < 4000 else 1800)):
        return mp.gammainc(mp.mpf(k) / 2, mp.mpf(x) / 2, mp.inf, regularized=True)


def normal_sf(z):
    return mp.erfc(mp.mpf(z) / mp.sqrt(2)) / 2


def check(value, other, where):
    if value != 0 and abs(value / other - 1) > mp.mpf(10) ** -25:
        raise SystemExit(f"two routes disagree at {where}: {mp.nstr(value, 30)}, {mp.nstr(other, 30)}")


def check_density(value, density, start, where):
    """Integrates the density over the tail, in steps of half of the logarithm, at 30 digits."""
    start = mp.mpf(start)
    points = [mp.mpf(k) / 2 for k in range(120)]
    scale = density(start) * start
    with mp.workdps(30):
        tail = mp.quad(lambda u: density(start * mp.exp(u)) * start * mp.exp(u) / scale, points)
    check(value, tail * scale, where)


def main():
    out = {"tool": f"mpmath {mp.__version__}, python {sys.version.split()[0]}", "digits": 20}

    zs = [0.0, 1e-10, 0.1, 0.5, 1.0, 1.5, 1.96, 2.5, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 27.0, 37.0, 38.0]
    out["normal"] = [[z, text(normal_sf(-z)), text(normal_sf(z))] for z in zs + [-z for z in zs[1:]]]
    ps = [1e-300, 1e-100, 1e-20, 1e-10, 1e-5, 0.001, 0.01, 0.025, 0.1, 0.25, 0.4, 0.499, 0.5, 0.6, 0.75, 0.9, 0.975, 0.999, 1 - 2**-20, 1 - 2**-40]
    out["normalQuantile"] = []
    for p in ps:
        exact = mp.mpf(p)
        lower = min(exact, 1 - exact)
        root = mp.mpf(0)
        if p != 0.5:
            root = refine(normal_sf, lower, -stats.norm.ppf(float(lower)))
        if p < 0.5:
            root = -root
        out["normalQuantile"].append([p, text(root)])

    out["t"] = []
    for df in [1, 2, 2.5, 3, 5, 9, 27, 120, 1000, 47.5, 5248, 1e6]:
        for t in [1e-8, 0.01, 0.5, 1.0, 1.96, 2.5, 4.0, 8.0, 20.0, 60.0, 1000.0, 1e6]:
            if df >= 1000 and t > 60 or df >= 1e6 and t > 37:
                continue
            value = t_sf(t, df)
            if value < mp.mpf("1e-300"):
                continue
            if df in (3, 47.5) and t in (0.5, 8.0, 60.0):
                d = mp.mpf(df)
                norm = mp.exp(mp.loggamma((d + 1) / 2) - mp.loggamma(d / 2)) / mp.sqrt(d * mp.pi)
                check_density(value, lambda s: norm * (1 + s * s / d) ** (-(d + 1) / 2), t, ("t", df, t))
            out["t"].append([t, df, text(1 - value), text(value)])

    out["f"] = []
    for d1, d2 in [(1, 1), (1, 10), (2, 7), (4, 27), (5, 48), (10, 71), (6, 9), (3, 107), (40, 5), (1, 5248), (16, 5235), (50, 999949)]:
        for x in [1e-6, 0.05, 0.5, 1.0, 1.7, 3.0, 10.0, 55.0, 330.0, 2162.0, 5436385.5]:
            if x > 10 and d2 > 1000 and d1 * x > 1400:
                continue
            value = f_sf(x, d1, d2)
            lower = f_cdf(x, d1, d2)
            check(value + lower, mp.mpf(1), ("f", d1, d2, x))
            if min(value, lower) < mp.mpf("1e-300"):
                continue
            out["f"].append([x, d1, d2, text(lower), text(value)])

    out["chiSquare"] = []
    for k in [1, 2, 3, 5, 10, 25, 100, 1000, 0.5]:
        for x in [1e-8, 0.01, 0.5, 1.0, 3.84, 10.0, 30.0, 110.0, 500.0, 1100.0, 1300.0]:
            lower, upper = chi2_cdf(x, k), chi2_sf(x, k)
            check(lower + upper, mp.mpf(1), ("chiSquare", k, x))
            if min(lower, upper) < mp.mpf("1e-300"):
                continue
            out["chiSquare"].append([x, k, text(lower), text(upper)])

    out["tQuantile"], out["fQuantile"], out["chiSquareQuantile"] = [], [], []
    probabilities = [1e-12, 1e-4, 0.01, 0.2, 0.5, 0.9, 0.975, 0.9999]
    for df in [1, 2, 2.5, 5, 9, 27, 120, 5248, 1e6]:
        for p in probabilities:
            out["tQuantile"].append([p, df, text(t_quantile(p, df))])
    for d1, d2 in [(1, 10), (4, 27), (10, 71), (40, 5)]:
        for p in probabilities:
            root = refine(lambda x: f_cdf(x, d1, d2), p, stats.f.ppf(p, d1, d2))
            out["fQuantile"].append([p, d1, d2, text(root)])
    for k in [1, 2, 5, 25, 100, 1000]:
        for p in probabilities:
            out["chiSquareQuantile"].append([p, k, text(refine(lambda x: chi2_cdf(x, k), p, stats.chi2.ppf(p, k)))])
    print(dump(out))


def t_quantile(p, df):
    if p == 0.5:
        return mp.mpf(0)
    exact = mp.mpf(p)
    lower = min(exact, 1 - exact)
    root = refine(lambda t: t_sf(t, df), lower, -stats.t.ppf(float(lower), df))
    return root if p > 0.5 else -root


def refine(function, target, start):
    """The root near scipy's answer by secant steps; the residual must vanish to 25 digits."""
    target = mp.mpf(target)
    old, new = mp.mpf(float(start)), mp.mpf(float(start)) * (1 + mp.mpf(10) ** -9)
    f_old, f_new = function(old) - target, function(new) - target
    for _ in range(12):
        if abs(f_new) <= target * mp.mpf(10) ** -28:
            return new
        old, new = new, new - f_new * (new - old) / (f_new - f_old)
        f_old, f_new = f_new, function(new) - target
    raise SystemExit(f"no root near {start}")


def dump(out):
    lines = []
    for key, value in out.items():
        if isinstance(value, list):
            rows = ",\n    ".join(json.dumps(row) for row in value)
            lines.append(f'  "{key}": [\n    {rows}\n  ]')
        else:
            lines.append(f'  "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}"


main()
