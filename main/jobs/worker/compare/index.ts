import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { minimumCounts, levelOf } from '../../../../shared/domain/comparison.ts';
import type { CompareSpec } from '../../../../shared/domain/job-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import { openEngine } from '../../../compute/engines/open-engine.ts';
import type { Engine } from '../../../compute/engine.ts';
import { modelFiles } from '../../../formats/model-folder.ts';
import type { TokenFile } from '../../../formats/token-file.ts';
import { comparisonFiles, type ComparisonFile } from '../../comparison-files.ts';
import { stopped, type JobControl } from '../../control.ts';
import { removeQuietly, writeFileAtomically } from '../../files.ts';
import { newId } from '../../ids.ts';
import { jobFiles } from '../../job-folder.ts';
import type { JobIo } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import { describeInputs, describeSurroundings, writeProvenance } from '../../provenance.ts';
import { writeResult } from '../../result.ts';
import { insideProject } from '../inside-project.ts';
import type { RunJob } from '../run-worker.ts';
import { openTokens, prepareTokens } from '../tokens/prepare-tokens.ts';
import { tokenSource } from '../tokens/token-source.ts';
import { collectSources } from './collect-sources.ts';
import { comparePairs } from './compare-pairs.ts';
import { planComparison, type ComparePlan } from './compare-plan.ts';
import { writeFeatureColumns } from './feature-columns.ts';

/**
 * Holds dictionaries against each other: one pass of the models with all of them over the tokens, then
 * pair after pair, then what is known of every feature. Whatever ends it early, activations and finished
 * pairs stay and are not made again.
 */
export const runCompareJob: RunJob = async (assignment, control, io) => {
  const { projectPath, folder } = assignment;
  const spec = compareSpecOf(assignment);
  const plan = planComparison(projectPath, spec);
  const { model } = plan.sources[0]!;
  const release = await prepareTokens(projectPath, model, [spec.tokens], control);
  try {
    const engine = await openEngine(
      spec.engine,
      spec.threads === null ? {} : { threads: spec.threads },
    );
    try {
      const tokens = openTokens(projectPath, spec.tokens, model);
      try {
        await writeAbout(assignment, plan, engine);
        await compare({ assignment, plan, engine, tokens, control, io });
      } finally {
        tokens.close();
      }
    } finally {
      await engine.close();
    }
  } finally {
    release();
  }
  removeQuietly(join(folder, 'activations'));
};

interface CompareWork {
  readonly assignment: JobAssignment;
  readonly plan: ComparePlan;
  readonly engine: Engine;
  readonly tokens: TokenFile;
  readonly control: JobControl;
  readonly io: JobIo;
}

async function compare(work: CompareWork): Promise<void> {
  const { assignment, plan, engine, tokens, control, io } = work;
  const { projectPath, folder } = assignment;
  const sequences = sequencesOf(plan.spec, tokens);
  const { pairs, sources, spec } = plan;
  io.started(engine.info, null);
  io.log(
    'info',
    `Comparing ${sources.length} dictionaries in ${pairs.length} pairs on ${sequences * tokens.context} tokens, on ${engine.info.name} (${engine.info.device}).`,
  );
  await collectSources({ engine, plan, projectPath, folder, tokens, sequences, control });
  await comparePairs({
    engine,
    plan,
    folder,
    sequenceLength: tokens.context,
    threads: spec.threads ?? availableParallelism(),
    control,
    onPair: (done) =>
      io.log('info', `Compared ${pairs[done - 1]!.join(' with ')} (${done} of ${pairs.length}).`),
  });
  const dictionaries: ComparisonFile['dictionaries'] = [];
  for (const place of sources.keys()) {
    if ((await control.next()) === 'stop') throw stopped();
    await control.retrying(
      () => (dictionaries[place] = writeFeatureColumns(engine, plan, folder, place)),
    );
    control.progress('describing features', place + 1, sources.length, 'dictionaries');
  }
  const comparison: ComparisonFile = {
    version: 1,
    id: newId('cmp'),
    measures: spec.measures,
    minimumCount: minimumCounts[levelOf(spec.minimumCount)]!,
    tokens: sequences * tokens.context,
    dictionaries,
    pairs: pairs.map(([a, b]) => ({ a, b })),
  };
  io.flush();
  await control.retrying(() => finish(assignment, comparison, tokens.context));
}

function finish(assignment: JobAssignment, comparison: ComparisonFile, context: number): void {
  const { folder, job, attempt } = assignment;
  writeFileAtomically(join(folder, comparisonFiles.comparison), JSON.stringify(comparison));
  const { pairs, measures, dictionaries } = comparison;
  writeResult(folder, { job, attempt, featureTokens: 0, context, runs: [] }, [
    { kind: 'spec', path: jobFiles.spec },
    { kind: 'provenance', path: jobFiles.provenance },
    { kind: 'comparison', path: comparisonFiles.comparison },
    ...pairs.flatMap((pair) => [
      { kind: 'pair', path: comparisonFiles.summary(pair) },
      ...measures.map((measure) => ({
        kind: 'pair columns',
        path: comparisonFiles.columns(pair, measure),
      })),
    ]),
    ...dictionaries.map((_, place) => ({
      kind: 'feature columns',
      path: comparisonFiles.dictionary(place),
    })),
  ]);
}

/** Spec, and the inputs as they are before anything is read of them. */
async function writeAbout(
  { projectPath, folder }: JobAssignment,
  { spec, sources }: ComparePlan,
  engine: Engine,
): Promise<void> {
  writeFileAtomically(join(folder, jobFiles.spec), JSON.stringify(spec));
  const models = new Set(sources.map(({ model }) => insideProject(projectPath, model)));
  const files = new Set([
    ...[...models].flatMap((model) => modelFiles(model)),
    ...sources.map(({ path }) => path),
    ...tokenSource(projectPath, spec.tokens, sources[0]!.model).files,
  ]);
  const paths = [...files].map((file) => relative(projectPath, file)).sort();
  writeProvenance(folder, {
    spec,
    engine: engine.info,
    inputs: await describeInputs(projectPath, paths),
    ...describeSurroundings(projectPath),
    startedAt: new Date().toISOString(),
  });
}

function sequencesOf({ sequences, tokens: { file } }: CompareSpec, tokens: TokenFile): number {
  if (sequences === undefined || sequences <= tokens.rows) return sequences ?? tokens.rows;
  throw new AppError(
    'bad-spec',
    `${file} has ${tokens.rows} sequences, and the spec asks for ${sequences}. Ask for fewer.`,
    { file, place: 'sequences' },
  );
}

function compareSpecOf({ spec }: JobAssignment): CompareSpec {
  if (spec.kind === 'compare') return spec;
  throw new AppError('internal', `A '${spec.kind}' job was given to the comparison.`);
}
