import type { Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireIndices, requireInside } from '../checks.ts';
import { requireVector } from '../checks.ts';
import type { RawOps } from './raw-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

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
export function lossOps(store: TensorflowStore): LossOps {
  const logSoftmax = (ops: RawOps, x: Tensor) => ops.call('LogSoftmax', [ops.at(x)]);
  /** TensorFlow's own Softmax need not be 1 where there is but one column. */
  const softmax = (ops: RawOps, x: Tensor) => ops.exp(logSoftmax(ops, x));

  function checkTargets(operation: string, logits: Tensor, targets: Tensor): void {
    const { rows, columns } = matrix(operation, logits);
    requireIndices(operation, 'targets', targets, rows);
    requireInside(operation, store.ints(targets), columns, true);
  }

  /** -log p(target), 0 where there is none. */
  function lossOf(ops: RawOps, logP: Value, targets: Value): Value {
    const index = ops.column(ops.call('Maximum', [targets, ops.int(0)]));
    const found = ops.reshape(ops.gather(logP, index, 1, 1), targets.shape);
    const isNone = ops.call('Less', [targets, ops.int(0)]);
    return ops.select(isNone, ops.number(0), ops.call('Neg', [found]));
  }

  /** x times p, where 0 wins over what is infinite or not a number. */
  const timesShare = (ops: RawOps, x: Value, p: Value) => ops.call('MulNoNan', [x, p]);

  /** sum p (log p - log q), where 0 log 0 is 0. */
  function divergence(ops: RawOps, logP: Value, logQ: Value, keep = false): Value {
    const terms = timesShare(ops, ops.subtract(logP, logQ), ops.exp(logP));
    return ops.sum(terms, 1, keep);
  }

  return {
    crossEntropy(logits, targets) {
      checkTargets('crossEntropy', logits, targets);
      return store.run((ops) => ops.keep(lossOf(ops, logSoftmax(ops, logits), ops.at(targets))));
    },
    crossEntropyGradient(logits, targets, weight) {
      checkTargets('crossEntropyGradient', logits, targets);
      const [rows, columns] = logits.shape as [number, number];
      requireVector('crossEntropyGradient', 'weight', weight, rows);
      return store.run((ops) => {
        const list = ops.at(targets);
        const hit = ops.call('OneHot', [list, ops.int(columns), ops.number(1), ops.number(0)]);
        const isNone = ops.call('Less', [list, ops.int(0)]);
        const weights = ops.select(isNone, ops.number(0), ops.at(weight));
        const slopes = ops.subtract(softmax(ops, logits), hit);
        return ops.keep(ops.multiply(slopes, ops.column(weights)));
      });
    },
    klDivergence(p, q) {
      matrix('klDivergence', p);
      requireEqualShapes('klDivergence', p, q);
      return store.run((ops) => ops.keep(divergence(ops, logSoftmax(ops, p), logSoftmax(ops, q))));
    },
    klDivergenceGradient(p, q, weight) {
      requireEqualShapes('klDivergenceGradient', p, q);
      const { rows } = matrix('klDivergenceGradient', p);
      requireVector('klDivergenceGradient', 'weight', weight, rows);
      return store.run((ops) => {
        const slopes = ops.subtract(softmax(ops, q), softmax(ops, p));
        return ops.keep(ops.multiply(slopes, ops.column(ops.at(weight))));
      });
    },
    klDivergenceFirstGradient(p, q, weight) {
      requireEqualShapes('klDivergenceFirstGradient', p, q);
      const { rows } = matrix('klDivergenceFirstGradient', p);
      requireVector('klDivergenceFirstGradient', 'weight', weight, rows);
      return store.run((ops) => {
        const [logP, logQ] = [logSoftmax(ops, p), logSoftmax(ops, q)];
        const share = ops.exp(logP);
        const ratio = ops.subtract(logP, logQ);
        const kl = ops.sum(timesShare(ops, ratio, share), 1, true);
        const slopes = timesShare(ops, ops.subtract(ratio, kl), share);
        return ops.keep(ops.multiply(slopes, ops.column(ops.at(weight))));
      });
    },
    compareLogits(p, q, targets) {
      requireEqualShapes('compareLogits', p, q);
      checkTargets('compareLogits', p, targets);
      return store.run((ops) => {
        const [logP, logQ, list] = [logSoftmax(ops, p), logSoftmax(ops, q), ops.at(targets)];
        const gap = ops.call('Abs', [ops.subtract(ops.exp(logP), ops.exp(logQ))]);
        const top = (x: Tensor) => ops.call('ArgMax', [ops.at(x), ops.int(1)]);
        const same = ops.call('Equal', [top(p), top(q)]);
        return {
          crossEntropyP: ops.keep(lossOf(ops, logP, list)),
          crossEntropyQ: ops.keep(lossOf(ops, logQ, list)),
          klPQ: ops.keep(divergence(ops, logP, logQ)),
          klQP: ops.keep(divergence(ops, logQ, logP)),
          totalVariation: ops.keep(ops.scale(ops.sum(gap, 1), 0.5)),
          sameTop: ops.keep(ops.cast(same, 'float32')),
        };
      });
    },
  };
}
