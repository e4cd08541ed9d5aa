import { basename } from 'node:path';
import type { Pace } from '../pace.ts';
import { ZipWriter } from '../zip-writer.ts';

/** A tensor of a state dict; its bytes come in pieces, row-major. */
export interface TorchTensor {
  readonly name: string;
  readonly type: 'FloatStorage' | 'IntStorage' | 'LongStorage';
  readonly shape: readonly number[];
  readonly pieces: () => Iterable<Buffer>;
}

/**
 * Writes a state dict as torch.save does in its ZIP form: NAME/data.pkl, protocol 2, an OrderedDict of
 * _rebuild_tensor_v2, and each tensor's numbers in NAME/data/K. torch.load reads it with weights_only.
 * @throws AppError `too-large` beyond 4 GiB, what the file system says, and what `pace` throws.
 */
export async function writeTorchZip(
  path: string,
  tensors: readonly TorchTensor[],
  pace?: Pace,
): Promise<void> {
  const root = basename(path).replace(/\.\w+$/, '');
  const zip = new ZipWriter(path);
  try {
    await zip.add(`${root}/data.pkl`, [pickleOf(tensors)]);
    await zip.add(`${root}/byteorder`, [Buffer.from('little')]);
    for (const [index, { pieces }] of tensors.entries())
      await zip.add(`${root}/data/${index}`, pieces(), pace);
    await zip.add(`${root}/version`, [Buffer.from('3\n')]);
    zip.finish();
  } finally {
    zip.close();
  }
}

const emptyOrderedDict = 'ccollections\nOrderedDict\n)R';

function pickleOf(tensors: readonly TorchTensor[]): Buffer {
  const parts: (string | Buffer)[] = ['\x80\x02', emptyOrderedDict, '('];
  tensors.forEach(({ name, type, shape }, index) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, length) => product * length, 1),
    );
    parts.push(
      text(name),
      'ctorch._utils\n_rebuild_tensor_v2\n((',
      text('storage'),
      `ctorch\n${type}\n`,
      text(`${index}`),
      text('cpu'),
      whole(size),
      'tQK\0(',
      ...shape.map(whole),
      't(',
      ...strides.map(whole),
      't\x89',
      emptyOrderedDict,
      'tR',
    );
  });
  return Buffer.concat(
    [...parts, 'u.'].map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  );
}

/** BINUNICODE */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(5);
  head.write('X', 'latin1');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** BININT, or LONG1 for what does not fit 32 bits. */
function whole(value: number): Buffer {
  const isShort = value < 2 ** 31;
  const bytes = Buffer.alloc(isShort ? 5 : 10);
  if (isShort) {
    bytes.write('J', 'latin1');
    bytes.writeInt32LE(value, 1);
  } else {
    bytes.write('\x8a\x08', 'latin1');
    bytes.writeBigInt64LE(BigInt(value), 2);
  }
  return bytes;
}
