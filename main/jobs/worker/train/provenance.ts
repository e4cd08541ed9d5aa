import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { startsOf } from '../../../../shared/domain/job-spec.ts';
import { modelFiles } from '../../../formats/model-folder.ts';
import { describeInputs, describeSurroundings } from '../../provenance.ts';
import type { TrainInputs } from './inputs.ts';
import { insideProject } from './plan.ts';

/** What a run is made from and on, so that it can be made again or told apart from another. */
export function describeProvenance(inputs: TrainInputs): Record<string, unknown> {
  const { projectPath, plan, engine } = inputs;
  const { spec } = plan;
  const files = new Set([
    ...modelFiles(insideProject(projectPath, spec.model)).map((file) =>
      relative(projectPath, file),
    ),
    spec.tokens.file,
    ...(spec.evaluation ? [spec.evaluation.tokens.file] : []),
    ...(spec.features ? [spec.features.tokens.file] : []),
    ...(spec.features?.labels === undefined ? [] : [spec.features.labels]),
    ...startsOf(spec),
  ]);
  const present = [...files].filter((file) => existsSync(insideProject(projectPath, file)));
  return {
    engine: engine.info,
    inputs: describeInputs(projectPath, present.sort()),
    ...describeSurroundings(projectPath),
    startedAt: new Date().toISOString(),
  };
}
