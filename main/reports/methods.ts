import * as v from 'valibot';
import {
  auxKDefaults,
  defaultBandwidth,
  defaultPrefixes,
  topKNames,
} from '../../shared/domain/dictionary.ts';
import type { TrainSpec } from '../../shared/domain/job-spec.ts';
import { trainSpecSchema } from '../../shared/domain/train-spec.ts';
import type { ObjectiveSpec } from '../../shared/domain/objective.ts';
import { formatCount, formatNumber, formatShare } from './viewer/format.ts';

/** How the runs of a spec were made, in sentences; undefined for a spec that is not a training. */
export function trainingMethod(spec: unknown, seeds: readonly number[]): string[] | undefined {
  const parsed = v.safeParse(trainSpecSchema, spec);
  if (!parsed.success) return undefined;
  const train = parsed.output;
  const sentences = [dictionarySentence(train, seeds), trainingSentence(train)];
  if (train.evaluation)
    sentences.push(
      `Metrics are means over ${formatCount(train.evaluation.sequences, 'sequence')} of ${train.evaluation.tokens.file}.`,
    );
  if (train.features)
    sentences.push(
      `Features and alive latents were counted over ${formatCount(train.features.sequences, 'sequence')} of ${train.features.tokens.file}${train.features.labels === undefined ? '' : `, with ground truth from ${train.features.labels}`}.`,
    );
  return sentences;
}

function dictionarySentence(spec: TrainSpec, seeds: readonly number[]): string {
  const { dictionary } = spec;
  const size =
    dictionary.latents === undefined
      ? `${formatNumber(dictionary.ratio ?? null)} latents per dimension`
      : formatCount(dictionary.latents, 'latent');
  const names: Record<TrainSpec['dictionary']['architecture'], string> = {
    relu: 'ReLU',
    topk: `TopK (k = ${dictionary.k ?? 0})`,
    batchtopk: `BatchTopK (k = ${dictionary.k ?? 0})`,
    matryoshka: `Matryoshka BatchTopK (k = ${dictionary.k ?? 0})`,
    jumprelu: 'JumpReLU',
    gated: 'gated',
  };
  const done = dictionary.frozen ? `kept as in ${dictionary.start ?? ''}` : 'trained';
  const each =
    seeds.length === 1
      ? `For seed ${seeds[0] ?? 0}`
      : `For each of ${seeds.length} seeds (${seeds.join(', ')})`;
  const kind =
    spec.target === undefined
      ? `sparse autoencoder with ${size} was ${done} at ${spec.hook}`
      : `transcoder with ${size}${dictionary.skip ? ' and a skip connection' : ''} was ${done} from ${spec.hook} to ${spec.target}`;
  return `${each}, a ${names[dictionary.architecture]} ${kind} of ${spec.model}${companionWords(spec)}.`;
}

/** The others that were spliced into the same pass. */
function companionWords({ companions = [] }: TrainSpec): string {
  if (companions.length === 0) return '';
  const places = companions.map(({ hook, target }) => String(target ?? hook));
  return `, spliced in together with those at ${places.join(', ')}`;
}

function trainingSentence(spec: TrainSpec): string {
  const { objective, training } = spec;
  const terms = [...objectiveWords(spec), ...architectureWords(spec.dictionary)];
  const clip =
    training.gradientClip === null
      ? 'without gradient clipping'
      : `gradient norm clipped at ${formatNumber(training.gradientClip)}`;
  return `It minimised ${terms.join(' + ')}${mixedWords(objective)} over ${formatCount(training.sequences, 'sequence')} of ${spec.tokens.file}${packingWords(spec.tokens)} in batches of ${formatNumber(training.batch)}, with Adam (β₁ ${training.adam.beta1}, β₂ ${training.adam.beta2}), learning rate ${formatNumber(training.learningRate)}${scheduleWords(training)}, ${clip}.${resampleWords(spec)}`;
}

