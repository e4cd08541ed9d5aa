import * as v from 'valibot';
import { stabilitySpecSchema, type StabilitySpec } from './stability-spec.ts';

const [euclid, steps] = ['euc_dist', 'steps_between'];

/** The eleven candidates of the maze study, and its outcome. */
export const mazeOutcome = 'got_cheese';
export const mazeVariables: readonly string[] = [
  ...[euclid, steps].flatMap((kind) => [
    `${kind}_cheese_top_right`,
    `${kind}_cheese_5x5`,
    `${kind}_decision_square_top_right`,
    `${kind}_decision_square_5x5`,
    `${kind}_cheese_decision_square`,
  ]),
  'cheese_coord_norm',
];

const stepsDecision = 'steps_between_cheese_decision_square';
const euclidDecision = 'euc_dist_cheese_decision_square';
const euclidCorner = 'euc_dist_cheese_top_right';
const stepsCorner = 'steps_between_cheese_top_right';

/** The variable that a rule of signs throws out although it matters. */
export const mazeSuppressor = 'euc_dist_decision_square_5x5';
export const mazeDistances: readonly [string, string] = [stepsDecision, euclidDecision];

/** What the study kept, and the nine sets that it fitted. */
export const mazeKept: readonly string[] = [euclidCorner, stepsDecision, euclidDecision];
export const mazeSets: Readonly<Record<string, readonly string[]>> = {
  C: [euclidCorner],
  AB: [euclidDecision, stepsDecision],
  CB: [euclidCorner, stepsDecision],
  CA: [euclidCorner, euclidDecision],
  CBA: mazeKept,
  CBA_E: [stepsCorner, ...mazeKept],
  CBA_ED: [mazeSuppressor, stepsCorner, ...mazeKept],
  BACD: [stepsDecision, euclidDecision, euclidCorner, mazeSuppressor],
  six: [
    'steps_between_cheese_5x5',
    'euc_dist_cheese_5x5',
    stepsCorner,
    euclidCorner,
    stepsDecision,
    euclidDecision,
  ],
};

/** The study of a table of maze runs, with every default written out. */
export function mazeSpec(table: string, secondTable?: string): StabilitySpec {
  return v.parse(stabilitySpecSchema, {
    kind: 'stability',
    name: `maze study of ${table}`.slice(0, 200),
    table,
    ...(secondTable === undefined ? {} : { secondTable }),
    formula: `${mazeOutcome} ~ ${mazeVariables.join(' + ')}`,
    family: 'binomial',
    penalty: { kind: 'l1', convention: 'liblinear', strength: 1 },
    template: 'maze',
  });
}
