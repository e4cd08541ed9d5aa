import { closeSync, fstatSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';
import {
  dtypeBytes,
  type Dtype,
  type TensorInfo,
  type TensorReader,
} from '../../shared/domain/tensors.ts';
import { closeFile, openFile, readFileBytes, truncatedFile } from './file-bytes.ts';
import { asDoubles, asFloats, asInts, requireRange, requireTensor } from './tensor-bytes.ts';

/**
 * NumPy's .npy (NEP 1; versions 1 to 3): a magic string, the length of a header, a header that is a
 * Python dictionary of three fields, then one array. Only little-endian numbers in C order are read,
 * and the length of the file must be that of the array. Data are read on demand.
 */

const magic = Buffer.from('\x93NUMPY', 'latin1');
/** NumPy itself refuses headers beyond this, unless it is told to trust the file. */
const maximumHeader = 10_000;

const dtypesByCode: Readonly<Record<string, Dtype>> = {
  '|b1': 'BOOL',
  '|i1': 'I8',
  '|u1': 'U8',
  '<i2': 'I16',
  '<u2': 'U16',
  '<i4': 'I32',
  '<u4': 'U32',
  '<i8': 'I64',
  '<u8': 'U64',
  '<f2': 'F16',
  '<f4': 'F32',
  '<f8': 'F64',
};

/**
 * Opens a .npy file as a reader of one tensor, which is called `name`.
 * @throws AppError `truncated`, `corrupt`, `unsupported`, or what the file system says.
 */
export function openNpy(path: string, name: string): TensorReader {
  const fd = openFile(path);
  try {
    return readerOf(fd, path, readHeader(fd, path, name));
  } catch (error) {
    closeSync(fd);
    throw fileError(error, path);
  }
}

interface Header extends TensorInfo {
  readonly offset: number;
}

function readHeader(fd: number, file: string, name: string): Header {
  const fileBytes = fstatSync(fd).size;
  if (fileBytes < 10)
    throw truncatedFile(file, `it has ${fileBytes} bytes, and the header needs 10`);
  const start = readFileBytes(fd, file, 0, 10);
  const version = start[6]!;
  if (!start.subarray(0, 6).equals(magic) || version < 1 || version > 3)
    throw corrupt(file, 'it does not begin as a .npy file of version 1 to 3');
  const lengthBytes = version === 1 ? 2 : 4;
  const dataOf = 8 + lengthBytes;
  if (fileBytes < dataOf) throw truncatedFile(file, 'it ends in its header');
  const length = readFileBytes(fd, file, 8, lengthBytes).readUIntLE(0, lengthBytes);
  if (length > maximumHeader)
    throw corrupt(file, `its header claims ${length} bytes, where ${maximumHeader} are allowed`);
  if (dataOf + length > fileBytes) throw truncatedFile(file, 'it ends in its header');
  const text = readFileBytes(fd, file, dataOf, length).toString('latin1');
  const header = parseHeader(text, file, name);
  const end = dataOf + length + header.size * dtypeBytes[header.dtype];
  if (end > fileBytes)
    throw truncatedFile(file, `its array needs ${end} bytes, and the file has ${fileBytes}`);
  if (end < fileBytes) throw corrupt(file, `${fileBytes - end} bytes follow its array`);
  return { ...header, offset: dataOf + length };
}

/** The three fields as NumPy writes them; anything else that Python could evaluate is refused. */
function parseHeader(text: string, file: string, name: string): TensorInfo {
  const descr = /'descr': *'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const shapeText = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || shapeText === undefined)
    throw corrupt(file, 'its header lacks descr, fortran_order or shape');
  const dtype = Object.hasOwn(dtypesByCode, descr) ? dtypesByCode[descr] : undefined;
  if (!dtype)
    throw new AppError(
      'unsupported',
      `${file} holds '${descr}', which Assay does not read. Convert it with .astype('int32').`,
      { file, place: 'descr' },
    );
  const shape = shapeText
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (order === 'True' && shape.length > 1)
    throw new AppError(
      'unsupported',
      `${file} is in Fortran order. Save numpy.ascontiguousarray(...) of it.`,
      { file, place: 'fortran_order' },
    );
  const size = shape.reduce((product, length) => product * length, 1);
  if (!Number.isSafeInteger(size * 8) || shape.some((length) => !Number.isSafeInteger(length)))
    throw corrupt(file, 'its shape is too large');
  return { name, dtype, shape, size };
}

function readerOf(fd: number, source: string, header: Header): TensorReader {
  const tensors = new Map([[header.name, header]]);
  let closed = false;
  const bytesOf = (name: string, start = 0, end?: number) => {
    const entry = requireTensor(source, tensors, name);
    const last = requireRange(source, entry, start, end);
    const width = dtypeBytes[entry.dtype];
    const bytes = readFileBytes(fd, source, entry.offset + start * width, (last - start) * width);
    return { source, name, dtype: entry.dtype, bytes };
  };
  return {
    source,
    metadata: new Map(),
    tensors,
    floats: (name, start, end) => asFloats(bytesOf(name, start, end)),
    doubles: (name, start, end) => asDoubles(bytesOf(name, start, end)),
    ints: (name, start, end) => asInts(bytesOf(name, start, end)),
    close: () => {
      if (!closed) closeFile(fd, source);
      closed = true;
    },
  };
}

function corrupt(file: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${problem}. Write the file again with numpy.save.`, {
    file,
    place: 'header',
  });
}
