import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { canonicalJson } from '../../../../shared/domain/canonical-json.ts';
import type { TokensRef } from '../../../../shared/domain/tokens.ts';
import { AppError, fileError } from '../../../../shared/errors.ts';
import { openTokenizerOf } from '../../../formats/model-folder.ts';
import { extensionOf, recordFormats } from '../../../formats/token-records.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { insideProject } from '../inside-project.ts';

/** The files behind a reference to tokens. */
export interface TokenSource {
  readonly ref: TokensRef;
  /** Absolute paths, in the order of their names. */
  readonly files: readonly string[];
  /** Where they must be written as rows of tokens first: there, once that is done. */
  readonly prepared: string | undefined;
}

const directFormats = ['.safetensors', '.npy'];

/**
 * Finds the files behind a reference and, for those that hold text or lists, where they are kept as
 * rows. The place follows from names, sizes and times of the files, from the tokenizer and from how
 * they are packed, so that a change of any of these makes them anew.
 * @param model path of the model, whose tokenizer is used
 * @throws AppError `not-found`, `bad-input` for a folder of several formats, `bad-spec`.
 */
export function tokenSource(projectPath: string, ref: TokensRef, model: string): TokenSource {
  const files = tokenFiles(insideProject(projectPath, ref.file));
  const isDirect = directFormats.includes(extensionOf(files[0]!));
  if (isDirect && ref.text)
    throw new AppError('bad-spec', `${ref.file} holds token ids; leave out 'text'.`, {
      file: ref.file,
      place: 'text',
    });
  if (isDirect) return { ref, files, prepared: undefined };
  if (extensionOf(files[0]!) === '.txt' && !ref.text)
    throw new AppError(
      'bad-spec',
      `${ref.file} is text: say how it becomes rows of tokens, such as text: {packing: concatenate} and context: 128.`,
      { file: ref.file, place: 'text' },
    );
  const key = tokenKey(files, ref, insideProject(projectPath, model));
  return { ref, files, prepared: join(cacheFolder(projectPath, 'tokens'), `${key}.safetensors`) };
}

/** The file itself or, for a folder, its files of token data, which must be of one format. */
export function tokenFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    throw fileError(error, path);
  }
  const known = [...directFormats, ...recordFormats];
  const names = readdirSync(path)
    .filter((name) => !name.startsWith('.') && known.includes(extensionOf(name)))
    .sort();
  const formats = new Set(names.map(extensionOf));
  if (formats.size === 1) return names.map((name) => join(path, name));
  throw new AppError(
    formats.size === 0 ? 'not-found' : 'bad-input',
    formats.size === 0
      ? `${path} holds no files of tokens (${known.join(', ')}).`
      : `${path} holds files of several formats (${[...formats].join(', ')}), and tokens come from files of one. Put them into folders of their own.`,
    { file: path },
  );
}

/** Equal keys give equal rows: names, sizes and times of files, how they are packed, the tokenizer. */
export function tokenKey(
  files: readonly string[],
  ref: Omit<TokensRef, 'file'>,
  modelPath: string,
): string {
  const sources = files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [relative(modelPath, file), size, mtimeMs];
  });
  const tokenizer = ref.text ? tokenizerHash(modelPath) : null;
  const { tensor, context, text } = ref;
  const content = { version: 1, sources, tensor, context, text, tokenizer };
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
}

/** Hash of the files that make a tokenizer. @throws AppError `not-found` where there is none. */
export function tokenizerHash(modelPath: string): string {
  const file = openTokenizerOf(modelPath)?.file;
  if (file === undefined)
    throw new AppError(
      'not-found',
      `${modelPath} has no tokenizer.json, so text cannot be turned into tokens. Copy the model's tokenizer into the folder.`,
      { file: modelPath },
    );
  const config = join(file, '..', 'tokenizer_config.json');
  const hash = createHash('sha256').update(readFileSync(file));
  if (existsSync(config)) hash.update('\0').update(readFileSync(config));
  return hash.digest('hex');
}
