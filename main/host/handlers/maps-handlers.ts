import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MapAnswer, MapInput } from '../../../shared/contract/maps.ts';
import type { Topics } from '../../../shared/contract/topics.ts';
import type { AssayContract } from '../../../shared/contract/index.ts';
import { featureColumns, labelledFeatures } from '../../db/features.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';
import { cacheFolder } from '../../jobs/cache-folder.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import type { Blobs } from '../blobs.ts';
import { fetchedTensors } from '../fetched-tensors.ts';
import { mapFile, mapNeighbours, mapSeed } from '../map-file.ts';
import type { HostOptions } from '../options.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import { dictionaryFile, findDictionary } from '../read-features.ts';
import type { HandlerGroup } from './group.ts';

/** A hundred thousand directions take minutes on a GPU and the better part of an hour on a laptop. */
const longest = 12 * 3600 * 1000;

export function mapsHandlers(parts: {
  projects: Projects;
  queries: QueryService;
  blobs: Blobs;
  topics: Topics<AssayContract>;
  options: HostOptions;
}): HandlerGroup<'maps'> {
  const { projects, queries, blobs, topics, options } = parts;
  const answer = (opened: Project, dictionaries: readonly string[]): MapAnswer => ({
    ...fetchedTensors(mapFile(opened.path, dictionaries), blobs, options),
    latents: dictionaries.map((id) => findDictionary(opened, id).latents),
    neighbours: mapNeighbours,
    seed: mapSeed,
  });
  return {
    'maps.get': async ({ project, dictionaries }) => {
      const opened = await projects.get(project);
      return existsSync(mapFile(opened.path, dictionaries)) ? answer(opened, dictionaries) : null;
    },
    'maps.make': async (input: MapInput, { signal }) => {
      const opened = await projects.get(input.project);
      const files = input.dictionaries.map((id) =>
        dictionaryFile(opened, findDictionary(opened, id)),
      );
      const out = mapFile(opened.path, input.dictionaries);
      const onProgress = (done: number, total: number) =>
        topics.publish('maps.progress', input, { done, total });
      await ask(
        queries,
        'map',
        { dictionaries: files, neighbours: mapNeighbours, seed: mapSeed, out },
        { signal, timeout: longest, onProgress },
      );
      return answer(opened, input.dictionaries);
    },
    'maps.columns': async ({ project, dictionary }) => {
      const opened = await projects.get(project);
      const { key } = findDictionary(opened, dictionary);
      const file = join(cacheFolder(opened.path, 'columns'), `${dictionary}.safetensors`);
      if (!existsSync(file)) writeColumns(file, featureColumns(opened.db, key));
      return {
        ...fetchedTensors(file, blobs, options),
        labelled: labelledFeatures(opened.db, key),
      };
    },
  };
}

function writeColumns(file: string, columns: ReturnType<typeof featureColumns>): void {
  mkdirSync(dirname(file), { recursive: true });
  const shape = [columns.count.length];
  const unfinished = `${file}.${process.pid}.tmp`;
  writeSafetensors(
    unfinished,
    Object.entries(columns).map(([name, data]) => ({ name, shape, data })),
  );
  renameSync(unfinished, file);
}
