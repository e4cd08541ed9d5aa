import { AppError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../engine.ts';
import { activate, add, layerNorm, linear } from '../ops/dense.ts';
import { attention } from '../ops/transformer.ts';
import { Tape, type Variable } from '../tape.ts';
import type { TransformerConfig } from './config.ts';
import { hookName, type HookSite } from './hooks.ts';
import type { BlockWeights, LinearWeights, NormWeights, TransformerWeights } from './weights.ts';

/** Token ids of several sequences of equal length, sequence-major. */
export interface TokenBatch {
  readonly ids: Int32Array;
  readonly sequences: number;
  readonly length: number;
}

/**
 * Called with the value at each hook point on the way; what it returns takes the value's place. A
 * value that it wants to keep beyond the pass must be cloned.
 */
export type Hook = (name: string, value: Variable) => Variable;

/**
 * A frozen decoder-only transformer. Activations are [sequences * length, d], sequence-major. All of
 * it is written over the tape: gradients run through to whatever a hook put in, and where nothing
 * needs a gradient the values of each block are freed at its end.
 */
export class Transformer {
  readonly engine: Engine;
  readonly config: TransformerConfig;
  readonly weights: TransformerWeights;

  constructor(engine: Engine, config: TransformerConfig, weights: TransformerWeights) {
    this.engine = engine;
    this.config = config;
    this.weights = weights;
  }

  /** Residual stream before the first block. Throws AppError `bad-input` for a batch that cannot be. */
  embed(tape: Tape, tokens: TokenBatch): Variable {
    this.#check(tokens);
    const { engine, weights } = this;
    const ids = engine.ints(tokens.ids, [tokens.ids.length]);
    const places = engine.ints(
      Int32Array.from(tokens.ids, (_, row) => row % tokens.length),
      [tokens.ids.length],
    );
    const { token, position } = weights.embedding;
    const embedded = engine.gather(token, ids);
    if (position) {
      const positions = engine.gather(position, places);
      engine.addInto(embedded, positions);
      engine.dispose(positions);
    }
    engine.dispose(ids, places);
    return tape.own(embedded);
  }

  /** Runs blocks `from` up to `to` (exclusive) on the residual stream before block `from`. */
  blocks(
    tape: Tape,
    residual: Variable,
    range: { from: number; to: number },
    batch: Pick<TokenBatch, 'sequences' | 'length'>,
    hook: Hook = (_, value) => value,
  ): Variable {
    let stream = residual;
    for (let layer = range.from; layer < range.to; layer++) {
      const input = stream;
      stream = tape.frame(() => this.#block(tape, layer, input, batch, hook));
    }
    return stream;
  }

  /** Final norm of the residual stream after the last block. */
  finalNorm(tape: Tape, residual: Variable): Variable {
    return this.#norm(tape, residual, this.weights.readout.norm);
  }

  /** Logits [r, V] of rows of the normed residual stream. */
  unembed(tape: Tape, normed: Variable): Variable {
    const { unembedding, bias } = this.weights.readout;
    return linear(tape, normed, tape.constant(unembedding), bias && tape.constant(bias), {
      transposed: true,
    });
  }

  /** As `unembed`, of a tensor and without gradients; the caller frees the logits. */
  logits(normed: Tensor): Tensor {
    const tape = new Tape(this.engine);
    try {
      return tape.detach(tape.frame(() => this.unembed(tape, tape.constant(normed))));
    } finally {
      tape.dispose();
    }
  }

  /** Frees the weights. */
  dispose(): void {
    this.engine.dispose(...new Set(tensorsOf(this.weights)));
  }

  #block(
    tape: Tape,
    layer: number,
    input: Variable,
    batch: Pick<TokenBatch, 'sequences' | 'length'>,
    hook: Hook,
  ): Variable {
    const block = this.weights.blocks[layer]!;
    const at = (site: HookSite, value: Variable) => hook(hookName(layer, site), value);
    const before = at('resid_pre', input);
    const attended = at('attn_out', this.#attention(tape, block, before, batch));
    const middle = at('resid_mid', add(tape, before, attended));
    const transformed = at('mlp_out', this.#mlp(tape, block, middle));
    return at('resid_post', add(tape, middle, transformed));
  }

  #attention(
    tape: Tape,
    block: BlockWeights,
    residual: Variable,
    batch: Pick<TokenBatch, 'sequences' | 'length'>,
  ): Variable {
    const { heads, headWidth } = this.config;
    const normed = this.#norm(tape, residual, block.attentionNorm);
    const y = attention(
      tape,
      apply(tape, normed, block.query),
      apply(tape, normed, block.key),
      apply(tape, normed, block.value),
      {
        sequences: batch.sequences,
        length: batch.length,
        heads,
        keyHeads: heads,
        scale: 1 / Math.sqrt(headWidth),
      },
    );
    return apply(tape, y, block.output);
  }

  #mlp(tape: Tape, block: BlockWeights, residual: Variable): Variable {
    const normed = this.#norm(tape, residual, block.mlpNorm);
    const hidden = activate(tape, apply(tape, normed, block.mlpIn), this.config.activation);
    return apply(tape, hidden, block.mlpOut);
  }

  #norm(tape: Tape, x: Variable, { gain, bias }: NormWeights): Variable {
    return layerNorm(tape, x, gain, bias, this.config.normEpsilon);
  }

  #check({ ids, sequences, length }: TokenBatch): void {
    const { context, vocabulary } = this.config;
    if (ids.length !== sequences * length)
      throw new AppError(
        'shape-mismatch',
        `${ids.length} token ids do not make ${sequences} sequences of ${length}.`,
      );
    if (length > context)
      throw new AppError(
        'bad-input',
        `Sequences of ${length} tokens are longer than the model's context of ${context}. Cut them.`,
      );
    const row = ids.findIndex((id) => id < 0 || id >= vocabulary);
    if (row >= 0)
      throw new AppError(
        'tokenizer-mismatch',
        `Token ${ids[row]} in sequence ${Math.floor(row / length)} at position ${row % length} is not in the model's vocabulary of ${vocabulary}. The tokens were made with another tokenizer.`,
        { place: `sequence ${Math.floor(row / length)}, position ${row % length}` },
      );
  }
}

function apply(tape: Tape, x: Variable, { weight, bias }: LinearWeights): Variable {
  return linear(tape, x, tape.constant(weight), bias && tape.constant(bias));
}

function tensorsOf(node: object | undefined): Tensor[] {
  if (!node) return [];
  if ('kind' in node && 'shape' in node) return [node as Tensor];
  return Object.values(node).flatMap((child) => tensorsOf(child as object | undefined));
}
