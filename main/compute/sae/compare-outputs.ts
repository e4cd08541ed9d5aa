import type { Tensor } from '../engine.ts';
import { nextTokens } from '../model/next-tokens.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import { logitChunks } from './logits-divergence.ts';

/** Row values of two next-token distributions; `hasTarget` is false at the end of a sequence. */
export interface Comparison {
  readonly ceOriginal: number;
  readonly ceSpliced: number;
  readonly kl: number;
  readonly klReverse: number;
  readonly totalVariation: number;
  readonly topOneAgreement: number;
  readonly hasTarget: boolean;
}

/**
 * Compares the next-token distributions behind two final normed streams [r, d]. Both are unembedded a
 * chunk of rows at a time, so that whole logits never exist.
 */
export function compareOutputs(
  model: Transformer,
  original: Tensor,
  spliced: Tensor,
  tokens: TokenBatch,
  visit: (row: number, values: Comparison) => void,
): void {
  const { engine, config } = model;
  const targets = nextTokens(tokens);
  for (const { start, end } of logitChunks(engine, tokens.ids.length, config.vocabulary)) {
    const [p, q] = [original, spliced].map((stream) => logitsOf(model, stream, start, end)) as [
      Tensor,
      Tensor,
    ];
    const chunkTargets = engine.ints(targets.subarray(start, end), [end - start]);
    const compared = engine.compareLogits(p, q, chunkTargets);
    const values = {
      ceOriginal: engine.read(compared.crossEntropyP),
      ceSpliced: engine.read(compared.crossEntropyQ),
      kl: engine.read(compared.klPQ),
      klReverse: engine.read(compared.klQP),
      totalVariation: engine.read(compared.totalVariation),
      topOneAgreement: engine.read(compared.sameTop),
    };
    for (let i = 0; i < end - start; i++)
      visit(start + i, {
        ceOriginal: values.ceOriginal[i]!,
        ceSpliced: values.ceSpliced[i]!,
        kl: values.kl[i]!,
        klReverse: values.klReverse[i]!,
        totalVariation: values.totalVariation[i]!,
        topOneAgreement: values.topOneAgreement[i]!,
        hasTarget: targets[start + i]! >= 0,
      });
    engine.dispose(p, q, chunkTargets, ...Object.values<Tensor>({ ...compared }));
  }
}

function logitsOf(model: Transformer, stream: Tensor, start: number, end: number): Tensor {
  const part = model.engine.rows(stream, start, end);
  const logits = model.logits(part);
  model.engine.dispose(part);
  return logits;
}
