import { AppError } from '../../../shared/errors.ts';
import type { ForeignRun, HistoryRow } from './foreign-run.ts';
import { isE2eSaeConfig, renameMetric, turnedSignNote } from './metric-names.ts';

/** Values of several curves at one x. */
export interface ConvertedPoint {
  readonly x: number;
  readonly values: Record<string, number | null>;
}

/** A foreign run in the project's terms. */
export interface ConvertedRun {
  readonly name: string;
  readonly hook: string;
  readonly model: string;
  /** Null where the config names none. */
  readonly seed: number | null;
  readonly config: Readonly<Record<string, unknown>>;
  /** What the x of the points counts. */
  readonly x: 'tokens' | 'steps';
  readonly seconds: number | null;
  /** Points in the order of the history. Read once. */
  points(): AsyncGenerator<ConvertedPoint>;
  /** Final values and sentences about what was converted; to be asked for after the points. */
  finish(): { readonly metrics: Record<string, number | null>; readonly notes: string[] };
}

const configCharacters = 200_000;
/** Curves of one run; a tool that logs a name for each step would fill the database with series. */
const mostSeries = 5_000;
const namesInNote = 8;

/**
 * Converts a run that another tool logged: numbers are kept, each under its own name or, for what
 * e2e_sae defines as Assay does, under Assay's; its difference of CE is turned. Samples of e2e_sae become
 * tokens where its config says the length of the context. Words, histograms and media are left out, NaN
 * and infinities become missing values; all of that is said in the notes.
 * @throws AppError `too-large` for more than 5,000 curves.
 */
export function convertRun(run: ForeignRun): ConvertedRun {
  return new Conversion(run);
}

class Conversion implements ConvertedRun {
  readonly name: string;
  readonly hook: string;
  readonly model: string;
  readonly seed: number | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly x: 'tokens' | 'steps';
  readonly seconds: number | null;
  readonly #run: ForeignRun;
  readonly #names: MetricNames;
  readonly #notes: string[];
  /** Tokens of one step of the history. */
  readonly #scale: number;
  readonly #last = new Map<string, number | null>();
  readonly #leftOut = new Set<string>();
  #missing = 0;

