import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultContent, digestOf, gitName, type StubContent } from './content.ts';
import { Faults, sendBytes } from './faults.ts';
import { answerApi } from './hugging-face-stub.ts';
import { answerGraphql } from './wandb-stub.ts';

/** A request as it came in. */
export interface SeenRequest {
  readonly server: 'hub' | 'storage';
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface HubStub {
  /** Address of the server that plays both hubs. */
  readonly url: string;
  /** Host of the server that files are redirected to. */
  readonly storageHost: string;
  readonly faults: Faults;
  readonly requests: SeenRequest[];
  /** Without it anybody may ask. */
  key: string | null;
  content: StubContent;
  /** Environment under which Assay finds it. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

/**
 * A server that speaks as much of W&B's GraphQL and file protocol and of Hugging Face's as Assay uses,
 * with a second one on another port that files are redirected to, as both hubs do it.
 */
export async function startHubStub(pageSize = 3): Promise<HubStub> {
  const faults = new Faults();
  const requests: SeenRequest[] = [];
  const hub = createServer((request, response) => void answer('hub', request, response));
  const storage = createServer((request, response) => void answer('storage', request, response));
  await Promise.all([listen(hub), listen(storage)]);
  const url = `http://127.0.0.1:${portOf(hub)}`;
  const storageUrl = `http://127.0.0.1:${portOf(storage)}`;
  const stub: HubStub = {
    url,
    storageHost: new URL(storageUrl).host,
    faults,
    requests,
    key: null,
    content: defaultContent(),
    environment: { WANDB_BASE_URL: url, HF_ENDPOINT: url },
    close: async () => {
      await Promise.all([hub, storage].map(end));
    },
  };

  async function answer(
    server: 'hub' | 'storage',
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    response.on('error', () => undefined);
    const path = request.url ?? '/';
    const { authorization, range } = request.headers;
    requests.push({ server, path, authorization, range });
    const fault = faults.take(server === 'hub' ? path : `storage${path}`);
    if (fault?.silent) return;
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers);
      return void response.end(fault.body ?? '');
    }
    const location = new URL(path, url);
    if (server === 'storage') {
      const found = fileAt(stub.content, location.pathname);
      if (!found) return void response.writeHead(404).end();
      return sendBytes(request, response, found.bytes, { etag: found.etag, fault });
    }
    if (stub.key !== null && !isKey(authorization, stub.key))
      return json(response, 401, { error: 'not signed in' });
    if (location.pathname === '/graphql') {
      const question = JSON.parse(await bodyOf(request)) as Parameters<typeof answerGraphql>[1];
      return json(response, 200, { data: answerGraphql(stub.content, question, url) });
    }
    const api = answerApi(stub.content, location, url, pageSize);
    if (api) return json(response, api.status, api.value, api.headers);
    const found = fileAt(stub.content, location.pathname);
    if (!found) return json(response, 404, { error: 'Entry not found' });
    if (!found.isRedirected)
      return sendBytes(request, response, found.bytes, { etag: found.etag, fault });
    response.writeHead(302, {
      location: `${storageUrl}${location.pathname}?signature=secret-of-the-link`,
    });
    response.end();
  }
  return stub;
}

/** The file behind an address of either hub. */
function fileAt(content: StubContent, pathname: string) {
  const parts = pathname.split('/').slice(1).map(decodeURIComponent);
  if (parts[0] === 'files') {
    const [, entity, project, run, ...path] = parts;
    const found = content.wandb[entity!]?.[project!]?.find(({ name }) => name === run);
    const bytes = found?.files[path.join('/')];
    return bytes && { bytes, etag: `"${digestOf('md5', bytes, 'hex')}"`, isRedirected: true };
  }
  const [owner, repo, word, , ...path] = parts;
  const name = path.join('/');
  const found = content.hf[`${owner}/${repo}`];
  const bytes = word === 'resolve' ? found?.files[name] : undefined;
  return bytes && { bytes, etag: `"${gitName(bytes)}"`, isRedirected: found!.lfs.includes(name) };
}

function isKey(authorization: string | undefined, key: string): boolean {
  const basic = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
  return authorization === basic || authorization === `Bearer ${key}`;
}

function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

function listen(server: Server): Promise<void> {
  return new Promise((done) => server.listen(0, '127.0.0.1', done));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function end(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
