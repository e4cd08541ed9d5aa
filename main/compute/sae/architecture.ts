import type { ArchitectureName } from '../../../shared/domain/job-spec.ts';
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
  /** Terms of the loss that belong to the architecture, such as an auxiliary reconstruction. */
  readonly terms?: readonly LossTerm[];
}

/** How a parameter is called in a dictionary file, in SAELens' names and orientation. */
export interface FileTensor<Name extends string = string> {
  readonly parameter: Name | CommonParameter;
  readonly tensor: string;
  /** True where the file has columns for rows. */
  readonly transposed: boolean;
}

/**
 * One kind of dictionary: its parameters, how it encodes and decodes, and how it is kept. Everything
 * that trains, measures or stores dictionaries works through this interface alone.
 */
export interface Architecture<Name extends string = string> {
  readonly name: ArchitectureName;

  /** Every trained parameter with its shape, in the order of optimiser and checkpoints. */
  parameters(shape: DictionaryShape): readonly ParameterShape<Name>[];

  /** Random initial parameters, from counter-based streams of the seed; the caller's. */
  initialise(engine: Engine, shape: DictionaryShape, seed: number): DictionaryParameters<Name>;

  /** The training pass: codes and output of x [r, d], with gradients to the parameters and to x. */
  forward(tape: Tape, variables: ByParameter<Variable, Name>, x: Variable): Forward;

  /** Changes gradients in place before they are clipped and used, as a projection does. */
  constrainGradients?(
    engine: Engine,
    parameters: DictionaryParameters<Name>,
    gradients: DictionaryParameters<Name>,
  ): void;

  /** Brings parameters back to where they must lie, in place, after an optimiser step. */
  constrainParameters?(engine: Engine, parameters: DictionaryParameters<Name>): void;

  /** Parameters for inference: copies, the rows of the decoder of unit length. The caller's. */
  freeze(engine: Engine, parameters: DictionaryParameters<Name>): DictionaryParameters<Name>;

  /** Codes of x [r, d] under frozen parameters; the output is codes x decoder + decoderBias. */
  encode(tape: Tape, frozen: ByParameter<Variable, Name>, x: Variable): Codes;

  /** The tensors of a dictionary file. */
  readonly file: readonly FileTensor<Name>[];
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
