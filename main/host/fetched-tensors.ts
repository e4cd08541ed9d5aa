import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { FetchedTensors } from '../../shared/contract/comparisons.ts';
import { tensorPlaces } from '../formats/safetensors.ts';
import type { Blobs } from './blobs.ts';
import type { HostOptions } from './options.ts';

/** A safetensors file as a page fetches it: where, and what lies where in it. @throws AppError */
export function fetchedTensors(
  file: string,
  blobs: Blobs,
  { blobAddress }: Pick<HostOptions, 'blobAddress'>,
): FetchedTensors {
  const tensors = tensorPlaces(file).map(({ name, dtype, shape, offset }) => ({
    name,
    // What is written for pages has only the types that the contract lists; the contract checks it.
    dtype: dtype as FetchedTensors['tensors'][number]['dtype'],
    shape: [...shape],
    offset,
  }));
  const handle = blobs.add({
    path: file,
    contentType: 'application/octet-stream',
    name: basename(file),
  });
  return { url: blobAddress(handle), bytes: statSync(file).size, tensors };
}
