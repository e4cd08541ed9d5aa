import { solveFalling } from '../../../shared/stats/log-log.ts';

/** Short trainings of the first seed, full ones of it, full ones of every seed. */
export type Stage = 'pilot' | 'single' | 'all';

/** An objective by its name with one sparsity coefficient. */
export interface Trial {
  readonly objective: string;
  readonly coefficient: number;
}

export interface Tried extends Trial {
  readonly stage: Stage;
  readonly runs: readonly string[];
  /** On held-out tokens, the mean over the runs. */
  readonly l0: number;
}

/** Trains a trial for each seed of the stage; answers runs and their held-out L0 in the same order. */
export type TrainTrials = (
  stage: Stage,
  trials: readonly Trial[],
) => Promise<readonly Pick<Tried, 'runs' | 'l0'>[]>;

export interface MatchRequest {
  /** With a coefficient from which the search starts. */
  readonly objectives: readonly { readonly name: string; readonly start: number }[];
  readonly target: number;
  /** Share of the target by which the mean L0 over the seeds may differ from it. */
  readonly tolerance: number;
}

export interface Match {
  /** For each objective the trial of all seeds that comes nearest to the target. */
  readonly matched: readonly Tried[];
  /** Everything that was trained on the way, in its order. */
  readonly tried: readonly Tried[];
}

/** Factors on the starting coefficient that pilots begin with. */
const grid = [1 / 4, 1, 4];
const mostRounds = { pilot: 4, single: 4, all: 2 };

/**
 * Finds for each objective the sparsity coefficient whose held-out L0 is the target. Pilots show how L0
 * falls with the coefficient; the first seed is then trained in full, since L0 falls with the length of
 * training too, and corrected until it lies within half the tolerance; then all seeds are trained, and
 * corrected should their mean lie outside of it. Coefficients have three digits and follow from the
 * measured L0 alone, so that a search that is repeated asks for the same trainings.
 */
export async function matchL0(request: MatchRequest, train: TrainTrials): Promise<Match> {
  const { objectives, target, tolerance } = request;
  const search = new Search(target, train);
  await search.round(
    'pilot',
    objectives.flatMap(({ name, start }) =>
      grid.map((factor) => ({ objective: name, coefficient: threeDigits(start * factor) })),
    ),
  );
  const names = objectives.map(({ name }) => name);
  await search.settle('pilot', names, 2 * tolerance);
  await search.settle('single', names, tolerance / 2);
  await search.settle('all', names, tolerance);
  return { matched: names.map((name) => search.nearest('all', name)!), tried: search.tried };
}

class Search {
  readonly tried: Tried[] = [];
  readonly #target: number;
  readonly #train: TrainTrials;

  constructor(target: number, train: TrainTrials) {
    this.#target = target;
    this.#train = train;
  }

  async round(stage: Stage, trials: readonly Trial[]): Promise<void> {
    const trained = await this.#train(stage, trials);
    trials.forEach((trial, index) => this.tried.push({ ...trial, ...trained[index]!, stage }));
  }

  /** Trains on until every objective is within a share of the target, or rounds are used up. */
  async settle(stage: Stage, names: readonly string[], share: number): Promise<void> {
    for (let round = 0; round < mostRounds[stage]; round++) {
      const trials = names
        .filter((name) => !this.#isNear(stage, name, share))
        .map((objective) => ({ objective, coefficient: this.#next(stage, objective) }))
        .filter((trial) => !this.#isTried(stage, trial));
      if (trials.length === 0) return;
      await this.round(stage, trials);
    }
  }

  nearest(stage: Stage, objective: string): Tried | undefined {
    const distance = ({ l0 }: Tried) => Math.abs(Math.log(Math.max(l0, 1e-9) / this.#target));
    return this.#of(stage, objective).sort((a, b) => distance(a) - distance(b))[0];
  }

  #isNear(stage: Stage, objective: string, share: number): boolean {
    const nearest = this.nearest(stage, objective);
    return nearest !== undefined && Math.abs(nearest.l0 / this.#target - 1) <= share;
  }

  #isTried(stage: Stage, { objective, coefficient }: Trial): boolean {
    return this.#of(stage, objective).some((tried) => tried.coefficient === coefficient);
  }

  /**
   * From two trainings of the stage on these alone count; before, those of the stage before do, moved by
   * the factor by which the one training of this stage differs from the target that it was meant for.
   */
  #next(stage: Stage, objective: string): number {
    const own = this.#of(stage, objective);
    if (stage === 'pilot' || own.length > 1) return this.#solve(own, this.#target);
    const before = this.#of(stage === 'single' ? 'pilot' : 'single', objective);
    const [one] = own;
    if (one) return this.#solve(before, this.#target / changeSince(before, one, this.#target));
    // Every seed gets the coefficient that its first one has been trained with.
    if (stage === 'all') return this.nearest('single', objective)!.coefficient;
    return this.#solve(before, this.#target);
  }

  #solve(tried: readonly Tried[], l0: number): number {
    const points = tried.map((trial) => ({ x: trial.coefficient, y: trial.l0 }));
    return threeDigits(solveFalling(points, l0));
  }

  #of(stage: Stage, objective: string): Tried[] {
    return this.tried.filter((trial) => trial.stage === stage && trial.objective === objective);
  }
}

/** Factor from the L0 of the stage before, measured at the same coefficient or else expected, to this one. */
function changeSince(
  before: readonly Tried[],
  { coefficient, l0 }: Tried,
  expected: number,
): number {
  const earlier = before.find((trial) => trial.coefficient === coefficient)?.l0 ?? expected;
  return Math.max(l0 / Math.max(earlier, 1e-3), 1e-3);
}

/** Readable in a spec, and finer than L0 can tell. */
function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
