import { AppError } from '../../shared/errors.ts';

export type ChecksumAlgorithm = 'md5' | 'sha256' | 'git-sha1';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Lower case. */
  readonly hex: string;
}

/** A file of a hub before it is downloaded. */
export interface RemoteFile {
  /** Relative, with forward slashes; checked by `checkedPath`. */
  readonly path: string;
  /** Null where the hub does not tell. */
  readonly bytes: number | null;
  readonly checksum: Checksum | null;
  /** Tells this content from an earlier one under the same path where there is no checksum. */
  readonly version: string;
  /** Addresses to try in order; a later one where an earlier one is not given without a key. */
  readonly urls: readonly string[];
}

const mostCharacters = 1024;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * The path of a hub's file, if it can lie in a folder of ours and nowhere else on any system.
 * @throws AppError `corrupt` for names that lead out of the folder or mean something to a system.
 */
export function checkedPath(path: string, hub: string): string {
  const parts = path.split('/');
  const isFine =
    path.length > 0 &&
    path.length <= mostCharacters &&
    parts.every(
      (part) =>
        part !== '' &&
        !/^\.+$/.test(part) &&
        !/[\\:*?"<>|\p{Cc}]/u.test(part) &&
        !/[. ]$/.test(part) &&
        part.length <= 255 &&
        !reserved.test(part),
    );
  if (isFine) return path;
  throw new AppError(
    'corrupt',
    `${hub} names a file '${path.slice(0, 200)}', which could lie outside the folder for downloads or cannot be a file here. It is not downloaded: choose others.`,
    { file: path.slice(0, mostCharacters), place: 'name of the file' },
  );
}

/**
 * The checksum that W&B tells of a file: md5 in base64 (or hex on some servers).
 * @returns null for anything else, as of files that were uploaded in parts
 */
export function md5Checksum(text: string | null | undefined): Checksum | null {
  if (text === null || text === undefined) return null;
  if (/^[0-9a-f]{32}$/i.test(text)) return { algorithm: 'md5', hex: text.toLowerCase() };
  if (!/^[A-Za-z0-9+/]{22}==$/.test(text)) return null;
  return { algorithm: 'md5', hex: Buffer.from(text, 'base64').toString('hex') };
}
