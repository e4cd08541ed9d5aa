import type { DictionaryRow, FeatureDetail } from '../../shared/contract/features.ts';
import type { RunDetail, RunGroup, RunRow, Series } from '../../shared/contract/runs.ts';
import type { FitDetail } from '../../shared/contract/statistics.ts';
import { sampleDiagnostics } from './sample-diagnostics.ts';
import type { ReportData, StudySectionData } from '../../main/reports/report-data.ts';
import { studyFigures, type StudiedRun } from '../../shared/domain/study.ts';
import { samplePrediction } from './sample-prediction.ts';

/** Names the slots of text that data can fill; a test can put anything into any of them. */
export type Fill = (slot: string) => string;

const hook = 'blocks.1.hook_resid_pre';

function run(index: number, group: number, fill: Fill): RunRow {
  const l0 = 20 + 10 * group + index / 10;
  return {
    id: `run_${String(index).padStart(6, '0')}`,
    job: 'job_000001',
    name: fill(`run name ${index}`),
    label: index === 1 ? fill('run label') : '',
    seed: index % 3,
    state: index === 4 ? 'failed' : 'succeeded',
    hook,
    model: fill('model'),
    dictionary: null,
    imported: null,
    createdAt: 1_700_000_000_000,
    seconds: 61.5 + index,
    engine: fill('engine'),
    metrics: { l0, mse: 0.1 / l0, ceIncrease: 2 / l0, explainedVariance: 1 - 1 / l0, alive: 500 },
  };
}

function summarise(runs: readonly RunRow[]): RunGroup['metrics'] {
  const names = Object.keys(runs[0]?.metrics ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = runs.map((row) => row.metrics[name] ?? 0);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const half = values.length > 1 ? 0.02 * mean : null;
      return [
        name,
        {
          n: values.length,
          mean,
          low: half === null ? null : mean - half,
          high: half === null ? null : mean + half,
        },
      ];
    }),
  );
}

function group(index: number, members: number, fill: Fill): RunGroup {
  const runs = Array.from({ length: members }, (_, member) => run(index * 3 + member, index, fill));
  return {
    key: `group ${index}`,
    name: fill(`group ${index}`),
    hook,
    model: fill('model'),
    type: 'local',
    differing: {
      'objective.sparsity.coefficient': index + 0.5,
      name: fill(`differing value ${index}`),
    },
    metrics: summarise(runs),
    runs,
  };
}

function series(name: string, phase: number): Series {
  const x = Array.from({ length: 40 }, (_, index) => index * 1000);
  const value = (index: number): number => 3 / (1 + index) + 0.05 * Math.cos(index + phase);
  return {
    name,
    total: 400,
    drawn: 40,
    last: 39_900,
    x,
    low: x.map((_, index) => value(index) - 0.02),
    high: x.map((_, index) => (index === 20 ? null : value(index) + 0.02)),
  };
}

function detail(row: RunRow, fill: Fill): RunDetail {
  return {
    run: row,
    spec: {
      kind: 'train',
      name: fill('spec name'),
      model: 'models/tiny',
      hook,
      tokens: { file: 'train.safetensors' },
      dictionary: { latents: 512 },
      objective: { sparsity: { coefficient: 0.5 } },
      training: { sequences: 640, batch: 8, learningRate: 0.001, warmup: 64 },
    },
    jobActions: [],
    jobError: null,
    provenance: {
      commit: fill('commit'),
      inputs: { [fill('input name')]: 'ab'.repeat(32) },
      seed: row.seed,
    },
    artifacts: [
      {
        kind: 'dictionary',
        path: fill('artifact path'),
        bytes: 1234,
        sha256: 'cd'.repeat(32),
      },
    ],
    notes: fill('run notes'),
    siblings: [],
    importNotes: [],
  };
}

const dictionary = (fill: Fill): DictionaryRow => ({
  id: 'dict_000001',
  run: 'run_000000',
  job: 'job_000000',
  group: 'abcdef',
  objective: 'local',
  name: fill('dictionary name'),
  seed: 0,
  hook,
  model: fill('model'),
  architecture: 'relu',
  dIn: 128,
  latents: 2048,
  tokens: 40_000,
  context: 128,
  imported: null,
  alive: 2040,
  properties: [],
});

