import { join } from 'node:path';
import type {
  ComparisonDetail,
  ComparisonRow,
  FetchedTensor,
  GroupFigures,
  MatrixPair,
  NamedDictionary,
} from '../../shared/contract/comparisons.ts';
import { groupFigures } from '../../shared/domain/comparison-groups.ts';
import {
  levelOf,
  minimumCounts,
  type ComparedDictionary,
  type ComparisonMeasure,
  type LevelDetail,
  type PairDetail,
} from '../../shared/domain/comparison.ts';
import { AppError } from '../../shared/errors.ts';
import {
  getComparison,
  listComparisons,
  readPairDetail,
  readPairFigures,
  type StoredComparison,
} from '../db/comparisons.ts';
import { getDictionary } from '../db/dictionaries.ts';
import { safetensorsLayout } from '../formats/safetensors.ts';
import { comparisonFiles } from '../jobs/comparison-files.ts';
import { nameGroups } from './compared-groups.ts';
import { folderOf, type ProjectView } from './project-view.ts';

interface Pair {
  readonly a: number;
  readonly b: number;
}

export function readComparisonRows(view: ProjectView): ComparisonRow[] {
  return listComparisons(view.db).map(({ list, ...row }) => ({
    ...row,
    dictionaries: list.length,
  }));
}

/** @throws AppError `not-found` */
export function findComparison(
  view: ProjectView,
  id: string,
): StoredComparison & { pairs: number } {
  const found = getComparison(view.db, id);
  if (found) return found;
  throw new AppError('not-found', `There is no comparison ${id} in this project.`, {
    comparison: id,
  });
}

/** @throws AppError `not-found` */
export function readComparison(view: ProjectView, id: string): ComparisonDetail {
  const { list, ...row } = findComparison(view, id);
  return {
    ...row,
    dictionaries: list.length,
    list: nameDictionaries(view, list),
    compared: readPairFigures(view.db, id, row.measures[0]!).map(({ a, b }) => ({ a, b })),
  };
}

function nameDictionaries(
  view: ProjectView,
  list: readonly ComparedDictionary[],
): NamedDictionary[] {
  const known = list.map(({ source }) => getDictionary(view.db, source));
  const names = nameGroups(
    view,
    list.map((dictionary, place) => ({ ...dictionary, run: known[place]?.run ?? null })),
  );
  return list.map((dictionary, place) => ({
    ...dictionary,
    dictionary: known[place]?.id ?? null,
    run: known[place]?.run ?? null,
    groupName: names.get(dictionary.group)!,
  }));
}

export interface Matrix {
  readonly minimumCount: number;
  readonly pairs: MatrixPair[];
  readonly groups: GroupFigures[];
}

/**
 * Every pair at one measure and minimum count; the comparison's own where none is given.
 * @throws AppError `not-found`
 */
export function readMatrix(
  view: ProjectView,
  id: string,
  measure: ComparisonMeasure,
  wanted?: number,
): Matrix {
  const comparison = findComparison(view, id);
  checkMeasure(comparison, measure);
  const level = levelOf(wanted ?? comparison.minimumCount);
  const minimumCount = minimumCounts[level]!;
  const isOwn = minimumCount === comparison.minimumCount;
  const pairs = readPairFigures(view.db, id, measure).map(({ a, b, figures }): MatrixPair => {
    const { aToB, bToA, mutual } = figures.levels[level]!;
    const { oneToOne, chance } = figures;
    return {
      a,
      b,
      aToB,
      bToA,
      mutual,
      oneToOne: isOwn ? oneToOne : null,
      chance: isOwn ? chance : null,
    };
  });
  const keys = comparison.list.map(({ group }) => group);
  return { minimumCount, pairs, groups: groupFigures(pairs, keys) };
}

/** One pair by one measure, turned where it was compared the other way. @throws AppError `not-found` */
export function readPair(
  view: ProjectView,
  id: string,
  measure: ComparisonMeasure,
  { a, b }: Pair,
): { a: number; b: number; detail: PairDetail } {
  const comparison = findComparison(view, id);
  checkMeasure(comparison, measure);
  const detail = readPairDetail(view.db, id, measure, { a, b });
  if (detail) return { a, b, detail };
  const turned = readPairDetail(view.db, id, measure, { a: b, b: a });
  if (turned) return { a, b, detail: { ...turned, levels: turned.levels.map(turnedLevel) } };
  throw noPair({ a, b });
}

function turnedLevel({ minimumCount, aToB, bToA, mutual }: LevelDetail): LevelDetail {
  return { minimumCount, aToB: bToA, bToA: aToB, mutual };
}

/** The file with the partners of every feature of a pair. @throws AppError `not-found` */
export function pairColumnsFile(
  view: ProjectView,
  id: string,
  measure: ComparisonMeasure,
  pair: Pair,
): { a: number; b: number; path: string } {
  const comparison = findComparison(view, id);
  checkMeasure(comparison, measure);
  const turned = { a: pair.b, b: pair.a };
  const found = [pair, turned].find((each) => readPairDetail(view.db, id, measure, each));
  if (!found) throw noPair(pair);
  const path = join(folderOf(view, comparison.job), comparisonFiles.columns(found, measure));
  return { a: found.a, b: found.b, path };
}

/** The file with every feature of one dictionary. @throws AppError `not-found` */
export function featureColumnsFile(view: ProjectView, id: string, place: number): string {
  const { job, list } = findComparison(view, id);
  if (place < list.length) return join(folderOf(view, job), comparisonFiles.dictionary(place));
  throw new AppError('not-found', `The comparison has ${list.length} dictionaries.`, {
    dictionary: place,
  });
}

/** How a page finds the tensors in the bytes of a file. @throws AppError for one that is damaged or gone. */
export function describeTensors(path: string): { bytes: number; tensors: FetchedTensor[] } {
  const { bytes, tensors } = safetensorsLayout(path);
  return {
    bytes,
    tensors: tensors.flatMap(({ name, dtype, shape, offset }) =>
      dtype === 'I32' || dtype === 'F32' ? [{ name, dtype, shape: [...shape], offset }] : [],
    ),
  };
}

function checkMeasure({ measures }: StoredComparison, measure: ComparisonMeasure): void {
  if (measures.includes(measure)) return;
  throw new AppError(
    'not-found',
    `The comparison has no '${measure}'. It has: ${measures.join(', ')}.`,
    { measure },
  );
}

function noPair({ a, b }: Pair): AppError {
  return new AppError('not-found', `The dictionaries ${a} and ${b} were not compared.`, { a, b });
}
