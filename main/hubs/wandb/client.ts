import * as v from 'valibot';
import type { WandbAddress } from '../../../shared/domain/hub-address.ts';
import { AppError } from '../../../shared/errors.ts';
import { hubTime, type HubEntry, type Page } from '../entries.ts';
import { notUnderstood, statusError } from '../hub-errors.ts';
import type { HubHttp } from '../http.ts';
import { parseAnswer } from '../parse-answer.ts';
import { checkedPath, md5Checksum, type RemoteFile } from '../remote-file.ts';
import { filesQuery, projectsQuery, runQuery, runsQuery } from './queries.ts';
import {
  filesAnswer,
  graphqlAnswer,
  projectsAnswer,
  runAnswer,
  runsAnswer,
  type WandbFile,
} from './schemas.ts';

/** A run's address with all three names. */
export type RunAddress = WandbAddress & { readonly project: string; readonly run: string };

/** What W&B keeps of a run besides its files and its history. */
export interface WandbRun {
  readonly id: string;
  /** The name that people see. */
  readonly name: string;
  readonly state: string | null;
  readonly createdAt: number | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  /** Largest step of the history; null where the server does not tell. */
  readonly lastStep: number | null;
  /** Names of what was logged. */
  readonly historyKeys: readonly string[];
}

const pageSize = 50;
const filesPageSize = 200;
const mostFiles = 20_000;

/** Reads projects, runs and files of Weights & Biases over its GraphQL server. */
export class WandbClient {
  readonly http: HubHttp;

  constructor(http: HubHttp) {
    this.http = http;
  }

  async projects(
    entity: string,
    cursor: string | null,
    signal?: AbortSignal,
  ): Promise<Page<HubEntry>> {
    const what = `the list of projects of ${entity}`;
    const { models } = await this.ask(
      { query: projectsQuery, variables: { entity, cursor, count: pageSize }, what, signal },
      projectsAnswer,
    );
    if (models === null) throw this.#missing(what);
    return {
      items: models.edges.map(({ node }) => ({
        name: node.name,
        title: '',
        facts: node.description === null || node.description === '' ? [] : [node.description],
        changedAt: hubTime(node.createdAt),
      })),
      next: models.pageInfo.hasNextPage ? models.pageInfo.endCursor : null,
    };
  }

  async runs(
    entity: string,
    project: string,
    cursor: string | null,
    signal?: AbortSignal,
  ): Promise<Page<HubEntry>> {
    const what = `the list of runs of ${entity}/${project}`;
    const answer = await this.ask(
      { query: runsQuery, variables: { entity, project, cursor, count: pageSize }, what, signal },
      runsAnswer,
    );
    if (answer.project === null) throw this.#missing(what);
    const { edges, pageInfo } = answer.project.runs;
    return {
      items: edges.map(({ node }) => ({
        name: node.name,
        title: node.displayName ?? '',
        facts: [node.state, node.group].filter((fact): fact is string => Boolean(fact)),
        changedAt: hubTime(node.createdAt),
      })),
      next: pageInfo.hasNextPage ? pageInfo.endCursor : null,
    };
  }

