import type { Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireIndices, requireInside } from '../checks.ts';
import { requireVector } from '../checks.ts';
import type { ReferenceStore } from './store.ts';

type LossOps = Pick<
  Engine,
  | 'crossEntropy'
  | 'crossEntropyGradient'
  | 'klDivergence'
  | 'klDivergenceGradient'
  | 'klDivergenceFirstGradient'
  | 'compareLogits'
>;

/** Losses between next-token distributions, through log-softmax of each row. */
export function lossOps(store: ReferenceStore): LossOps {
  function logSoftmax(x: Tensor, row: number): Float64Array {
    const columns = x.shape[1]!;
    const logits = store.floats(x).subarray(row * columns, (row + 1) * columns);
    const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    return logits.map((logit) => logit - largest - Math.log(total));
  }

  function checkTargets(operation: string, logits: Tensor, targets: Tensor): Int32Array {
    const { rows, columns } = matrix(operation, logits);
    requireIndices(operation, 'targets', targets, rows);
    const list = store.ints(targets);
    requireInside(operation, list, columns, true);
    return list;
  }

  /** A matrix of x's shape whose row i is f(i). */
  function byRows(x: Tensor, f: (row: number) => Float64Array): Tensor {
    const { tensor, out } = store.create(x.shape);
    for (let i = 0; i < x.shape[0]!; i += 1) out.set(f(i), i * x.shape[1]!);
    return tensor;
  }

  /** A vector whose entry i is f(i). */
  function perRow(rows: number, f: (row: number) => number): Tensor {
    return store.wrap(
      Float64Array.from({ length: rows }, (_, i) => f(i)),
      [rows],
    );
  }

  const sumOver = (p: Float64Array, f: (v: number) => number) =>
    p.reduce((sum, _, v) => sum + f(v), 0);
  /** sum p (log p - log q), where 0 log 0 is 0. */
  const divergence = (logP: Float64Array, logQ: Float64Array) =>
    sumOver(logP, (v) => (logP[v] === -Infinity ? 0 : Math.exp(logP[v]!) * (logP[v]! - logQ[v]!)));
  const loss = (logP: Float64Array, target: number) => (target < 0 ? 0 : -logP[target]!);
  const top = (logP: Float64Array) =>
    logP.indexOf(logP.reduce((a, b) => Math.max(a, b), -Infinity));

  return {
    crossEntropy(logits, targets) {
      const list = checkTargets('crossEntropy', logits, targets);
      return perRow(list.length, (i) => loss(logSoftmax(logits, i), list[i]!));
    },
    crossEntropyGradient(logits, targets, weight) {
      const list = checkTargets('crossEntropyGradient', logits, targets);
      requireVector('crossEntropyGradient', 'weight', weight, list.length);
      const weights = store.floats(weight);
      return byRows(logits, (i) =>
        logSoftmax(logits, i).map((logP, v) =>
          list[i]! < 0 ? 0 : weights[i]! * (Math.exp(logP) - (v === list[i] ? 1 : 0)),
        ),
      );
    },
    klDivergence(p, q) {
      requireEqualShapes('klDivergence', p, q);
      return perRow(matrix('klDivergence', p).rows, (i) => {
        const [logP, logQ] = [logSoftmax(p, i), logSoftmax(q, i)];
        return divergence(logP, logQ);
      });
    },
    klDivergenceGradient(p, q, weight) {
      requireEqualShapes('klDivergenceGradient', p, q);
      requireVector(
        'klDivergenceGradient',
        'weight',
        weight,
        matrix('klDivergenceGradient', p).rows,
      );
      const weights = store.floats(weight);
      return byRows(q, (i) => {
        const logP = logSoftmax(p, i);
        return logSoftmax(q, i).map(
          (logQ, v) => weights[i]! * (Math.exp(logQ) - Math.exp(logP[v]!)),
        );
      });
    },
    klDivergenceFirstGradient(p, q, weight) {
      requireEqualShapes('klDivergenceFirstGradient', p, q);
      const { rows } = matrix('klDivergenceFirstGradient', p);
      requireVector('klDivergenceFirstGradient', 'weight', weight, rows);
      const weights = store.floats(weight);
      return byRows(p, (i) => {
        const [logP, logQ] = [logSoftmax(p, i), logSoftmax(q, i)];
        const kl = divergence(logP, logQ);
        return logP.map((log, v) =>
          log === -Infinity ? 0 : weights[i]! * Math.exp(log) * (log - logQ[v]! - kl),
        );
      });
    },
    compareLogits(p, q, targets) {
      requireEqualShapes('compareLogits', p, q);
      const list = checkTargets('compareLogits', p, targets);
      const compare = (f: (logP: Float64Array, logQ: Float64Array, target: number) => number) =>
        perRow(list.length, (i) => f(logSoftmax(p, i), logSoftmax(q, i), list[i]!));
      return {
        crossEntropyP: compare((logP, _, target) => loss(logP, target)),
        crossEntropyQ: compare((_, logQ, target) => loss(logQ, target)),
        klPQ: compare((logP, logQ) => divergence(logP, logQ)),
        klQP: compare((logP, logQ) => divergence(logQ, logP)),
        totalVariation: compare(
          (logP, logQ) =>
            sumOver(logP, (v) => Math.abs(Math.exp(logP[v]!) - Math.exp(logQ[v]!))) / 2,
        ),
        sameTop: compare((logP, logQ) => (top(logP) === top(logQ) ? 1 : 0)),
      };
    },
  };
}