  constructor(run: ForeignRun) {
    const isE2e = isE2eSaeConfig(run.config);
    const context = isE2e ? numberAt(run.config, 'train_data', 'n_ctx') : null;
    this.#run = run;
    this.#names = new MetricNames(isE2e);
    this.#notes = [...(run.notes ?? [])];
    this.#scale = context ?? 1;
    this.name = run.name.slice(0, 400) || 'unnamed run';
    this.config = this.#keepConfig(run.config);
    this.hook = hookOf(run.config);
    this.model = textAt(run.config, ['tlens_model_name', 'model_name', 'model', 'lm_name']);
    this.seed = seedOf(run.config);
    this.x = context === null ? 'steps' : 'tokens';
    this.seconds = run.seconds ?? null;
    this.#notes.push(
      context === null
        ? 'x is the step that the tool logged, not a number of tokens.'
        : `x is tokens: the samples that e2e_sae logged times its context of ${context}.`,
    );
  }

  async *points(): AsyncGenerator<ConvertedPoint> {
    for await (const row of this.#run.history) {
      const point = this.#point(row);
      if (point) yield point;
    }
  }

  finish(): { metrics: Record<string, number | null>; notes: string[] } {
    const metrics: Record<string, number | null> = {};
    for (const [key, value] of flatten(this.#run.summary)) {
      const number = toNumber(value);
      if (number === undefined) continue;
      const { name, sign } = this.#names.metric(key);
      metrics[name] = number === null ? null : sign * number;
    }
    // What was measured on held-out data goes before a batch of training.
    const isEvaluation = ([name]: [string, unknown]) => name.startsWith('eval.');
    const { true: evaluated = [], false: trained = [] } = Object.groupBy(this.#last, (entry) =>
      isEvaluation(entry) ? 'true' : 'false',
    );
    for (const [series, value] of [...evaluated, ...trained]) {
      const name = series.replace(/^eval\./, '');
      if (!(name in metrics)) metrics[name] = value;
    }
    return { metrics, notes: this.#sentences() };
  }

  #point({ step, values }: HistoryRow): ConvertedPoint | undefined {
    if (!Number.isFinite(step)) return undefined;
    const point: ConvertedPoint = { x: step * this.#scale, values: {} };
    let found = false;
    for (const [key, value] of flatten(values)) {
      const number = toNumber(value);
      if (number === undefined) {
        if (this.#leftOut.size < mostSeries) this.#leftOut.add(key);
        continue;
      }
      if (number === null) this.#missing++;
      const { name, sign } = this.#names.series(key);
      const shown = number === null ? null : sign * number;
      point.values[name] = shown;
      this.#last.set(name, shown);
      found = true;
    }
    if (this.#last.size > mostSeries)
      throw new AppError(
        'too-large',
        `The run '${this.name}' logs more than ${mostSeries} different values. Export the ones that matter as CSV and import that.`,
        { place: `step ${step}` },
      );
    return found ? point : undefined;
  }

  #keepConfig(config: ForeignRun['config']): Readonly<Record<string, unknown>> {
    if (JSON.stringify(config).length <= configCharacters) return config;
    this.#notes.push('The config is longer than 200,000 characters and was left out.');
    return {};
  }

  #sentences(): string[] {
    const notes = [...this.#notes, ...this.#names.notes()];
    if (this.#leftOut.size > 0) {
      const names = [...this.#leftOut].slice(0, namesInNote).join(', ');
      const more = this.#leftOut.size > namesInNote ? ' …' : '';
      notes.push(
        `${this.#leftOut.size} logged values are not numbers and were left out: ${names}${more}`,
      );
    }
    if (this.#missing > 0)
      notes.push(`${this.#missing} logged values are NaN or infinite; they are shown as gaps.`);
    return notes;
  }
}

/** The names under which values are kept: two keys of a run never share one. */
class MetricNames {
  readonly #isE2e: boolean;
  readonly #series = new Map<string, { name: string; sign: 1 | -1 }>();
  readonly #metrics = new Map<string, { name: string; sign: 1 | -1 }>();
  readonly #taken = { series: new Set<string>(), metrics: new Set<string>() };
  #renamed = 0;

  constructor(isE2e: boolean) {
    this.#isE2e = isE2e;
  }

  series(key: string) {
    return this.#find(key, this.#series, this.#taken.series, (name) => name);
  }

  /** Final values are those on held-out data; of a batch of training they keep the tool's name. */
  metric(key: string) {
    const isOfBatch = key.includes('/train/');
    return this.#find(key, this.#metrics, this.#taken.metrics, (name) =>
      isOfBatch ? undefined : name.replace(/^eval\./, ''),
    );
  }

  notes(): string[] {
    const notes: string[] = [];
    const signs = [...this.#series.values(), ...this.#metrics.values()];
    if (this.#renamed > 0)
      notes.push('Values that e2e_sae defines as Assay does carry the names used here.');
    if (signs.some(({ sign }) => sign < 0)) notes.push(turnedSignNote);
    return notes;
  }

  #find(
    key: string,
    known: Map<string, { name: string; sign: 1 | -1 }>,
    taken: Set<string>,
    shown: (name: string) => string | undefined,
  ) {
    const before = known.get(key);
    if (before) return before;
    const renamed = renameMetric(key, this.#isE2e);
    const name = renamed && shown(renamed.name);
    const isFree = name !== undefined && !taken.has(name);
    const found = isFree
      ? { name, sign: renamed!.sign }
      : { name: key.slice(0, 400), sign: 1 as const };
    if (isFree) this.#renamed++;
    taken.add(found.name);
    known.set(key, found);
    return found;
  }
}

/** Leaves of nested groups by their names joined with `/`; keys of the tools themselves are left out. */
function* flatten(
  values: Readonly<Record<string, unknown>>,
  prefix = '',
  depth = 0,
): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(values)) {
    if (key.startsWith('_') || key === 'wandb') continue;
    const name = prefix === '' ? key : `${prefix}/${key}`;
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isGroup && !('_type' in value) && depth < 8)
      yield* flatten(value as Record<string, unknown>, name, depth + 1);
    else yield [name, value];
  }
}

/** Null for NaN and infinities, which W&B writes as words; undefined for what is no number. */
function toNumber(value: unknown): number | null | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return null;
  return undefined;
}

function hookOf(config: ForeignRun['config']): string {
  const saes = config['saes'];
  const positions = isRecord(saes) ? saes['sae_positions'] : undefined;
  if (typeof positions === 'string') return positions;
  if (Array.isArray(positions))
    return positions.filter((item) => typeof item === 'string').join(', ');
  return textAt(config, ['hook_name', 'hook_point', 'submodule_name']);
}

function textAt(config: ForeignRun['config'], keys: readonly string[]): string {
  for (const key of keys) {
    const value = config[key];
    if (typeof value === 'string') return value.slice(0, 400);
  }
  return '';
}

function seedOf(config: ForeignRun['config']): number | null {
  for (const key of seedKeys) {
    const value = config[key];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31)
      return value;
  }
  return null;
}

/** Fields of a config by which replicates may differ. */
export const seedKeys = ['seed', 'random_seed', 'train_seed'] as const;

function numberAt(config: ForeignRun['config'], group: string, key: string): number | null {
  const inner = config[group];
  const value = isRecord(inner) ? inner[key] : undefined;
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
