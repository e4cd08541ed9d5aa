import { join } from 'node:path';
import type { PredictionResult } from '../../../../shared/contract/predictions.ts';
import type { PredictSource, PredictSpec } from '../../../../shared/domain/predict-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import {
  compareSigns,
  matchFeatures,
  type Directions,
} from '../../../compute/regression/sparse/match-seeds.ts';
import {
  predict,
  predictAgain,
  type Prediction,
} from '../../../compute/regression/sparse/predict.ts';
import {
  methodText,
  predictionWarnings,
} from '../../../compute/regression/sparse/prediction-words.ts';
import { sampleRows, type Samples } from '../../../compute/regression/sparse/samples.ts';
import { checkOutcome } from '../../../compute/regression/sparse/split.ts';
import type { Steps } from '../../../compute/steps.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { writeFileAtomically } from '../../files.ts';
import { jobFiles } from '../../job-folder.ts';
import { describeInputs, describeSurroundings, writeProvenance } from '../../provenance.ts';
import { writeResult } from '../../result.ts';
import { driveJob, whileWanted } from '../drive-job.ts';
import { insideProject } from '../inside-project.ts';
import type { RunJob } from '../run-worker.ts';
import { readColumns } from './read-columns.ts';
import { readLabels } from './read-labels.ts';

/** Fits a label on the activations of a dictionary's features, and again on those of other seeds. */
export const runPredictJob: RunJob = async (assignment, control, io) => {
  const { folder, job, attempt, projectPath, spec } = assignment;
  if (spec.kind !== 'predict')
    throw new AppError('internal', `A '${spec.kind}' job was given to predictions.`);
  const [own] = spec.sources ?? [];
  if (!own)
    throw new AppError(
      'bad-spec',
      'The spec does not say where the activations lie. Submit it again.',
      {
        place: 'sources',
      },
    );
  writeFileAtomically(join(folder, jobFiles.spec), JSON.stringify(spec));
  io.started({ name: 'float64', device: 'CPU', version: process.versions.node, threads: 1 }, null);
  const labels = await whileWanted(control, (signal) => readLabels(projectPath, spec, own, signal));
  const result = await driveJob(predictLabel(projectPath, spec, labels), control);
  writeFileAtomically(join(folder, jobFiles.prediction), JSON.stringify(result));
  const files = [spec.labels.file, ...spec.sources!.map(({ activations }) => activations)];
  const inputs = await describeInputs(projectPath, files);
  writeProvenance(folder, { spec, inputs, ...describeSurroundings(projectPath) });
  writeResult(folder, { job, attempt, featureTokens: 0, context: 0, runs: [] }, [
    { kind: 'prediction', path: jobFiles.prediction },
    { kind: 'provenance', path: jobFiles.provenance },
  ]);
};

function* predictLabel(
  projectPath: string,
  spec: PredictSpec,
  labels: Float64Array,
): Steps<PredictionResult> {
  const [own, ...others] = spec.sources!;
  const { unit, aggregation } = spec;
  const samples = sampleRows(labels, { unit, aggregation, length: own!.context });
  const label = spec.labels.name;
  const y = labels.filter((value) => !Number.isNaN(value));
  checkOutcome(y, label, spec.family);
  const fit = { spec, label, y, group: groupsOf(samples) };
  const read = (source: PredictSource) =>
    readColumns(insideProject(projectPath, source.activations), samples, spec);
  const { latents, ...ownColumns } = yield* read(own!);
  if (ownColumns.features.length === 0)
    throw new AppError(
      'too-few-rows',
      `No feature is active on ${spec.leastRows} labelled rows or more. Lower leastRows, or collect the features on more tokens.`,
      { leastRows: spec.leastRows },
    );
  const prediction = yield* predict({ ...fit, ...ownColumns });
  const selected: PredictionResult['selected'] = prediction.selected.map((one) => ({
    ...one,
    seeds: [],
  }));
  const seeds: PredictionResult['seeds'] = [];
  const directions = others.length > 0 ? readDirections(projectPath, own!) : undefined;
  for (const other of others) {
    const columns = yield* read(other);
    const again = yield* predictAgain({ ...fit, ...columns }, prediction);
    const matches = yield* matchFeatures(
      directions!,
      selected.map(({ feature }) => feature),
      readDirections(projectPath, other),
    );
    matches.forEach((match, k) => {
      const theirs = again.coefficients.get(match.feature) ?? 0;
      const outcome = compareSigns(selected[k]!.coefficient, match, theirs);
      selected[k]!.seeds.push({ ...match, outcome });
    });
    seeds.push({
      dictionary: other.id,
      seed: other.seed,
      selected: again.coefficients.size,
      auc: again.figures.auc,
      r2: again.figures.r2,
      agreement: again.agreement,
    });
  }
  return finished(spec, label, { prediction, latents, labels, selected, seeds });
}

function finished(
  spec: PredictSpec,
  label: string,
  found: {
    readonly prediction: Prediction;
    readonly latents: number;
    readonly labels: Float64Array;
    readonly selected: PredictionResult['selected'];
    readonly seeds: PredictionResult['seeds'];
  },
): PredictionResult {
  const { prediction, latents, labels, selected, seeds } = found;
  const body = {
    ...prediction.result,
    spec,
    label,
    latents,
    missing: labels.length - prediction.result.rows,
    selected,
    seeds,
  };
  return { ...body, warnings: predictionWarnings(body), method: methodText(body) };
}

/** Sequence of each row. */
function groupsOf({ rowOf, rows, unit, length }: Samples): Int32Array {
  const group = new Int32Array(rows);
  for (let i = 0; i < rowOf.length; i++)
    if (rowOf[i]! >= 0) group[rowOf[i]!] = unit === 'token' ? Math.floor(i / length) : i;
  return group;
}

function readDirections(projectPath: string, { dictionary }: PredictSource): Directions {
  const reader = openSafetensors(insideProject(projectPath, dictionary));
  try {
    const [n = 0, d = 0] = reader.tensors.get('W_dec')?.shape ?? [];
    return { n, d, values: reader.floats('W_dec') };
  } finally {
    reader.close();
  }
}
