import type { ArchitectureName } from '../../../shared/domain/dictionary.ts';
import type { Engine, Tensor } from '../engine.ts';
import type { Codes } from '../ops/codes.ts';
import type { Tape, Variable } from '../tape.ts';

export interface DictionaryShape {
  /** Width d of the hook point. */
  readonly dIn: number;
  /** Number n of latents. */
  readonly latents: number;
}

/**
 * What every dictionary has, latents along rows, so that all that concerns one latent lies together:
 * encoder W_enc [n, d], decoder W_dec [n, d], decoderBias b_dec [d]. An architecture names the rest.
 */
export type CommonParameter = 'encoder' | 'decoder' | 'decoderBias';

/** One value for each parameter: its tensor, its variable on a tape, its gradient, its moment. */
export type ByParameter<T, Name extends string = string> = Readonly<Record<CommonParameter, T>> &
  Readonly<Record<Name, T>>;

/** Parameters of a dictionary on an engine. */
export type DictionaryParameters<Name extends string = string> = ByParameter<Tensor, Name>;

export interface ParameterShape<Name extends string = string> {
  readonly name: Name | CommonParameter;
  readonly shape: readonly number[];
}

/** A term of the loss: coefficient x scale x sum of its rows; logged as scale x sum of its rows. */
export interface LossTerm {
  /** Key of its curve. */
  readonly name: string;
  readonly coefficient: number;
  /** [r] */
  readonly rows: Variable;
  readonly scale: number;
  /** Name of a term whose value, divided by this one's + 1e-8, multiplies the coefficient as a constant. */
  readonly balancedBy?: string | undefined;
}

/** What a dictionary made of activations x [r, d], on a tape. */
export interface Forward {
  readonly codes: Codes;
  /** [r, d] */
  readonly output: Variable;
  /** What the p-norm of the objective is taken of, where that is not the codes. */
  readonly penalised?: Codes;
  /** What takes the place of the p-norm of each row [r], such as a count with its own gradient. */
  readonly sparsity?: Variable;
  /** Terms of the loss that belong to the architecture, such as an auxiliary reconstruction. */
  readonly terms?: readonly LossTerm[];
}

/**
 * Numbers that training carries along beside the parameters, such as for how many tokens each latent
 * has been idle. They have no gradient, lie on the host and belong to checkpoints.
 */
export type Buffers = Readonly<Record<string, Float64Array>>;

/** What a part of a batch says to the buffers. */
export interface Seen {
  readonly codes: Codes;
  /** Sum of each latent's codes [n]. */
  readonly firing: Tensor;
  readonly tokens: number;
}

/** How a parameter is called in a dictionary file, in SAELens' names and orientation. */
export interface FileTensor<Name extends string = string> {
  readonly parameter: Name | CommonParameter;
  readonly tensor: string;
  /** True where the file has columns for rows. */
  readonly transposed: boolean;
}

/** What a dictionary needs to be used, whether it was trained here or by another tool. */
export interface FrozenArchitecture<Frozen extends string = string> {
  readonly name: string;

  /** Codes of x [r, d] under frozen parameters. */
  encode(tape: Tape, frozen: ByParameter<Variable, Frozen>, x: Variable): Codes;

  /**
   * An output [r, dOut] on the scale of x [r, d], where the encoder sees x on another; the caller's. The
   * output is codes x decoder + decoderBias, restored, and x times the skip connection
   * (skip-connection.ts) where there is one.
   */
  restore?(engine: Engine, output: Tensor, x: Tensor): Tensor;
}

/**
 * One kind of dictionary: its parameters, how it encodes and decodes, and how it is kept. Everything
 * that trains, measures or stores dictionaries works through this interface alone.
 */
export interface Architecture<
  Name extends string = string,
  Frozen extends string = Name,
> extends FrozenArchitecture<Frozen> {
  readonly name: ArchitectureName;
  /** Tensors [r, n] that are alive at once, at most, in a step whose codes are dense. */
  readonly codesAtPeak: number;
  /** What a dictionary file must say besides its tensors. */
  readonly settings?: Readonly<Record<string, string>>;

  /** Every trained parameter with its shape, in the order of optimiser and checkpoints. */
  parameters(shape: DictionaryShape): readonly ParameterShape<Name>[];

  /** Random initial parameters, from counter-based streams of the seed; the caller's. */
  initialise(engine: Engine, shape: DictionaryShape, seed: number): DictionaryParameters<Name>;

  /** The buffers before the first step; none where not given. */
  buffers?(shape: DictionaryShape): Buffers;

  /**
   * The training pass: codes and output of x [r, d], with gradients to the parameters, to x and to
   * `target` [r, d], what the output is to be: x itself but for a transcoder.
   */
  forward(
    tape: Tape,
    variables: ByParameter<Variable, Name>,
    x: Variable,
    buffers: Buffers,
    target: Variable,
  ): Forward;

  /** Brings the buffers up to date with a part of a batch, in place, after its forward pass. */
  remember?(engine: Engine, buffers: Buffers, seen: Seen): void;

  /** Changes gradients in place before they are clipped and used, as a projection does. */
  constrainGradients?(
    engine: Engine,
    parameters: DictionaryParameters<Name>,
    gradients: DictionaryParameters<Name>,
  ): void;

  /** Brings parameters back to where they must lie, in place, after an optimiser step. */
  constrainParameters?(engine: Engine, parameters: DictionaryParameters<Name>): void;

  /** Parameters for inference: copies, the rows of the decoder of unit length. The caller's. */
  freeze(
    engine: Engine,
    parameters: DictionaryParameters<Name>,
    buffers: Buffers,
  ): DictionaryParameters<Frozen>;

  /** Every frozen parameter with its shape, where they are not the trained ones. */
  frozenParameters?(shape: DictionaryShape): readonly ParameterShape<Frozen>[];

  /**
   * Parameters to go on training from, the caller's, where they are not the frozen ones; fills in the
   * buffers as far as frozen parameters say what they hold.
   */
  thaw?(
    engine: Engine,
    frozen: DictionaryParameters<Frozen>,
    buffers: Buffers,
  ): DictionaryParameters<Name>;

  /** The tensors of a dictionary file. */
  readonly file: readonly FileTensor<Frozen>[];
}

/** Number of parameters of a dictionary. */
export function parameterCount(architecture: Architecture, shape: DictionaryShape): number {
  return architecture
    .parameters(shape)
    .reduce((sum, { shape: lengths }) => sum + lengths.reduce((size, n) => size * n, 1), 0);
}

/** A value for each parameter of `parameters`. */
export function mapParameters<T, U>(
  parameters: ByParameter<T>,
  value: (parameter: T, name: string) => U,
): ByParameter<U> {
  const entries = Object.entries<T>(parameters);
  return Object.fromEntries(
    entries.map(([name, parameter]) => [name, value(parameter, name)]),
  ) as unknown as ByParameter<U>;
}
