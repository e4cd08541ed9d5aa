import { digestOf, type StubContent, type StubRun } from './content.ts';

interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Answers the questions of W&B's GraphQL server that a client of runs and files asks. */
export function answerGraphql(content: StubContent, { query, variables }: Question, base: string) {
  const entity = text(variables['entity']);
  const projects = content.wandb[entity];
  if (/models\(/.test(query)) {
    const names = Object.keys(projects ?? {}).map((name) => ({
      name,
      description: null,
      createdAt: '2024-05-01T10:00:00',
    }));
    return projects ? { models: page(names, variables) } : { models: null };
  }
  const runs = projects?.[text(variables['project'])];
  if (!runs) return { project: null };
  if (/runs\(/.test(query)) return { project: { runs: page(runs.map(describe), variables) } };
  const run = runs.find(({ name }) => name === variables['run']);
  if (!run) return { project: { run: null } };
  return {
    project: {
      run: answerRun(
        run,
        query,
        variables,
        `${base}/files/${entity}/${text(variables['project'])}/${run.name}`,
      ),
    },
  };
}

function answerRun(run: StubRun, query: string, variables: Question['variables'], place: string) {
  if (/sampledHistory/.test(query)) {
    const specs = (variables['specs'] as string[]).map(
      (spec) => JSON.parse(spec) as { keys: string[]; samples: number },
    );
    return {
      sampledHistory: specs.map(({ keys, samples }) =>
        thin(
          run.history
            .filter((row) => keys.every((key) => key in row))
            .map((row) => Object.fromEntries(keys.map((key) => [key, row[key]]))),
          samples,
        ),
      ),
    };
  }
  if (/history\(/.test(query)) {
    const [from, to, count] = ['from', 'to', 'count'].map((name) => Number(variables[name]));
    const rows = run.history.filter(({ _step }) => Number(_step) >= from! && Number(_step) < to!);
    return { history: thin(rows, count!).map((row) => JSON.stringify(row)) };
  }
  if (/files\(/.test(query)) {
    const files = Object.entries(run.files).map(([name, bytes]) => ({
      name,
      url: `${place}/${name}`,
      directUrl: null,
      sizeBytes: String(bytes.length),
      md5: digestOf('md5', bytes, 'base64'),
      updatedAt: '2024-05-01T10:00:00',
    }));
    return { files: page(files, variables) };
  }
  const wrapped = Object.fromEntries(
    Object.entries(run.config).map(([key, value]) => [key, { value, desc: null }]),
  );
  const keys = Object.fromEntries(
    [...new Set(run.history.flatMap((row) => Object.keys(row)))].map((key) => [key, {}]),
  );
  return {
    ...describe(run),
    config: JSON.stringify({ ...wrapped, _wandb: { value: {}, desc: null } }),
    summaryMetrics: JSON.stringify(run.summary),
    historyKeys: { keys, lastStep: run.history.at(-1)?.['_step'] ?? null },
  };
}

function describe({ name, displayName }: StubRun) {
  return {
    name,
    displayName,
    state: 'finished',
    createdAt: '2024-05-01T10:00:00',
    heartbeatAt: null,
    group: null,
  };
}

/** As the server does it: what is more than asked for is thinned, ends included. */
function thin<T>(rows: readonly T[], most: number): T[] {
  if (rows.length <= most) return [...rows];
  return Array.from(
    { length: most },
    (_, at) => rows[Math.round((at * (rows.length - 1)) / (most - 1))]!,
  );
}

function page<T>(all: readonly T[], variables: Question['variables']) {
  const start = Number(variables['cursor'] ?? 0);
  const end = start + Number(variables['count'] ?? 50);
  return {
    edges: all.slice(start, end).map((node) => ({ node })),
    pageInfo: { endCursor: String(end), hasNextPage: end < all.length },
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