/** How text became tokens; nothing for tokens that came as such. */
function packingWords({ text, context }: TrainSpec['tokens']): string {
  if (!text) return '';
  const ways: Record<typeof text.packing, string> = {
    concatenate: 'documents joined with EOS',
    'transformer-lens': "TransformerLens' tokenize_and_concatenate",
    documents: 'the first tokens of each document',
  };
  return ` (text in rows of ${context ?? 0} tokens: ${ways[text.packing]}${text.bos ? ', each after BOS' : ''})`;
}

function mixedWords({ mixed }: ObjectiveSpec): string {
  if (!mixed) return '';
  return ` (after ${formatCount(mixed.local, 'sequence')} on mean squared error and ${formatNumber(mixed.sparsity)} × the sparsity term alone, and ${formatCount(mixed.over, 'sequence')} over which the coefficients moved)`;
}

function objectiveWords({ objective, dictionary }: TrainSpec): string[] {
  const { sparsity, outToIn, outToOrig, inToOrig, logitsKl } = objective;
  const words: [coefficient: number, term: string][] = [
    [outToIn.coefficient, 'mean squared error'],
    [outToOrig?.coefficient ?? 0, "mean squared error against the unspliced model's activation"],
    [
      inToOrig?.coefficient ?? 0,
      `mean squared error of the spliced model at ${inToOrig?.hooks === 'later' ? 'every later residual stream' : (inToOrig?.hooks.join(', ') ?? '')}${inToOrig?.weights ? ` (weights ${inToOrig.weights.join(', ')})` : ', averaged over them'}`,
    ],
    [
      logitsKl?.coefficient ?? 0,
      `${logitsKl?.direction === 'spliced-to-model' ? 'KL(spliced ‖ model)' : 'KL(model ‖ spliced)'}${logitsKl?.balanced ? ', scaled to the size of the mean squared error' : ''}`,
    ],
    [
      sparsity.coefficient,
      dictionary.architecture === 'jumprelu'
        ? `(1/d) · mean number of active latents per token (straight-through, bandwidth ${formatNumber(dictionary.bandwidth ?? defaultBandwidth)})`
        : `(1/d) · mean over tokens of the ${formatNumber(sparsity.p)}-norm of ${dictionary.architecture === 'gated' ? "the gate's codes" : 'the codes'}`,
    ],
  ];
  return words
    .filter(([coefficient]) => coefficient > 0)
    .map(([coefficient, term]) => `${times(coefficient)}${term}`);
}

/** The terms that come with an architecture. */
function architectureWords(dictionary: TrainSpec['dictionary']): string[] {
  const { architecture, auxiliary, prefixes = defaultPrefixes } = dictionary;
  const words: string[] = [];
  if (architecture === 'matryoshka')
    words.push(
      `mean squared error of the first ${prefixes.map((share) => formatShare(share)).join(', ')} of the latents alone`,
    );
  const { coefficient = architecture === 'gated' ? 1 : auxKDefaults.coefficient } = auxiliary ?? {};
  if (coefficient === 0) return words;
  if (architecture === 'gated')
    words.push(`${times(coefficient)}mean squared error of the gate's own reconstruction`);
  if (topKNames.includes(architecture) && auxiliary?.k !== 0)
    words.push(
      `${times(coefficient)}AuxK (latents dead after ${formatCount(auxiliary?.deadAfter ?? auxKDefaults.deadAfter, 'token')})`,
    );
  return words;
}

function resampleWords({ dictionary: { resample } }: TrainSpec): string {
  if (!resample) return '';
  return ` Every ${formatCount(resample.every, 'sequence')}, latents that had not fired for ${formatCount(resample.deadAfter ?? auxKDefaults.deadAfter, 'token')} were resampled (Bricken et al. 2023).`;
}

function scheduleWords(training: TrainSpec['training']): string {
  const words: string[] = [];
  if (training.warmup > 0) words.push(`warmed up over ${formatCount(training.warmup, 'sequence')}`);
  if (training.schedule !== 'constant')
    words.push(
      `${training.schedule} schedule down to ${formatShare(training.minimumFactor)} of it`,
    );
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function times(coefficient: number): string {
  return coefficient === 1 ? '' : `${formatNumber(coefficient)} × `;
}
