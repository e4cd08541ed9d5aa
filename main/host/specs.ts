import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isDictionaryId, type CompareSpec } from '../../shared/domain/compare-spec.ts';
import { dictionaryFilesOf } from '../../shared/domain/features-spec.ts';
import { parseJobSpec, type FeaturesSpec, type JobSpec } from '../../shared/domain/job-spec.ts';
import { startsOf } from '../../shared/domain/run-spec.ts';
import { AppError, fileError, hasCode } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { positionsIn } from '../formats/e2e-sae/checkpoint.ts';
import { lensHookNames } from '../formats/e2e-sae/positions.ts';
import { e2eSaeSpec, isE2eSae, type E2eSaeSources } from '../formats/e2e-sae/spec.ts';
import { openModelFolder } from '../formats/model-folder.ts';
import { parseYaml } from '../formats/yaml.ts';
import { insideProject } from './paths.ts';

/**
 * Reads a job spec from YAML (of which JSON is a part) or takes one that is an object already, and
 * checks it. A run config or a sweep of e2e_sae is read as the spec that does the same.
 * @param source names it in messages
 * @param folder where the config that a sweep is over is looked for
 * @throws AppError `bad-spec` naming line or field.
 */
export function readSpec(spec: unknown, source: string, folder?: string): JobSpec {
  const document = typeof spec === 'string' ? parseYaml(spec, source) : spec;
  if (!isE2eSae(document)) return parseJobSpec(document, source);
  return parseJobSpec(e2eSaeSpec(document, source, sourcesIn(folder, source)), source);
}

/** What a config of e2e_sae calls by name, in the project. */
function sourcesIn(folder: string | undefined, source: string): E2eSaeSources {
  return {
    readBase(path) {
      const name = beside(folder, path, source, 'command', `this is a sweep over ${path}`);
      return parseYaml(readSpecText(folder!, name), path);
    },
    hookNames(model) {
      const words = `parts of names among sae_positions need the model ${model} to be looked up`;
      const name = beside(folder, model, source, 'tlens_model_name', words);
      const opened = openModelFolder(insideProject(folder!, name));
      opened.weights.close();
      return lensHookNames(opened.config, opened.configFile);
    },
    openSaved(path) {
      const words = `it goes on from ${path}`;
      const name = beside(folder, path, source, 'saes.pretrained_sae_paths', words);
      return { path: name, positions: positionsIn(insideProject(folder!, name)) };
    },
  };
}

/** A config names files by paths of its author's machine: the name alone will do, too. */
function beside(
  folder: string | undefined,
  path: string,
  source: string,
  place: string,
  words: string,
): string {
  for (const name of folder === undefined ? [] : [path, basename(path)]) {
    try {
      insideProject(folder!, name);
      return name;
    } catch (error) {
      if (!hasCode(error, 'not-found') && name !== path) throw error;
    }
  }
  throw new AppError('not-found', `${source}: ${words}. Put it into the project folder.`, {
    file: source,
    place,
  });
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
  if (spec.kind === 'compare') return filesOfComparison(spec);
  if (spec.kind === 'features') return filesOfFeatures(spec);
  if (spec.kind === 'stability')
    return {
      table: spec.table,
      ...(spec.secondTable === undefined ? {} : { secondTable: spec.secondTable }),
    };
  if (spec.kind === 'import') return { source: spec.source };
  if (spec.kind === 'predict') return { 'labels.file': spec.labels.file };
  const { model, tokens, evaluation, features } = spec;
  const starts = startsOf(spec);
  return {
    model,
    'tokens.file': tokens.file,
    ...(evaluation ? { 'evaluation.tokens.file': evaluation.tokens.file } : {}),
    ...(features ? { 'features.tokens.file': features.tokens.file } : {}),
    ...Object.fromEntries(starts.map((start, index) => [`dictionary.start.${index}`, start])),
    ...(features?.labels === undefined ? {} : { 'features.labels': features.labels }),
  };
}

/** Dictionaries by their paths; those that are named by an id lie in the project's own folder. */
function filesOfComparison({ dictionaries, tokens }: CompareSpec): Record<string, string> {
  const paths = [...dictionaries.entries()].filter(([, name]) => !isDictionaryId(name));
  return {
    'tokens.file': tokens.file,
    ...Object.fromEntries(paths.map(([place, path]) => [`dictionaries.${place}`, path])),
  };
}

function filesOfFeatures(spec: FeaturesSpec): Record<string, string> {
  const { model, tokens, labels } = spec;
  const dictionaries = dictionaryFilesOf(spec);
  return {
    ...(model === undefined ? {} : { model }),
    'tokens.file': tokens.file,
    ...(labels === undefined ? {} : { labels }),
    ...Object.fromEntries(dictionaries.map((file, index) => [`dictionaries.${index}`, file])),
  };
}

/** @throws AppError `bad-spec` for a file outside the project, `not-found` for a missing one. */
export function checkFilesOfSpec(spec: JobSpec, projectPath: string): void {
  for (const file of Object.values(filesOfSpec(spec))) insideProject(projectPath, file, 'bad-spec');
}
