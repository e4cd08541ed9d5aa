import { AppError } from '../../../shared/errors.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { openFileBytes, type ByteSource } from '../file-bytes.ts';
import { readNpz } from '../npz.ts';
import { readSafetensors } from '../safetensors.ts';
import type { PickleValue } from '../torch-zip/pickle.ts';
import { readTorchZip } from '../torch-zip/torch-zip.ts';

/** A file of tensors of one of three kinds. */
export interface OpenTensors {
  readonly kind: 'safetensors' | 'torch' | 'npz';
  readonly reader: TensorReader;
  /** What a file of torch.save holds beside its tensors. */
  readonly document?: PickleValue;
}

const zipStart = 0x04034b50;

/**
 * Opens a file of tensors by what it begins with, whatever it is called. A ZIP file is npz where its
 * entries are arrays, else one of torch.save.
 * @throws AppError as the readers do, `unsupported` for another kind of file.
 */
export function openTensors(path: string): OpenTensors {
  return readTensors(openFileBytes(path));
}

/** As `openTensors`; takes over the bytes. */
export function readTensors(bytes: ByteSource): OpenTensors {
  const { file, size } = bytes;
  const head = size < 9 ? Buffer.alloc(9) : bytes.read(0, Math.min(size, 512));
  if (head.readUInt32LE(0) === zipStart) {
    if (firstName(head).endsWith('.npy')) return { kind: 'npz', reader: readNpz(bytes) };
    const reader = readTorchZip(bytes);
    return { kind: 'torch', reader, document: reader.document };
  }
  if (isLegacyTorch(head, file)) {
    bytes.close();
    throw new AppError(
      'unsupported',
      `${file} is a bare pickle, a tar, or an older file of torch.save, which Assay does not read: such files can run what they like when they are loaded. If you trust it, convert it in Python: safetensors.torch.save_file(torch.load("in.pt", weights_only=True), "out.safetensors").`,
      { file, place: 'byte 0' },
    );
  }
  return { kind: 'safetensors', reader: readSafetensors(bytes) };
}

/** Name of the entry that a ZIP file begins with. */
function firstName(head: Buffer): string {
  return head.toString('latin1', 30, 30 + head.readUInt16LE(26));
}

/** Pickles begin with a protocol; what is called .pt and is no ZIP file is of an older kind. */
function isLegacyTorch(head: Buffer, file: string): boolean {
  return (
    (head[0] === 0x80 && head[1]! <= 5 && head[8] !== 0x7b) || /\.(pt|pth|pkl|tar)$/.test(file)
  );
}
