import type { Tape, Variable } from '../tape.ts';

/** KL(softmax p || softmax q) of each row of logits [r, V], in nats: [r]. */
export function klDivergence(tape: Tape, p: Variable, q: Variable): Variable {
  const { engine } = tape;
  return tape.record(engine.klDivergence(p.value, q.value), [p, q], (weights, give) => {
    if (p.requiresGradient) give(p, engine.klDivergenceFirstGradient(p.value, q.value, weights));
    if (q.requiresGradient) give(q, engine.klDivergenceGradient(p.value, q.value, weights));
  });
}