/** One feature; equal numbers give equal features. */
export function sampleFeature(
  feature: number,
  fill: Fill,
  size: { examples: number; context: number } = { examples: 3, context: 9 },
): FeatureDetail {
  const count = 40 + ((feature * 37) % 900);
  const max = 1 + (feature % 7);
  const example = (index: number): FeatureDetail['groups'][number]['examples'][number] => {
    const peak = Math.floor(size.context / 2);
    return {
      sequence: (feature * 31 + index) % 997,
      position: peak + 4,
      start: 4,
      value: max / 2 ** index,
      tokens: Array.from({ length: size.context }, (_, at) =>
        at === peak ? fill(`token ${feature}`) : ` w${(feature * 17 + index * 5 + at * 3) % 613}`,
      ),
      ids: Array.from({ length: size.context }, (_, at) => (feature + at) % 1024),
      activations: Array.from({ length: size.context }, (_, at) =>
        at === peak ? max / 2 ** index : at === peak + 2 ? max / 8 : 0,
      ),
    };
  };
  const examples = (from: number): ReturnType<typeof example>[] =>
    Array.from({ length: size.examples }, (_, index) => example(from + index));
  const logit = (value: number): FeatureDetail['promoted'][number] => ({
    id: feature % 1024,
    token: fill(`logit token ${feature}`),
    value,
  });
  return {
    row: {
      feature,
      count,
      density: count / 40_000,
      densityLow: (count * 0.9) / 40_000,
      densityHigh: (count * 1.1) / 40_000,
      mean: max / 3,
      max,
      rating: feature % 5 === 0 ? 3 : null,
      label: feature % 3 === 0 ? fill(`feature label ${feature}`) : null,
      stability: (feature % 10) / 10,
      property: fill(`property ${feature}`),
      auc: 0.5 + (feature % 50) / 100,
    },
    tokens: 40_000,
    histogram: {
      edges: [0, max / 4, max / 2, (max * 3) / 4, max],
      counts: [count - 30, 15, 10, 5],
    },
    groups: [
      { name: 'top', kind: 'top', from: count, examples: examples(0) },
      { name: fill(`quantile name ${feature}`), kind: 'quantile', from: 5, examples: examples(5) },
      { name: 'near miss', kind: 'near-miss', from: 0, examples: [] },
    ],
    promoted: [logit(0.5), logit(0.25)],
    logits: { edges: [-1, 0, 1], counts: [20, 30] },
    suppressed: [logit(-0.5)],
    decoderNeighbours: [
      { feature: feature + 1, cosine: 0.5, label: fill(`neighbour label ${feature}`) },
    ],
    encoderNeighbours: [{ feature: feature + 2, cosine: 0.25, label: null }],
    matches: [{ dictionary: 'dict_000002', seed: 1, feature: 7, cosine: 0.75 }],
    scores: [{ property: fill(`score property ${feature}`), auc: 0.9, positives: 321 }],
    labels: [],
    densityByPosition: [0.01, 0.02, 0.03],
    encoderDecoderCosine: 0.8,
  };
}

