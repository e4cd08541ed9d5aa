import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { levelOf, type ComparedDictionary } from '../../../../shared/domain/comparison.ts';
import type { TensorData } from '../../../../shared/domain/tensors.ts';
import type { Engine } from '../../../compute/engine.ts';
import { nearestRows } from '../../../compute/features/directions.ts';
import { ActivationFile } from '../../../formats/activation-file.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import { comparisonFiles } from '../../comparison-files.ts';
import { readDictionary } from '../dictionary-file.ts';
import type { ComparePlan } from './compare-plan.ts';

/**
 * Writes what is known of every feature of one dictionary (contract: comparisons.features), once all of
 * its pairs are there, and answers how the comparison lists it.
 */
export function writeFeatureColumns(
  engine: Engine,
  plan: ComparePlan,
  folder: string,
  place: number,
): ComparedDictionary {
  const { source, seed, group, hook, model, architecture, dIn, latents, path } =
    plan.sources[place]!;
  const counts = readCounts(folder, place);
  const tensors: TensorData[] = [
    { name: 'count', shape: [latents], data: counts },
    ...stabilityTensors(plan, folder, place),
    ...directionTensors(engine, path),
  ];
  const file = join(folder, comparisonFiles.dictionary(place));
  mkdirSync(dirname(file), { recursive: true });
  writeSafetensors(`${file}.tmp`, tensors);
  renameSync(`${file}.tmp`, file);
  const kept = counts.filter((count) => count >= plan.spec.minimumCount).length;
  const dead = counts.filter((count) => count === 0).length;
  return { source, seed, group, hook, model, architecture, dIn, latents, kept, dead };
}

function readCounts(folder: string, place: number): Int32Array {
  const file = new ActivationFile(join(folder, comparisonFiles.activations(place)));
  try {
    const pointers = file.featurePointers();
    return Int32Array.from({ length: file.latents }, (_, i) => pointers[i + 1]! - pointers[i]!);
  } finally {
    file.close();
  }
}

/** Best matches in all replicates that it was compared with: their mean, and the least. */
function stabilityTensors(plan: ComparePlan, folder: string, place: number): TensorData[] {
  const { spec, sources, pairs } = plan;
  const { latents, group } = sources[place]!;
  const level = levelOf(spec.minimumCount);
  const siblings = pairs.flatMap(([a, b]) => {
    if (a !== place && b !== place) return [];
    const isFirst = a === place;
    const other = isFirst ? b : a;
    return sources[other]!.group === group ? [{ pair: { a, b }, isFirst }] : [];
  });
  return spec.measures.flatMap((measure): TensorData[] => {
    const sum = new Float64Array(latents);
    const least = new Float32Array(latents).fill(NaN);
    const found = new Int32Array(latents);
    for (const { pair, isFirst } of siblings) {
      const reader = openSafetensors(join(folder, comparisonFiles.columns(pair, measure)));
      const name = isFirst ? 'a_to_b_value' : 'b_to_a_value';
      const best = reader.floats(name, level * latents, (level + 1) * latents);
      reader.close();
      best.forEach((value, feature) => {
        if (Number.isNaN(value)) return;
        found[feature]!++;
        sum[feature]! += value;
        if (!(least[feature]! <= value)) least[feature] = value;
      });
    }
    const mean = Float32Array.from(sum, (total, feature) => total / found[feature]!);
    return [
      { name: `stability_${measure}_mean`, shape: [latents], data: mean },
      { name: `stability_${measure}_least`, shape: [latents], data: least },
    ];
  });
}

/** Encoder against decoder of each feature, and the nearest other decoder direction. */
function directionTensors(engine: Engine, path: string): TensorData[] {
  const { dictionary } = readDictionary(path, engine);
  const decoder = engine.normaliseRows(dictionary.parameters.decoder);
  const encoder = engine.normaliseRows(dictionary.parameters.encoder);
  const aligned = engine.dotRows(encoder.y, decoder.y);
  const { k, index, cosine } = nearestRows(engine, decoder.y, 1);
  const alignment = Float32Array.from(engine.read(aligned));
  engine.dispose(decoder.y, decoder.norms, encoder.y, encoder.norms, aligned);
  dictionary.dispose();
  const n = alignment.length;
  return [
    { name: 'encoder_decoder_cosine', shape: [n], data: alignment },
    // A dictionary of one feature has no other.
    { name: 'nearest', shape: [n], data: k === 1 ? index : new Int32Array(n).fill(-1) },
    { name: 'nearest_cosine', shape: [n], data: k === 1 ? cosine : new Float32Array(n).fill(NaN) },
  ];
}
