/**
 * Tensor files as the rest of the program sees them. `main/formats` opens files and gives readers;
 * `main/compute` consumes readers and never touches a path.
 */
export const dtypes = [
  'F64',
  'F32',
  'F16',
  'BF16',
  'I64',
  'I32',
  'I16',
  'I8',
  'U64',
  'U32',
  'U16',
  'U8',
  'BOOL',
] as const;
export type Dtype = (typeof dtypes)[number];

export const dtypeBytes: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly size: number;
}

/** Tensors of one source (a file, or several shards), read on demand. Row-major. */
export interface TensorReader {
  /** Path or name of the source, for messages. */
  readonly source: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * Entries `start` up to `end` (default: all) as float32; float16 and bfloat16 are widened, float64
   * rounded. Throws `not-found` for an unknown name and `dtype-mismatch` for integer tensors. They may
   * come at the start of `into`, which is as long at least, to use its memory again.
   */
  floats(name: string, start?: number, end?: number, into?: Float32Array): Float32Array;
  /** As `floats`, in float64: exact for every floating-point dtype. */
  doubles(name: string, start?: number, end?: number): Float64Array;
  /**
   * Entries of an integer or boolean tensor as int32. Throws `dtype-mismatch` for floats and for
   * values that do not fit.
   */
  ints(name: string, start?: number, end?: number): Int32Array;
  /**
   * To be asked before a tensor is read in parts that do not follow each other: whether a part costs no
   * more than its own bytes. Where the file has checksums, the last part throws `corrupt` if the tensor
   * does not have its own.
   */
  readsInParts?(name: string): boolean;
  close(): void;
}

/** A tensor to be written. The array's type gives the dtype. */
export interface TensorData {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data:
    Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;
}
