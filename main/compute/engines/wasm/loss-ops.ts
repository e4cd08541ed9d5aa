import type { Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireIndices, requireInside } from '../checks.ts';
import { requireVector } from '../checks.ts';
import { scratchBytes, type WasmStore } from './store.ts';

type LossOps = Pick<
  Engine,
  | 'crossEntropy'
  | 'crossEntropyGradient'
  | 'klDivergence'
  | 'klDivergenceGradient'
  | 'klDivergenceFirstGradient'
  | 'compareLogits'
>;

/** Losses between next-token distributions. */
export function lossOps(store: WasmStore): LossOps {
  const { at } = store.addresses();

  function checkTargets(operation: string, logits: Tensor, targets: Tensor) {
    const sizes = matrix(operation, logits);
    requireIndices(operation, 'targets', targets, sizes.rows);
    requireInside(operation, store.ints(targets), sizes.columns, true);
    return sizes;
  }

  return {
    crossEntropy(logits, targets) {
      const { rows, columns } = checkTargets('crossEntropy', logits, targets);
      const out = store.create([rows]);
      store.runRows('crossEntropy', rows, columns, at(logits), at(targets), at(out), columns);
      return out;
    },
    crossEntropyGradient(logits, targets, weight) {
      const { rows, columns } = checkTargets('crossEntropyGradient', logits, targets);
      requireVector('crossEntropyGradient', 'weight', weight, rows);
      const out = store.create(logits.shape);
      const operands = [at(logits), at(targets), at(weight), at(out)];
      store.runRows('crossEntropyGradient', rows, columns, ...operands, columns);
      return out;
    },
    klDivergence(p, q) {
      const { rows, columns } = matrix('klDivergence', p);
      requireEqualShapes('klDivergence', p, q);
      const out = store.create([rows]);
      const sizes = [columns, store.scratch, scratchBytes];
      store.runRows('klDivergence', rows, columns, at(p), at(q), at(out), ...sizes);
      return out;
    },
    klDivergenceGradient(p, q, weight) {
      const { rows, columns } = matrix('klDivergenceGradient', p);
      requireEqualShapes('klDivergenceGradient', p, q);
      requireVector('klDivergenceGradient', 'weight', weight, rows);
      const out = store.create(q.shape);
      const operands = [at(p), at(q), at(weight), at(out)];
      store.runRows('klDivergenceGradient', rows, columns, ...operands, columns);
      return out;
    },
    klDivergenceFirstGradient(p, q, weight) {
      const { rows, columns } = matrix('klDivergenceFirstGradient', p);
      requireEqualShapes('klDivergenceFirstGradient', p, q);
      requireVector('klDivergenceFirstGradient', 'weight', weight, rows);
      const out = store.create(p.shape);
      const operands = [at(p), at(q), at(weight), at(out)];
      const sizes = [columns, store.scratch, scratchBytes];
      store.runRows('klDivergenceFirstGradient', rows, columns, ...operands, ...sizes);
      return out;
    },
    compareLogits(p, q, targets) {
      requireEqualShapes('compareLogits', p, q);
      const { rows, columns } = checkTargets('compareLogits', p, targets);
      const result = {
        crossEntropyP: store.create([rows]),
        crossEntropyQ: store.create([rows]),
        klPQ: store.create([rows]),
        klQP: store.create([rows]),
        totalVariation: store.create([rows]),
        sameTop: store.create([rows]),
      };
      const { crossEntropyP, crossEntropyQ, klPQ, klQP, totalVariation, sameTop } = result;
      const outputs = [crossEntropyP, crossEntropyQ, klPQ, klQP, totalVariation, sameTop].map(at);
      const operands = [at(p), at(q), at(targets), ...outputs];
      const sizes = [columns, store.scratch, scratchBytes];
      store.runRows('compareLogits', rows, columns, ...operands, ...sizes);
      return result;
    },
  };
}
