/** What the readers of tensor files have in common: bytes of a dtype as numbers, and checked ranges. */
import { AppError } from '../../shared/errors.ts';
import {
  dtypeBytes,
  type Dtype,
  type TensorInfo,
  type TensorReader,
} from '../../shared/domain/tensors.ts';
import { brainToFloat, halfToFloat } from './floats.ts';

/** Little-endian bytes of (part of) a tensor, in a buffer of their own. */
export interface TensorBytes {
  /** File and tensor, for messages. */
  readonly source: string;
  readonly name: string;
  readonly dtype: Dtype;
  readonly bytes: Buffer;
}

/** What tells one reader of tensor files from another. */
export interface TensorSource<T extends TensorInfo> {
  readonly source: string;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, T>;
  /** Bytes of the entries `start` up to `end`, row-major; their range is checked. */
  readonly bytes: (tensor: T, start: number, end: number, into?: Buffer) => Buffer;
  /** As of a TensorReader. */
  readonly readsInParts?: (tensor: T) => boolean;
  readonly close: () => void;
}

/** A reader over bytes: names and ranges checked, numbers of any dtype. */
export function readerOf<T extends TensorInfo>(from: TensorSource<T>): TensorReader {
  const { source, metadata = new Map(), tensors, close } = from;
  const read = (name: string, start = 0, end?: number, into?: Float32Array): TensorBytes => {
    const tensor = requireTensor(source, tensors, name);
    const last = requireRange(source, tensor, start, end);
    const room =
      into && tensor.dtype === 'F32'
        ? Buffer.from(into.buffer, into.byteOffset, into.byteLength)
        : undefined;
    return { source, name, dtype: tensor.dtype, bytes: from.bytes(tensor, start, last, room) };
  };
  return {
    source,
    metadata,
    tensors,
    floats: (name, start, end, into) => asFloats(read(name, start, end, into)),
    doubles: (name, start, end) => asDoubles(read(name, start, end)),
    ints: (name, start, end) => asInts(read(name, start, end)),
    readsInParts: (name) => from.readsInParts?.(requireTensor(source, tensors, name)) ?? true,
    close,
  };
}

/** As float32: float16 and bfloat16 widened, float64 rounded. Throws `dtype-mismatch` for integers. */
export function asFloats(tensor: TensorBytes): Float32Array {
  const { dtype } = tensor;
  const { buffer, at, length } = layout(tensor);
  if (dtype === 'F32') return new Float32Array(buffer, at, length);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer, at, length));
  if (dtype !== 'F16' && dtype !== 'BF16')
    throw mismatch(tensor, 'floating-point numbers are expected');
  const halves = new Uint16Array(buffer, at, length);
  const widen = dtype === 'F16' ? halfToFloat : brainToFloat;
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) out[i] = widen(halves[i]!);
  return out;
}

/** As float64, exactly. Throws `dtype-mismatch` for integers. */
export function asDoubles(tensor: TensorBytes): Float64Array {
  if (tensor.dtype !== 'F64') return Float64Array.from(asFloats(tensor));
  const { buffer, at, length } = layout(tensor);
  return new Float64Array(buffer, at, length);
}

/** Integers or booleans as int32. Throws `dtype-mismatch` for floats and for values that do not fit. */
export function asInts(tensor: TensorBytes): Int32Array {
  const { buffer, at, length } = layout(tensor);
  switch (tensor.dtype) {
    case 'I32':
      return new Int32Array(buffer, at, length);
    case 'I16':
      return Int32Array.from(new Int16Array(buffer, at, length));
    case 'I8':
      return Int32Array.from(new Int8Array(buffer, at, length));
    case 'U16':
      return Int32Array.from(new Uint16Array(buffer, at, length));
    case 'U8':
    case 'BOOL':
      return Int32Array.from(new Uint8Array(buffer, at, length));
    case 'U32':
      return narrow(tensor, new Uint32Array(buffer, at, length));
    case 'I64':
      return narrow(tensor, new BigInt64Array(buffer, at, length));
    case 'U64':
      return narrow(tensor, new BigUint64Array(buffer, at, length));
    default:
      throw mismatch(tensor, 'whole numbers are expected');
  }
}

/** @throws AppError `not-found`, listing what there is. */
export function requireTensor<T extends TensorInfo>(
  source: string,
  tensors: ReadonlyMap<string, T>,
  name: string,
): T {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  throw new AppError(
    'not-found',
    `${source} has no tensor '${name}'. It has: ${[...tensors.keys()].slice(0, 12).join(', ')}.`,
    { file: source, place: name },
  );
}

/** The end of a range of entries. @throws AppError `bad-input` where it does not lie in the tensor. */
export function requireRange(
  source: string,
  { name, size }: TensorInfo,
  start: number,
  end: number | undefined,
): number {
  const last = end ?? size;
  if (start >= 0 && last <= size && start <= last) return last;
  throw new AppError(
    'bad-input',
    `${source}: entries ${start} to ${last} were asked of tensor '${name}', which has ${size}.`,
    { file: source, place: name },
  );
}

function layout({ dtype, bytes }: TensorBytes) {
  const buffer = bytes.buffer as ArrayBuffer;
  return { buffer, at: bytes.byteOffset, length: bytes.length / dtypeBytes[dtype] };
}

function narrow(
  { source, name }: TensorBytes,
  values: Uint32Array | BigInt64Array | BigUint64Array,
): Int32Array {
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    out[i] = value;
    if (out[i] !== value)
      throw new AppError(
        'dtype-mismatch',
        `${source}: tensor '${name}' holds ${value} at entry ${i}, which does not fit 32 bits.`,
        { file: source, place: name, entry: i },
      );
  }
  return out;
}

function mismatch({ source, name, dtype }: TensorBytes, expected: string): AppError {
  return new AppError(
    'dtype-mismatch',
    `${source}: tensor '${name}' holds ${dtype}, where ${expected}.`,
    { file: source, place: name, dtype },
  );
}