  async run(address: RunAddress, signal?: AbortSignal): Promise<WandbRun> {
    const what = `the run ${pathOf(address)}`;
    const found = await this.ask(
      { query: runQuery, variables: variablesOf(address), what, signal },
      runAnswer,
    );
    const run = found.project?.run ?? null;
    if (run === null) throw this.#missing(what);
    const keys = Object.keys(run.historyKeys?.keys ?? {});
    return {
      id: run.name,
      name: run.displayName ?? run.name,
      state: run.state,
      createdAt: hubTime(run.createdAt),
      config: unwrap(this.#record(run.config, 'config', what)),
      summary: this.#record(run.summaryMetrics, 'summary', what),
      lastStep: run.historyKeys?.lastStep ?? null,
      historyKeys: keys.filter((key) => !key.startsWith('_')),
    };
  }

  /** All files of a run, in the order of the server. @throws AppError also for a name that is not safe */
  async files(address: RunAddress, signal?: AbortSignal): Promise<RemoteFile[]> {
    const files: RemoteFile[] = [];
    for (let cursor: string | null = null; ;) {
      const page: Page<WandbFile> = await this.#filesPage(address, cursor, signal);
      for (const file of page.items) files.push(this.#remoteFile(file, address));
      cursor = page.next;
      if (cursor === null) return files;
      if (files.length > mostFiles)
        throw new AppError(
          'too-large',
          `${pathOf(address)} has more than ${mostFiles} files. Name one of them: wandb:${pathOf(address)}/FILE.`,
          { file: pathOf(address) },
        );
    }
  }

  async #filesPage(
    address: RunAddress,
    cursor: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Page<WandbFile>> {
    const what = `the list of files of ${pathOf(address)}`;
    const variables = { ...variablesOf(address), cursor, count: filesPageSize };
    const found = await this.ask({ query: filesQuery, variables, what, signal }, filesAnswer);
    const files = found.project?.run?.files ?? null;
    if (files === null) throw this.#missing(what);
    const { endCursor, hasNextPage } = files.pageInfo;
    if (hasNextPage && (endCursor === null || endCursor === cursor))
      throw notUnderstood(this.http.asked(what), 'its pages do not end');
    return {
      items: files.edges.map(({ node }) => node),
      next: hasNextPage ? endCursor : null,
    };
  }

  #remoteFile(file: WandbFile, address: RunAddress): RemoteFile {
    const { entity, project, run } = address;
    const path = checkedPath(file.name, this.http.server.title);
    const ownPath = [entity, project, run, ...path.split('/')].map(encodeURIComponent).join('/');
    const urls = [file.url ?? `/files/${ownPath}`, file.directUrl].filter((url): url is string =>
      Boolean(url),
    );
    return {
      path,
      bytes: file.sizeBytes,
      checksum: md5Checksum(file.md5),
      version: file.updatedAt ?? '',
      urls: [...new Set(urls)],
    };
  }

  /** Puts one question. @throws AppError */
  async ask<S extends v.GenericSchema>(
    question: {
      query: string;
      variables: Readonly<Record<string, unknown>>;
      what: string;
      signal: AbortSignal | undefined;
    },
    schema: S,
  ): Promise<v.InferOutput<S>> {
    const { query, variables, what, signal } = question;
    const asked = this.http.asked(what);
    const { value } = await this.http.json({
      url: '/graphql',
      what,
      body: { query, variables },
      signal,
    });
    const { data, errors } = parseAnswer(graphqlAnswer, value, asked);
    const [first] = errors;
    if (first) throw statusError(statusOf(first.message), asked, null, first.message);
    return parseAnswer(schema, data, asked);
  }

  #missing(what: string): AppError {
    return statusError(404, this.http.asked(what));
  }

  #record(text: string | null, part: string, what: string): Record<string, unknown> {
    if (text === null || text === '') return {};
    const record = v.record(v.string(), v.unknown());
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.nullable(record)), text);
    if (parsed.success) return parsed.output ?? {};
    throw notUnderstood(this.http.asked(what), `its ${part} is not JSON`);
  }
}

/** entity/project/run, as W&B writes it. */
export function pathOf({ entity, project, run }: RunAddress): string {
  return `${entity}/${project}/${run}`;
}

export function variablesOf({ entity, project, run }: RunAddress) {
  return { entity, project, run };
}

/** Values of a run's config: W&B wraps each as {value, desc}, and adds what concerns itself under `_wandb`. */
function unwrap(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name !== '_wandb' && name !== 'wandb_version')
      .map(([name, entry]) => {
        const isWrapped = entry !== null && typeof entry === 'object' && 'value' in entry;
        return [name, isWrapped ? entry.value : entry];
      }),
  );
}

/** GraphQL tells failures in words beside a status of 200. */
function statusOf(message: string): number {
  if (/not (logged|signed) in|unauthenticated|api key|401/i.test(message)) return 401;
  if (/permission|forbidden|not authorized|403/i.test(message)) return 403;
  if (/not found|could not find|does not exist|404/i.test(message)) return 404;
  if (/rate limit|too many/i.test(message)) return 429;
  return 400;
}
