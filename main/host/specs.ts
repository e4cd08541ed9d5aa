import { readFileSync, statSync } from 'node:fs';
import { parseJobSpec, type JobSpec } from '../../shared/domain/job-spec.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { parseYaml } from '../formats/yaml.ts';
import { insideProject } from './paths.ts';

/**
 * Reads a job spec from YAML (of which JSON is a part) or takes one that is an object already, and
 * checks it. @param source names it in messages. @throws AppError `bad-spec` naming line or field.
 */
export function readSpec(spec: unknown, source: string): JobSpec {
  return parseJobSpec(typeof spec === 'string' ? parseYaml(spec, source) : spec, source);
}

/**
 * Text of a spec file of the project, as it stands.
 * @throws AppError `too-large` for what is no spec that somebody wrote, `bad-input`, `not-found` …
 */
export function readSpecText(projectPath: string, name: string): string {
  const path = insideProject(projectPath, name);
  try {
    const { size } = statSync(path);
    if (size > limits.frameBytes / 4)
      throw new AppError('too-large', `${name} is too large to be edited as a spec.`, {
        file: name,
        bytes: size,
      });
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Every file that a spec names, by the field that names it. */
export function filesOfSpec(spec: JobSpec): Record<string, string> {
  if (spec.kind === 'regress') return { table: spec.table };
  const { model, tokens, evaluation, features } = spec;
  return {
    model,
    'tokens.file': tokens.file,
    ...(evaluation ? { 'evaluation.tokens.file': evaluation.tokens.file } : {}),
    ...(features ? { 'features.tokens.file': features.tokens.file } : {}),
    ...(features?.labels === undefined ? {} : { 'features.labels': features.labels }),
  };
}

/** @throws AppError `bad-spec` for a file outside the project, `not-found` for a missing one. */
export function checkFilesOfSpec(spec: JobSpec, projectPath: string): void {
  for (const file of Object.values(filesOfSpec(spec))) insideProject(projectPath, file, 'bad-spec');
}
