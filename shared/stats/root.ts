/**
 * The positive x at which a distribution's tail has a given probability: Newton's method on
 * (log x, log tail), kept inside a bracket that bisection halves where Newton leaves it. In these
 * coordinates the tails of t, F and chi-square are nearly straight, so few steps suffice.
 *
 * @param tail the probability beyond (or below) x, monotone in x
 * @param density of the distribution at x
 * @param rising whether `tail` grows with x
 * @returns x to about 1e-15 relative where the tail itself is that accurate
 */
export function invertTail(
  tail: (x: number) => number,
  density: (x: number) => number,
  probability: number,
  start: number,
  rising: boolean,
): number {
  const target = Math.log(probability);
  let low = -800;
  let high = 800;
  let u = Math.log(start);
  for (let step = 0; step < 200; step++) {
    const x = Math.exp(u);
    const value = tail(x);
    const difference = Math.log(value) - target;
    if (difference === 0) return x;
    if (difference > 0 === rising) high = u;
    else low = u;
    const slope = ((rising ? 1 : -1) * density(x) * x) / value;
    const move = -difference / slope;
    // Once the step is tiny, correct x itself: exp(u) would lose digits for large |u|.
    if (Math.abs(move) < 1e-9) return x * (1 + move);
    let next = u + move;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (next === low || next === high) return Math.exp(next);
    u = next;
  }
  return Math.exp(u);
}
