import { AppError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../engine.ts';
import { activate, add, layerNorm, linear, multiply, rmsNorm, softCap } from '../ops/dense.ts';
import { attention, rotate } from '../ops/transformer.ts';
import { Tape, type Variable } from '../tape.ts';
import type { TransformerConfig } from './config.ts';
import { hookName, type HookSite } from './hooks.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { RotaryTables } from './rotary.ts';
import type { BlockWeights, LinearWeights, NormWeights, TransformerWeights } from './weights.ts';

/** How the rows of a batch lie: sequences of equal length, sequence-major. */
export interface BatchShape {
  readonly sequences: number;
  readonly length: number;
  /** Keys and values of the positions before these, of a single sequence; none by default. */
  readonly past?: KeyValueCache | undefined;
}

export interface TokenBatch extends BatchShape {
  readonly ids: Int32Array;
}

/**
 * Called with the value at each hook point on the way; what it returns takes the value's place, and
 * may be made on the tape of the pass. A value that it wants to keep beyond the pass must be cloned.
 */
export interface Hook {
  (name: string, value: Variable, tape: Tape): Variable;
  /** The inputs of MLPs (mlpInputSites) that it is called for; what it returns for them is not used. */
  readonly reads?: ReadonlySet<string>;
}

/**
 * A frozen decoder-only transformer of any family; its configuration says which parts it has.
 * Activations are [sequences * length, d], sequence-major. All of it is written over the tape:
 * gradients run through to whatever a hook put in, and where nothing needs a gradient the values of
 * each block are freed at its end.
 */
export class Transformer {
  readonly engine: Engine;
  readonly config: TransformerConfig;
  readonly weights: TransformerWeights;
  readonly #rotary: RotaryTables | undefined;

  constructor(engine: Engine, config: TransformerConfig, weights: TransformerWeights) {
    this.engine = engine;
    this.config = config;
    this.weights = weights;
    this.#rotary = config.rotary && new RotaryTables(engine, config.rotary);
  }

  /** Residual stream before the first block. Throws AppError `bad-input` for a batch that cannot be. */
  embed(tape: Tape, tokens: TokenBatch): Variable {
    this.#check(tokens);
    const { engine, weights } = this;
    const ids = engine.ints(tokens.ids, [tokens.ids.length]);
    const { token, position } = weights.embedding;
    let embedded = engine.gather(token, ids);
    if (this.config.embeddingScale !== 1) {
      const plain = embedded;
      embedded = engine.scale(plain, this.config.embeddingScale);
      engine.dispose(plain);
    }
    if (position) {
      const start = tokens.past?.length ?? 0;
      const places = engine.ints(
        Int32Array.from(tokens.ids, (_, row) => start + (row % tokens.length)),
        [tokens.ids.length],
      );
      const positions = engine.gather(position, places);
      engine.addInto(embedded, positions);
      engine.dispose(positions, places);
    }
    engine.dispose(ids);
    return tape.own(embedded);
  }

  /** Runs blocks `from` up to `to` (exclusive) on the residual stream before block `from`. */
  blocks(
    tape: Tape,
    residual: Variable,
    range: { from: number; to: number },
    batch: BatchShape,
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
    const logits = linear(tape, normed, tape.constant(unembedding), bias && tape.constant(bias), {
      transposed: true,
    });
    const { logitSoftCap } = this.config;
    return logitSoftCap === undefined ? logits : softCap(tape, logits, logitSoftCap);
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
    this.#rotary?.dispose();
  }

  #block(tape: Tape, layer: number, input: Variable, batch: BatchShape, hook: Hook): Variable {
    const block = this.weights.blocks[layer]!;
    const at = (site: HookSite, value: Variable) => hook(hookName(layer, site), value, tape);
    const before = at('resid_pre', input);
    const attended = at('attn_out', this.#attention(tape, layer, before, batch));
    if (this.config.parallel) {
      this.#showMlpInput(tape, layer, before, hook);
      const transformed = at('mlp_out', this.#mlp(tape, block, before));
      return at('resid_post', add(tape, add(tape, before, attended), transformed));
    }
    const middle = at('resid_mid', add(tape, before, attended));
    this.#showMlpInput(tape, layer, middle, hook);
    const transformed = at('mlp_out', this.#mlp(tape, block, middle));
    return at('resid_post', add(tape, middle, transformed));
  }

  #showMlpInput(tape: Tape, layer: number, residual: Variable, hook: Hook): void {
    const [stream, normed] = [hookName(layer, 'mlp_in'), hookName(layer, 'ln2_normalized')];
    if (hook.reads?.has(stream)) hook(stream, residual, tape);
    if (!hook.reads?.has(normed)) return;
    const { gain, bias } = this.weights.blocks[layer]!.mlpNorm;
    const norm =
      this.config.norm === 'layer' ? { gain, bias } : { gain: undefined, bias: undefined };
    hook(normed, this.#norm(tape, residual, norm), tape);
  }

  #attention(tape: Tape, layer: number, residual: Variable, batch: BatchShape): Variable {
    const { config } = this;
    const { heads, keyHeads } = config;
    const { sequences, length, past } = batch;
    const block = this.weights.blocks[layer]!;
    const normed = this.#norm(tape, residual, block.attentionNorm);
    const start = past?.length ?? 0;
    const rotary = this.#rotary?.rows(start, start + length);
    const turned = (x: Variable, count: number) => (rotary ? rotate(tape, x, rotary, count) : x);
    const query = turned(apply(tape, normed, block.query), heads);
    let key = turned(apply(tape, normed, block.key), keyHeads);
    let value = apply(tape, normed, block.value);
    if (past) {
      const all = past.append(layer, key.value, value.value);
      key = tape.own(all.keys);
      value = tape.own(all.values);
    }
    const y = attention(tape, query, key, value, {
      sequences,
      length,
      keyLength: start + length,
      heads,
      keyHeads,
      scale: config.attentionScale,
      window: config.attentionWindows[layer],
      softCap: config.attentionSoftCap,
    });
    return this.#postNorm(tape, apply(tape, y, block.output), block.attentionPostNorm);
  }

  #mlp(tape: Tape, block: BlockWeights, residual: Variable): Variable {
    const { activation } = this.config;
    const normed = this.#norm(tape, residual, block.mlpNorm);
    const linearPart = apply(tape, normed, block.mlpIn);
    const hidden = block.mlpGate
      ? multiply(tape, activate(tape, apply(tape, normed, block.mlpGate), activation), linearPart)
      : activate(tape, linearPart, activation);
    return this.#postNorm(tape, apply(tape, hidden, block.mlpOut), block.mlpPostNorm);
  }

  #postNorm(tape: Tape, x: Variable, norm: NormWeights | undefined): Variable {
    return norm ? this.#norm(tape, x, norm) : x;
  }

  #norm(tape: Tape, x: Variable, { gain, bias }: NormWeights): Variable {
    const { norm, normEpsilon } = this.config;
    return norm === 'layer'
      ? layerNorm(tape, x, gain, bias, normEpsilon)
      : rmsNorm(tape, x, gain, normEpsilon);
  }

  #check({ ids, sequences, length, past }: TokenBatch): void {
    const { context, vocabulary } = this.config;
    if (ids.length !== sequences * length)
      throw new AppError(
        'shape-mismatch',
        `${ids.length} token ids do not make ${sequences} sequences of ${length}.`,
      );
    const whole = (past?.length ?? 0) + length;
    if (whole > context)
      throw new AppError(
        'bad-input',
        `Sequences of ${whole} tokens are longer than the model's context of ${context}. Cut them.`,
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
