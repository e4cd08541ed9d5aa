/** Pieces of pickles, to be joined with `pickle`. */
const bytes = (...values: number[]) => Buffer.from(values);

function number32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeInt32LE(value | 0);
  return out;
}

export const op = (character: string) => Buffer.from(character, 'latin1');
export const text = (value: string) =>
  Buffer.concat([op('X'), number32(Buffer.byteLength(value)), Buffer.from(value)]);
export const int = (value: number) => Buffer.concat([op('J'), number32(value)]);
/** A whole number of 8 bytes. */
export function long(value: bigint): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(value);
  return Buffer.concat([bytes(0x8a, 8), out]);
}
export const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
export const put = (place: number) => bytes(0x71, place);
export const get = (place: number) => bytes(0x68, place);
export const tuple = (...items: Buffer[]) => Buffer.concat([op('('), ...items, op('t')]);
export const dictionary = (...items: [Buffer, Buffer][]) =>
  Buffer.concat([op('}('), ...items.flat(), op('u')]);

export interface StorageParts {
  kind?: string;
  storage?: Buffer;
  key?: string;
  count?: Buffer;
}
export const storage = ({ kind = 'storage', storage: type, key = '0', count }: StorageParts = {}) =>
  Buffer.concat([
    tuple(
      text(kind),
      type ?? global('torch', 'FloatStorage'),
      text(key),
      text('cpu'),
      count ?? int(4),
    ),
    op('Q'),
  ]);

export interface TensorParts {
  of?: Buffer;
  offset?: Buffer;
  shape?: Buffer;
  strides?: Buffer;
}
export const tensor = ({ of, offset, shape, strides }: TensorParts = {}) =>
  Buffer.concat([
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(
      of ?? storage(),
      offset ?? int(0),
      shape ?? tuple(int(4)),
      strides ?? tuple(int(1)),
      op('\x89'),
      Buffer.concat([global('collections', 'OrderedDict'), op(')R')]),
    ),
    op('R'),
  ]);

/** A pickle of protocol 2 with the given body. */
export const pickle = (...body: Buffer[]) => Buffer.concat([bytes(0x80, 2), ...body, op('.')]);
