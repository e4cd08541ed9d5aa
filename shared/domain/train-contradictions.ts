import { canonicalJson } from './canonical-json.ts';
import { architectureContradiction } from './dictionary.ts';
import { objectiveContradiction } from './objective.ts';
import { refuse } from './parse-spec.ts';
import { firstSpliced, passContradiction, targetContradiction, type Problem } from './pathway.ts';
import { passOf, tokensOf, variantSpec } from './run-spec.ts';
import { tokensContradiction } from './tokens.ts';
import type { TrainSpec } from './train-spec.ts';

/**
 * Checks what the schema of a training cannot: fields that contradict each other, in the spec and in
 * each of its variants.
 * @throws AppError `bad-spec`
 */
export function checkTrainSpec(spec: TrainSpec, file: string): void {
  const variants = spec.variants ?? [];
  const runs = variants.map((variant, index) =>
    variantSpec(spec, variant, file, `variants.${index}.`),
  );
  const passes = passesOf(spec, runs);
  const pathway = pathwayContradiction(spec, passes);
  if (pathway) refuse(file, pathway);
  const together = spec.pathway === 'joint' ? passes.flat() : [spec];
  const contradiction = findContradiction(spec, firstSpliced(together));
  if (contradiction) refuse(file, contradiction);
  const texts: string[] = [];
  runs.forEach((alone, index) => {
    const place = `variants.${index}`;
    const pass = passes.find((members) => members.includes(alone))!;
    const inside = findContradiction(alone, firstSpliced(pass));
    if (inside) refuse(file, { ...inside, place: `${place}.${inside.place}` });
    const text = canonicalJson([alone, passOf(variants[index]!)]);
    const same = texts.indexOf(text);
    if (same >= 0) refuse(file, { place, problem: `says the same as variants.${same}` });
    texts.push(text);
  });
}

/** Dictionaries of one seed that are spliced into the same pass; each alone unless they are joint. */
function passesOf(spec: TrainSpec, runs: readonly TrainSpec[]): (readonly TrainSpec[])[] {
  if (runs.length === 0) return [[spec]];
  if (spec.pathway !== 'joint') return runs.map((run) => [run]);
  return [...Map.groupBy(runs, (run) => passOf(spec.variants![runs.indexOf(run)]!)).values()];
}

function pathwayContradiction(
  { pathway, variants = [], companions, dictionary }: TrainSpec,
  passes: readonly (readonly TrainSpec[])[],
): Problem | undefined {
  if (companions)
    return {
      place: 'companions',
      problem: 'is what the record of a run says; list the dictionaries of a pass as variants',
    };
  const numbered = variants.findIndex(({ pass }) => pass !== undefined);
  if (pathway !== 'joint' && numbered >= 0)
    return { place: `variants.${numbered}.pass`, problem: 'belongs to the pathway joint' };
  if (passes.flat().every((run) => run.dictionary.frozen))
    return {
      place: dictionary.frozen ? 'dictionary.frozen' : 'variants.0.dictionary.frozen',
      problem: 'is said of every dictionary, so nothing would be learned',
    };
  for (const members of pathway === 'joint' ? passes : []) {
    const found = passContradiction(members);
    if (!found) continue;
    const position = passes.flat().indexOf(members[found.position]!);
    const place = variants.length === 0 ? found.place : `variants.${position}.${found.place}`;
    return { place, problem: found.problem };
  }
  return undefined;
}

/**
 * Fields that are each valid but cannot hold together.
 * @param first where the first dictionary of the pass is spliced in
 */
function findContradiction(spec: TrainSpec, first: string): Problem | undefined {
  const { dictionary, training, seeds } = spec;
  const misread = targetContradiction(spec.hook, spec.target, dictionary.skip);
  if (misread) return misread;
  if ((dictionary.ratio === undefined) === (dictionary.latents === undefined))
    return { place: 'dictionary', problem: 'give exactly one of ratio and latents' };
  const misplaced = architectureContradiction(dictionary, spec.objective.sparsity.p);
  if (misplaced) return misplaced;
  if (new Set(seeds).size !== seeds.length)
    return { place: 'seeds', problem: 'lists the same seed twice' };
  const differs = dictionary.frozen || spec.pathway === 'joint';
  if (dictionary.start !== undefined && seeds.length > 1 && !differs)
    return {
      place: 'dictionary.start',
      problem: 'every seed would train the same dictionary; give one seed',
    };
  if (dictionary.resample && dictionary.resample.every < training.batch)
    return {
      place: 'dictionary.resample.every',
      problem: `is less than the ${training.batch} sequences of a step`,
    };
  if (training.batch > training.sequences)
    return {
      place: 'training.batch',
      problem: `${training.batch} sequences per step exceed the ${training.sequences} to train on`,
    };
  if (training.cooldown > 0 && training.schedule !== 'linear')
    return {
      place: 'training.cooldown',
      problem: `belongs to the linear schedule, not to ${training.schedule}`,
    };
  if (training.warmup + training.cooldown > training.sequences)
    return {
      place: 'training.warmup',
      problem: 'warmup and cooldown together are longer than the training',
    };
  if (training.batch % (training.microBatch ?? training.batch) !== 0)
    return {
      place: 'training.microBatch',
      problem: `${training.microBatch} does not divide the ${training.batch} sequences of a step`,
    };
  const tokens = tokensOf(spec)
    .map(([place, ref]) => tokensContradiction(ref, place))
    .find((found) => found !== undefined);
  return tokens ?? objectiveContradiction(spec.objective, first);
}
