import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { startsOf, tokensOf } from '../../../../shared/domain/run-spec.ts';
import { modelFiles } from '../../../formats/model-folder.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { parseStrictJson } from '../../../formats/strict-json.ts';
import { describeInputs, describeSurroundings, type InputPace } from '../../provenance.ts';
import type { TrainInputs } from './inputs.ts';
import { insideProject } from '../inside-project.ts';
import { tokenSource, type TokenSource } from '../tokens/token-source.ts';

/** What a run is made from and on, so that it can be made again or told apart from another. */
export async function describeProvenance(
  inputs: TrainInputs,
  pace?: InputPace,
): Promise<Record<string, unknown>> {
  const { projectPath, plan, engine } = inputs;
  const { spec } = plan;
  const sources = tokensOf(spec).map(([, ref]) => tokenSource(projectPath, ref, spec.model));
  const files = new Set([
    ...modelFiles(insideProject(projectPath, spec.model)).map((file) =>
      relative(projectPath, file),
    ),
    ...sources.flatMap(({ files }) => files.map((file) => relative(projectPath, file))),
    ...(spec.features?.labels === undefined ? [] : [spec.features.labels]),
    ...startsOf(spec),
  ]);
  const present = [...files].filter((file) => existsSync(insideProject(projectPath, file)));
  return {
    engine: engine.info,
    inputs: await describeInputs(projectPath, present.sort(), pace),
    packed: packedTokens(sources),
    ...describeSurroundings(projectPath),
    startedAt: new Date().toISOString(),
  };
}

/** How text became rows of tokens, by the file or folder that holds it, and what became of its documents. */
function packedTokens(sources: readonly TokenSource[]): Record<string, unknown> {
  return Object.fromEntries(
    sources.flatMap(({ ref, prepared }) => {
      if (prepared === undefined) return [];
      const reader = openSafetensors(prepared);
      reader.close();
      return [[ref.file, parseStrictJson(reader.metadata.get('assay') ?? '{}', prepared)]];
    }),
  );
}
