import type { Engine, Sparse, Tensor } from '../engine.ts';
import { decode, type Selection } from '../ops/codes.ts';
import { squaredError } from '../ops/dense.ts';
import type { Tape, Variable } from '../tape.ts';
import type { Buffers, LossTerm, Seen } from './architecture.ts';

/** The auxiliary loss that brings dead latents back (AuxK; Gao et al. 2024, arXiv 2406.04093). */
export interface AuxiliarySettings {
  /** Dead latents of each token that take part; half the width of the hook point where not given, 0 for no loss. */
  readonly k?: number | undefined;
  readonly coefficient: number;
  /** Tokens without firing after which a latent counts as dead. */
  readonly deadAfter: number;
}

/** Buffers of tokens that each latent has been idle for. */
export function idleBuffer(latents: number): { idle: Float64Array } {
  return { idle: new Float64Array(latents) };
}

/** Counts on the tokens of a part of a batch. */
export function countIdle(engine: Engine, buffers: Buffers, { firing, tokens }: Seen): void {
  const idle = buffers['idle']!;
  engine.read(firing).forEach((sum, j) => {
    idle[j] = sum === 0 ? idle[j]! + tokens : 0;
  });
}

/** What the dead latents of one pass can add to the reconstruction. */
export class Auxiliary {
  readonly #k: number;
  readonly #dead: Uint8Array;
  readonly #count: number;
  readonly #settings: AuxiliarySettings;

  constructor(settings: AuxiliarySettings, idle: Float64Array, width: number) {
    this.#settings = settings;
    this.#k = settings.k ?? Math.max(1, Math.floor(width / 2));
    this.#dead = Uint8Array.from(idle, (tokens) => (tokens >= settings.deadAfter ? 1 : 0));
    this.#count = this.#dead.reduce((sum, bit) => sum + bit, 0);
  }

  /** Picks the k largest pre-activations of dead latents; nothing to pick where none is dead. */
  selections(engine: Engine): Selection[] {
    const k = Math.min(this.#k, this.#count);
    if (k === 0) return [];
    return [
      (pre): Sparse => {
        const mask = engine.floats(
          Float64Array.from(this.#dead, (bit) => (bit ? 0 : -1e30)),
          [this.#dead.length],
        );
        const masked = engine.add(pre, mask);
        const codes = engine.largestOfRows(masked, k);
        engine.dispose(mask, masked);
        return codes;
      },
    ];
  }

  /**
   * min(dead / k, 1) x mean over tokens and dimensions of (e - z D)^2: e = target - y is what the output
   * y leaves over, as a constant, and z the codes of dead latents.
   */
  term(
    tape: Tape,
    codes: Variable<Sparse> | undefined,
    { target, output, decoder }: { target: Tensor; output: Tensor; decoder: Variable },
  ): LossTerm {
    const { engine } = tape;
    const { coefficient } = this.#settings;
    if (!codes) return { name: 'auxK', coefficient, rows: tape.own(engine.zeros([1])), scale: 1 };
    const left = tape.own(engine.subtract(target, output));
    const zero = tape.own(engine.zeros([target.shape[1]!]));
    const rows = squaredError(tape, decode(tape, codes, decoder, zero), left);
    const share = Math.min(this.#count / this.#k, 1);
    return { name: 'auxK', coefficient, rows, scale: share / target.size };
  }
}
