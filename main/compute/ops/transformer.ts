import type { AttentionShape, Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';

/** Rows of an embedding table. The table may be a parameter. */
export function embed(tape: Tape, table: Variable, ids: Tensor): Variable {
  const { engine } = tape;
  return tape.record(engine.gather(table.value, ids), [table], (dy, give) => {
    const gradient = engine.zeros(table.value.shape);
    engine.scatterAddInto(gradient, ids, dy);
    give(table, gradient);
  });
}

/** Rotation by position, see Engine.rotate. The tape takes over the tables. */
export function rotate(
  tape: Tape,
  x: Variable,
  { cosines, sines }: { cosines: Tensor; sines: Tensor },
  heads: number,
): Variable {
  const { engine } = tape;
  return tape.record(
    engine.rotate(x.value, cosines, sines, { heads }),
    [x],
    (dy, give) => give(x, engine.rotate(dy, cosines, sines, { heads, inverse: true })),
    [cosines, sines],
  );
}

/** Causal attention; shapes as in Engine.attention. */
export function attention(
  tape: Tape,
  q: Variable,
  k: Variable,
  v: Variable,
  shape: AttentionShape,
): Variable {
  const { engine } = tape;
  const { y, logSum } = engine.attention(q.value, k.value, v.value, shape);
  return tape.record(
    y,
    [q, k, v],
    (dy, give) => {
      const { dq, dk, dv } = engine.attentionGradient(
        q.value,
        k.value,
        v.value,
        y,
        logSum,
        dy,
        shape,
      );
      give(q, dq);
      give(k, dk);
      give(v, dv);
    },
    [logSum],
  );
}
