import { dirname, relative, resolve } from 'node:path';
import { parseJobSpec, type TrainSpec } from '../../../shared/domain/job-spec.ts';
import type { PresetName } from '../../../shared/domain/objective.ts';
import { readText } from '../../formats/documents.ts';
import { openTokenFile } from '../../formats/token-file.ts';
import { readSpec } from '../../host/specs.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { wholeValue } from '../cli/whole-value.ts';
import { checkStudyBase, objectivesOf, studyObjectives, type StudyPlan } from './study-plan.ts';

export const studyOptions = {
  project: { type: 'string', value: 'DIR', help: 'project folder; the current one by default' },
  objectives: {
    type: 'string',
    value: 'A,B,…',
    help: `of ${studyObjectives.join(', ')}; all by default. Others are held against the first`,
  },
  seeds: { type: 'string', value: 'N', help: 'seeds 0 to N - 1 of each objective; 5 by default' },
  match: { type: 'string', value: 'l0', help: 'what is held equal; only l0, the default' },
  target: { type: 'string', value: 'L0', help: 'held-out L0 to match; 40 by default' },
  tolerance: {
    type: 'string',
    value: 'SHARE',
    help: 'share of it by which a mean over the seeds may differ; 0.05 by default',
  },
  pilot: {
    type: 'string',
    value: 'SEQUENCES',
    help: 'length of the short trainings that the search begins with; a quarter by default',
  },
  together: {
    type: 'string',
    value: 'N',
    help: 'most dictionaries of one job, for models and widths of which few fit into memory',
  },
  model: {
    type: 'string',
    value: 'DIR',
    help: 'without a SPEC: folder of the model, seen from the project',
  },
  hook: { type: 'string', value: 'NAME', help: 'without a SPEC: hook point' },
  tokens: {
    type: 'string',
    value: 'FILE',
    help: 'without a SPEC: tokens to train on, seen from the project',
  },
  'eval-tokens': {
    type: 'string',
    value: 'FILE',
    help: 'without a SPEC: held-out tokens, seen from the project',
  },
  ratio: {
    type: 'string',
    value: 'N',
    help: 'without a SPEC: latents per dimension; 16 by default',
  },
  sequences: {
    type: 'string',
    value: 'N',
    help: 'without a SPEC: sequences to train on; 4,000 by default',
  },
} as const satisfies Command['options'];

const tokensInStep = 1024;
const mostHeldOut = 500;
const mostTogether = 64;

/** What a command line asks for. @throws AppError `usage`, or `bad-spec` of the spec */
export function readPlan(spec: string | undefined, values: Values, project: string): StudyPlan {
  const match = textValue(values, 'match') ?? 'l0';
  if (match !== 'l0') throw usage(`--match takes l0, not '${match}'.`);
  const base = spec === undefined ? specOfOptions(values, project) : readBase(spec);
  checkStudyBase(base, spec ?? 'the options');
  const { sequences, batch } = base.training;
  const seeds = wholeValue(values, 'seeds', 5, 64);
  const pilotSequences = wholeValue(values, 'pilot', Math.ceil(sequences / 4), sequences);
  const together = wholeValue(values, 'together', mostTogether, mostTogether);
  if (together === 0) throw usage('--together must be at least 1.');
  if (seeds === 0) throw usage('--seeds must be at least 1.');
  if (pilotSequences < batch)
    throw usage(`--pilot must be at least ${batch}, the sequences of one step.`);
  return {
    base,
    objectives: objectivesOf(readObjectives(values)),
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    target: positiveValue(values, 'target', 40),
    tolerance: positiveValue(values, 'tolerance', 0.05),
    pilotSequences,
    together,
  };
}

function readBase(path: string): TrainSpec {
  const spec = readSpec(readText(path), path, dirname(path));
  if (spec.kind === 'train') return spec;
  throw usage(`${path} describes a ${spec.kind} job; a study needs one of kind train.`);
}

/** As the form of the Train page suggests a spec. @throws AppError of a token file that cannot be read */
function specOfOptions(values: Values, project: string): TrainSpec {
  const given = (name: string): string => {
    const value = textValue(values, name);
    if (value === undefined)
      throw usage(`Give either a SPEC or --${name}. See assay study --help.`);
    return resolve(project, value);
  };
  const hook = textValue(values, 'hook');
  const [model, tokens, heldOut] = [given('model'), given('tokens'), given('eval-tokens')];
  if (hook === undefined) throw usage('Give either a SPEC or --hook. See assay study --help.');
  const held = {
    tokens: { file: relative(project, heldOut) },
    sequences: Math.min(sizeOf(heldOut).rows, mostHeldOut),
  };
  const sequences = wholeValue(values, 'sequences', 4000);
  const { context } = sizeOf(tokens);
  const batch = Math.max(1, Math.min(sequences, Math.round(tokensInStep / context)));
  const document = {
    kind: 'train',
    name: `study of ${hook}`,
    model: relative(project, model),
    hook,
    tokens: { file: relative(project, tokens) },
    dictionary: { ratio: wholeValue(values, 'ratio', 16) },
    objective: { preset: 'local' },
    training: { sequences, batch, learningRate: 1e-3, warmup: Math.floor(sequences / 20) },
    evaluation: held,
    features: held,
    checkpointEvery: Math.max(batch, Math.floor(sequences / 4)),
  };
  return parseJobSpec(document, 'the options') as TrainSpec;
}

function sizeOf(path: string): { rows: number; context: number } {
  const { rows, context, close } = openTokenFile(path, 'input_ids');
  close();
  return { rows, context };
}

function readObjectives(values: Values): PresetName[] {
  const text = textValue(values, 'objectives') ?? studyObjectives.join(',');
  const names = text.split(',').map((name) => name.trim());
  if (new Set(names).size !== names.length) throw usage('--objectives names one of them twice.');
  return names.map((name) => {
    const known = studyObjectives.find((other) => other === name);
    if (known) return known;
    throw usage(`--objectives takes ${studyObjectives.join(', ')}, not '${name}'.`);
  });
}

function positiveValue(values: Values, name: string, fallback: number): number {
  const text = textValue(values, name);
  const value = text === undefined ? fallback : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw usage(`--${name} must be a number above 0, not '${text}'.`);
}
