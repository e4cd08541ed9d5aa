import type { KlDirection } from '../../../shared/domain/objective.ts';
import type { Engine, Tensor } from '../engine.ts';
import type { Transformer } from '../model/transformer.ts';
import { klDivergence } from '../ops/losses.ts';
import { Tape, type Variable } from '../tape.ts';

/** Logits of at most this many entries exist at a time, where the engine asks for no other number. */
export const logitEntries = 1 << 22;

/** Consecutive ranges of rows whose logits may exist together. */
export function* logitChunks(
  engine: Engine,
  rows: number,
  vocabulary: number,
): Generator<{ readonly start: number; readonly end: number }> {
  const size = Math.max(1, Math.floor((engine.info.logitEntries ?? logitEntries) / vocabulary));
  for (let start = 0; start < rows; start += size)
    yield { start, end: Math.min(rows, start + size) };
}

/**
 * Divergence between the next-token distributions behind two final normed streams [r, d]: [r], with the
 * gradient to `spliced`. Logits and their gradient exist for a chunk of rows at a time: since each
 * row's divergence depends on its own row of the stream alone, its gradient is taken on the way
 * forward, and scaled on the way back.
 */
export function divergenceOfStreams(
  tape: Tape,
  model: Transformer,
  original: Tensor,
  spliced: Variable,
  direction: KlDirection,
): Variable {
  const { engine } = tape;
  const rows = original.shape[0]!;
  const values = engine.zeros([rows, 1]);
  const slope = spliced.requiresGradient ? engine.zeros(spliced.value.shape) : undefined;
  for (const { start, end } of logitChunks(engine, rows, model.config.vocabulary)) {
    const chunk = new Tape(engine);
    const places = engine.ints(
      Int32Array.from({ length: end - start }, (_, i) => start + i),
      [end - start],
    );
    const part = engine.rows(spliced.value, start, end);
    const stream = slope ? chunk.parameter(part) : chunk.constant(part);
    const p = chunk.frame(() => model.unembed(chunk, chunk.own(engine.rows(original, start, end))));
    const q = model.unembed(chunk, stream);
    const divergence =
      direction === 'model-to-spliced' ? klDivergence(chunk, p, q) : klDivergence(chunk, q, p);
    const column = engine.reshape(divergence.value, [end - start, 1]);
    engine.scatterAddInto(values, places, column);
    chunk.backward([{ variable: divergence, weight: 1 }]);
    const gradient = chunk.gradient(stream);
    if (slope && gradient) engine.scatterAddInto(slope, places, gradient);
    engine.dispose(places, part, column, ...(gradient ? [gradient] : []));
    chunk.dispose();
  }
  const perRow = engine.reshape(values, [rows]);
  engine.dispose(values);
  if (!slope) return tape.own(perRow);
  return tape.record(
    perRow,
    [spliced],
    (weights, give) => give(spliced, engine.scaleRows(slope, weights)),
    [slope],
  );
}