function sampleFit(fill: Fill): FitDetail {
  const coefficient = (
    term: string,
    estimate: number | null,
    vif: number | 'Infinity' | null,
  ): FitDetail['coefficients'][number] => ({
    term,
    estimate,
    se: estimate === null ? null : 0.25,
    statistic: estimate === null ? null : estimate / 0.25,
    p: estimate === null ? null : 0.0123,
    low: estimate === null ? null : estimate - 0.5,
    high: estimate === null ? null : estimate + 0.5,
    vif,
  });
  return {
    id: 'fit_000001',
    name: fill('fit name'),
    createdAt: 1_700_000_000_000,
    spec: {
      kind: 'regress',
      name: fill('fit name'),
      table: fill('table path'),
      formula: fill('formula'),
      family: 'binomial',
      filter: fill('filter'),
    },
    tableSha256: 'ef'.repeat(32),
    response: 'y',
    rowsInTable: 1000,
    filteredOut: 200,
    dropped: 50,
    n: 750,
    coefficients: [
      coefficient('(Intercept)', 1.5, null),
      coefficient(fill('term a'), -2.25, 'Infinity'),
      coefficient(fill('term b'), 0.25, 5.5),
      coefficient(fill('term c'), null, 'Infinity'),
    ],
    dependencies: [{ term: 'c', sentence: fill('dependency'), parts: [] }],
    warnings: [
      {
        concerns: fill('term b'),
        message: fill('warning message'),
        why: fill('warning why'),
        whatToDo: fill('warning what to do'),
      },
      { concerns: null, message: 'The table is simulated.', why: 'So.', whatToDo: 'Mind it.' },
    ],
    r2: null,
    adjustedR2: null,
    sigma: null,
    fStatistic: null,
    fDegrees: null,
    fP: null,
    deviance: 812.5,
    nullDeviance: 1000.25,
    logLik: -406.25,
    aic: 820.5,
    bic: 838.75,
    dfResidual: 746,
    conditionNumber: 'Infinity',
    scaledConditionNumber: 41.5,
    iterations: 6,
    method: fill('method'),
    baseRate: 0.71,
    accuracy: 0.86,
    auc: 0.92,
  };
}

/** Two objectives, the second of them not matched, with trials and pilots of each. */
export function sampleStudy(fill: Fill): StudySectionData {
  const studied = (index: number, of: number, coefficient: number): StudiedRun => {
    const { id, seed, dictionary, metrics } = run(index, of, fill);
    return { id, seed, dictionary, coefficient, metrics };
  };
  const names = [fill('objective a'), fill('objective b')];
  const runs = names.map((_, of) => [0, 1, 2].map((index) => studied(index, of, of + 1.25)));
  return {
    kind: 'study',
    figures: studyFigures(
      names.map((name, of) => ({ name, runs: runs[of]! })),
      20,
      0.05,
    ),
    trials: names.map((name, of) => ({ name, run: studied(of, 2, of + 0.5) })),
    pilots: names.flatMap((name, of) =>
      [3, 4].map((level) => ({ name, run: studied(of, level, of + 0.25) })),
    ),
    details: runs.map((members) => detail({ ...run(0, 0, fill), id: members[0]!.id }, fill)),
    notShown: [fill('study remark')],
  };
}

export interface SampleOptions {
  readonly fill?: Fill;
  readonly features?: number;
  readonly example?: { examples: number; context: number };
  readonly createdAt?: number;
}

/** A report with every kind of section and something in every slot. */
export function sampleReport(options: SampleOptions = {}): ReportData {
  const fill = options.fill ?? ((slot) => slot);
  const groups = [group(0, 3, fill), group(1, 2, fill), group(2, 1, fill)];
  const runs = groups.flatMap((one) => one.runs);
  return {
    title: fill('title'),
    createdAt: options.createdAt ?? 1_700_000_000_000,
    project: fill('project'),
    version: '0.1.0',
    sections: [
      { kind: 'text', title: fill('text title'), text: fill('text') },
      {
        kind: 'runs',
        groups,
        details: runs.map((row) => detail(row, fill)),
        curves: runs.map((row) => ({
          run: row.id,
          series: [series('loss', row.seed), series('eval.ceIncrease', row.seed)],
        })),
        notShown: [fill('remark')],
      },
      {
        kind: 'features',
        choice: 'most-active',
        dictionary: dictionary(fill),
        features: features(options.features ?? 5, fill, options.example),
      },
      { kind: 'fit', fit: sampleFit(fill), diagnostics: sampleDiagnostics(fill) },
      { kind: 'prediction', prediction: samplePrediction(fill) },
      sampleStudy(fill),
    ],
  };
}

function* features(
  count: number,
  fill: Fill,
  size: SampleOptions['example'],
): Generator<FeatureDetail> {
  for (let feature = 0; feature < count; feature += 1) yield sampleFeature(feature, fill, size);
}
