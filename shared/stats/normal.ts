/**
 * The standard normal distribution. Tails: Cody's rational approximations (1969, Math. Comp. 23;
 * 1993, ACM TOMS 19, algorithm 715, ANORM). Quantile: Wichura (1988, Applied Statistics 37,
 * algorithm AS 241, PPND16), then one step of Halley's method.
 * Coefficients are the published ones, rounded to doubles.
 */

// prettier-ignore
const centreNumerator = [
  0.06568233791820745, 2.2352520354606837, 161.02823106855587,
  1067.6894854603709, 18154.98125334356,
];
// prettier-ignore
const centreDenominator = [
  1, 47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673,
];
// prettier-ignore
const middleNumerator = [
  1.0765576773720192e-8, 0.39894151208813466, 8.883149794388377, 93.50665613217785,
  597.2702763948002, 2494.5375852903726, 6848.190450536283, 11602.65143764735,
  9842.714838383978,
];
// prettier-ignore
const middleDenominator = [
  1, 22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761,
  18615.571640885097, 34900.95272114598, 38912.00328609327, 19685.429676859992,
];
// prettier-ignore
const farNumerator = [
  0.023073441764940174, 0.215898534057957, 0.12740116116024736, 0.022235277870649807,
  0.0014216191932278934, 2.9112874951168793e-5,
];
// prettier-ignore
const farDenominator = [
  1, 1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824,
  7.297515550839662e-5,
];

/** Polynomial with the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

/** exp(-z^2 / 2), with z split so that the square is exact where it matters. */
function gaussian(z: number): number {
  const coarse = Math.trunc(z * 16) / 16;
  return Math.exp(-coarse * coarse * 0.5) * Math.exp(-(z - coarse) * (z + coarse) * 0.5);
}

/** P(Z > z) for z > 0.67. */
function upperTail(z: number): number {
  if (z > 39) return 0;
  if (z <= Math.sqrt(32))
    return (gaussian(z) * polynomial(middleNumerator, z)) / polynomial(middleDenominator, z);
  const square = 1 / (z * z);
  const correction =
    (square * polynomial(farNumerator, square)) / polynomial(farDenominator, square);
  return (gaussian(z) * (1 / Math.sqrt(2 * Math.PI) - correction)) / z;
}

/** P(Z <= z). Relative error below 2e-15 in both tails, down to the smallest normal number. */
export function normalCdf(z: number): number {
  return normalSurvival(-z);
}

/** P(Z > z), without the cancellation of 1 - normalCdf(z). */
export function normalSurvival(z: number): number {
  if (Number.isNaN(z)) return NaN;
  const distance = Math.abs(z);
  if (distance <= 0.67448975) {
    const square = z * z;
    return 0.5 - (z * polynomial(centreNumerator, square)) / polynomial(centreDenominator, square);
  }
  const tail = upperTail(distance);
  return z > 0 ? tail : 1 - tail;
}

/** P(|Z| > |z|). */
export function normalTwoSided(z: number): number {
  return Math.min(1, 2 * normalSurvival(Math.abs(z)));
}

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return gaussian(Math.abs(z)) / Math.sqrt(2 * Math.PI);
}

/** log P(Z <= z), also where the probability itself is too small for a double. */
export function logNormalCdf(z: number): number {
  if (z > -30) return z > 5 ? Math.log1p(-normalSurvival(z)) : Math.log(normalSurvival(-z));
  return -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - Math.log(millsDenominator(-z));
}

/** The inverse Mills ratio, density over P(Z <= z): about -z for very negative z. */
export function normalMills(z: number): number {
  return z > -30 ? normalDensity(z) / normalSurvival(-z) : millsDenominator(-z);
}

/** Density over upper tail at a distance of at least 30, by Laplace's continued fraction. */
function millsDenominator(distance: number): number {
  let value = distance;
  for (let k = 12; k >= 1; k--) value = distance + k / value;
  return value;
}

// prettier-ignore
const quantileCentre = [[
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987,
  13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665,
], [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597,
  5394.196021424751, 687.1870074920579, 42.31333070160091, 1,
]] as const;
// prettier-ignore
const quantileMiddle = [[
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506,
  1.2704582524523684, 3.6478483247632045, 5.769497221460691, 4.630337846156546,
  1.4234371107496835,
], [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457,
  0.14810397642748008, 0.6897673349851, 1.6763848301838038, 2.053191626637759,
  1,
]] as const;
// prettier-ignore
const quantileFar = [[
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784,
  0.026532189526576124, 0.29656057182850487, 1.7848265399172913, 5.463784911164114,
  6.657904643501103,
], [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5,
  0.0007868691311456133, 0.014875361290850615, 0.1369298809227358,
  0.599832206555888, 1,
]] as const;

/** The z with P(Z <= z) = p; -Infinity for 0, Infinity for 1, NaN outside [0, 1]. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(quantileCentre[0], r)) / polynomial(quantileCentre[1], r);
  }
  const tail = q < 0 ? p : 1 - p;
  const r = Math.sqrt(-Math.log(tail));
  const [coefficients, shifted] = r <= 5 ? [quantileMiddle, r - 1.6] : [quantileFar, r - 5];
  const start = polynomial(coefficients[0], shifted) / polynomial(coefficients[1], shifted);
  const error = (normalSurvival(start) - tail) / normalDensity(start);
  const z = start + error / (1 - (start * error) / 2);
  return q < 0 ? -z : z;
}
