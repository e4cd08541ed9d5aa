import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PairDetail, ComparisonMeasure } from '../../../../shared/domain/comparison.ts';
import type { TensorData } from '../../../../shared/domain/tensors.ts';
import {
  comparePair,
  type ComparedDictionary,
  type MeasureComparison,
  type PairComparison,
} from '../../../compute/compare/compare-pair.ts';
import type { MatchSummary } from '../../../compute/compare/summarise-matches.ts';
import type { BestPartners } from '../../../compute/compare/best-partners.ts';
import type { Engine } from '../../../compute/engine.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import { comparisonFiles, type PairSummary } from '../../comparison-files.ts';
import { stopped, type JobControl } from '../../control.ts';
import { writeFileAtomically } from '../../files.ts';
import { readDictionary } from '../dictionary-file.ts';
import { readActivations } from './collect-sources.ts';
import type { ComparePlan } from './compare-plan.ts';

export interface PairsRequest {
  readonly engine: Engine;
  readonly plan: ComparePlan;
  readonly folder: string;
  /** Length of the sequences that the tokens are cut into. */
  readonly sequenceLength: number;
  readonly threads: number;
  readonly control: JobControl;
  /** Told of each pair when its files are there. */
  readonly onPair: (done: number) => void;
}

/**
 * Compares pair after pair and writes its files; pairs that an earlier attempt has finished are passed
 * over. Two dictionaries are in memory at a time.
 */
export async function comparePairs(request: PairsRequest): Promise<void> {
  const { plan, folder, control } = request;
  const sizes = plan.pairs.map(([a, b]) => plan.sources[a]!.latents * plan.sources[b]!.latents);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  let held: { place: number; side: ComparedDictionary } | undefined;
  const letGo = () => {
    if (held) dispose(request.engine, held.side);
    held = undefined;
  };
  try {
    for (const [index, [a, b]] of plan.pairs.entries()) {
      const size = sizes[index]!;
      if (!existsSync(join(folder, comparisonFiles.summary({ a, b })))) {
        if (held?.place !== a) {
          letGo();
          held = { place: a, side: openSide(request, a) };
        }
        const tell = (share: number) =>
          control.progress(
            'comparing',
            Math.floor(before + share * size),
            total,
            'pairs of features',
          );
        await compareOne(request, held.side, { a, b }, tell);
        request.onPair(index + 1);
      }
      before += size;
      control.progress('comparing', before, total, 'pairs of features');
    }
  } finally {
    letGo();
  }
}

async function compareOne(
  { engine, plan, folder, sequenceLength, threads, control, ...request }: PairsRequest,
  sideA: ComparedDictionary,
  pair: { a: number; b: number },
  tell: (share: number) => void,
): Promise<void> {
  const { minimumCount, measures, seed, resamples } = plan.spec;
  const sideB = openSide({ engine, plan, folder, ...request }, pair.b);
  try {
    const compared = await comparePair(engine, sideA, sideB, {
      measures,
      minimumCount,
      seed,
      resamples,
      threads,
      sequenceLength,
      onProgress: tell,
      pause: async () => {
        if ((await control.next()) === 'stop') throw stopped();
      },
    });
    await control.retrying(() => writePair(folder, pair, compared));
  } finally {
    dispose(engine, sideB);
  }
}

/** Directions of unit length on the engine, and activations as they were collected. */
function openSide(
  { engine, plan, folder }: Pick<PairsRequest, 'engine' | 'plan' | 'folder'>,
  place: number,
): ComparedDictionary {
  const { dictionary } = readDictionary(plan.sources[place]!.path, engine);
  const decoder = engine.normaliseRows(dictionary.parameters.decoder);
  const encoder = engine.normaliseRows(dictionary.parameters.encoder);
  engine.dispose(decoder.norms, encoder.norms);
  dictionary.dispose();
  return { decoder: decoder.y, encoder: encoder.y, activations: readActivations(folder, place) };
}

function dispose(engine: Engine, { decoder, encoder }: ComparedDictionary): void {
  engine.dispose(decoder, encoder);
}

/** The summary last: with it, the pair is whole. */
function writePair(
  folder: string,
  pair: { a: number; b: number },
  { kept, measures }: PairComparison,
): void {
  const path = join(folder, comparisonFiles.summary(pair));
  mkdirSync(dirname(path), { recursive: true });
  for (const [measure, found] of measures)
    writeSafetensors(join(folder, comparisonFiles.columns(pair, measure)), columnTensors(found));
  const details: [ComparisonMeasure, PairDetail][] = [...measures].map(([measure, found]) => [
    measure,
    pairDetailOf(found),
  ]);
  const summary: PairSummary = { kept, measures: Object.fromEntries(details) };
  writeFileAtomically(path, JSON.stringify(summary));
}

function columnTensors({ partners, oneToOne }: MeasureComparison): TensorData[] {
  const ofDirection = (name: string, { features, index, value }: BestPartners): TensorData[] => {
    const shape = [index.length / features, features];
    return [
      { name: `${name}_index`, shape, data: index },
      { name: `${name}_value`, shape, data: Float32Array.from(value) },
    ];
  };
  const { index, value } = oneToOne;
  return [
    ...ofDirection('a_to_b', partners.aToB),
    ...ofDirection('b_to_a', partners.bToA),
    { name: 'one_to_one_index', shape: [index.length], data: index },
    { name: 'one_to_one_value', shape: [index.length], data: Float32Array.from(value) },
  ];
}

function pairDetailOf({
  levels,
  oneToOne,
  oneToOneSummary,
  chance,
}: MeasureComparison): PairDetail {
  const { total, bound, method } = oneToOne;
  return {
    levels: levels.map(({ minimumCount, aToB, bToA, mutual }) => ({
      minimumCount,
      aToB: matchDetailOf(aToB),
      bToA: matchDetailOf(bToA),
      mutual: matchDetailOf(mutual),
    })),
    oneToOne: { ...matchDetailOf(oneToOneSummary), total, bound, method },
    chance: matchDetailOf(chance),
  };
}

/** What is not defined without features is null, or empty, in JSON. */
function matchDetailOf(summary: MatchSummary): PairDetail['chance'] {
  const { n, mean, median, ci95, distinctShare, share, shareLow, shareHigh } = summary;
  const defined = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    ...summary,
    mean: defined(mean),
    median: defined(median),
    ci95: Number.isNaN(ci95[0]) ? null : [ci95[0], ci95[1]],
    histogram: [...summary.histogram],
    share: n === 0 ? [] : [...share],
    shareLow: [...shareLow],
    shareHigh: [...shareHigh],
    inDegree: [...summary.inDegree],
    distinctShare: defined(distinctShare),
  };
}
