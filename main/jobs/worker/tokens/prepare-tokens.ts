import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TokensRef } from '../../../../shared/domain/tokens.ts';
import { AppError, fileError } from '../../../../shared/errors.ts';
import { parseModelConfig } from '../../../compute/model/open-transformer.ts';
import { ModelTokenizer } from '../../../compute/model/tokenizer.ts';
import { openModelFolder } from '../../../formats/model-folder.ts';
import { openTokenFile, type TokenFile } from '../../../formats/token-file.ts';
import { stopped, type JobControl } from '../../control.ts';
import { registerUse } from '../../cache-use.ts';
import { tryLock } from '../../file-lock.ts';
import { insideProject } from '../inside-project.ts';
import { tokenKey, tokenSource, tokenizerHash, type TokenSource } from './token-source.ts';
import { namesOf, writeTokens, type TokenTask } from './write-tokens.ts';

const waitMilliseconds = 500;

/** Opens the tokens that a spec refers to. Those that must be prepared have been: see prepareTokens. */
export function openTokens(projectPath: string, ref: TokensRef, model: string): TokenFile {
  const { files, prepared } = tokenSource(projectPath, ref, model);
  if (prepared === undefined) return openTokenFile(files, ref.tensor);
  if (existsSync(prepared)) return openTokenFile(prepared, 'input_ids');
  throw new AppError(
    'not-found',
    `${ref.file} has not been written as rows of tokens, or has changed since. Start the job again.`,
    { file: ref.file },
  );
}

/**
 * Writes text and lists of ids that a job reads as rows of tokens, once for all jobs, so that they can
 * be shuffled as a whole. A job that is stopped takes it up again.
 * @returns how to let go of them: until then they are not removed
 * @throws AppError as `writeTokens`, and `cancelled`.
 */
export async function prepareTokens(
  projectPath: string,
  model: string,
  refs: readonly TokensRef[],
  control: JobControl,
): Promise<() => void> {
  const uses: (() => void)[] = [];
  const release = () => uses.forEach((letGo) => letGo());
  try {
    for (const ref of refs) {
      const source = tokenSource(projectPath, ref, model);
      const { prepared } = source;
      if (prepared === undefined) continue;
      uses.push(registerUse(`${prepared}.users`, 0));
      if (!existsSync(prepared))
        await prepareOne(source, prepared, insideProject(projectPath, model), control);
    }
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function prepareOne(
  source: TokenSource,
  out: string,
  modelPath: string,
  control: JobControl,
): Promise<void> {
  const release = await lock(out, control);
  try {
    // Whoever held the lock before may have done the work.
    if (existsSync(out)) return;
    await writeTokens(tokenTask(source.files, source.ref, modelPath, out), async (done, total) => {
      control.progress('tokenising', done, total, 'bytes');
      if ((await control.next()) === 'stop') throw stopped();
    });
  } finally {
    release();
  }
}

/** Waits while another job writes the same rows. */
async function lock(out: string, control: JobControl): Promise<() => void> {
  try {
    mkdirSync(dirname(out), { recursive: true });
  } catch (error) {
    throw fileError(error, out, 'write');
  }
  for (;;) {
    const release = tryLock(`${out}.lock`);
    if (release) return release;
    if ((await control.next()) === 'stop') throw stopped();
    await setTimeout(waitMilliseconds);
  }
}

/** How documents become token rows for a model. @throws AppError for a model that cannot be read. */
export function tokenTask(
  files: readonly string[],
  ref: Omit<TokensRef, 'file'>,
  modelPath: string,
  out: string,
): TokenTask {
  const { tensor, context, text } = ref;
  const folder = openModelFolder(modelPath);
  folder.weights.close();
  const { vocabulary } = parseModelConfig(folder.config, folder.configFile);
  const hash = text && tokenizerHash(modelPath);
  const found = folder.tokenizer;
  return {
    files,
    text: text &&
      found && {
        pack: text,
        tokenizer: ModelTokenizer.parse(found.document, found.config, vocabulary, found.file),
      },
    column: tensor,
    context,
    vocabulary,
    out,
    key: tokenKey(files, ref, modelPath),
    about: { files: namesOf(files), ...text, context, ...(hash && { tokenizer: hash }) },
  };
}
