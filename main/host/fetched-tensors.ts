import { basename } from 'node:path';
import type { FetchedTensors } from '../../shared/contract/comparisons.ts';
import type { Blobs } from './blobs.ts';
import type { HostOptions } from './options.ts';
import { describeTensors } from './read-comparisons.ts';

/** A safetensors file as a page fetches it: where, and what lies where in it. @throws AppError */
export function fetchedTensors(
  path: string,
  blobs: Blobs,
  { blobAddress }: Pick<HostOptions, 'blobAddress'>,
): FetchedTensors {
  const handle = blobs.add({
    path,
    contentType: 'application/octet-stream',
    name: basename(path),
  });
  return { url: blobAddress(handle), ...describeTensors(path) };
}
