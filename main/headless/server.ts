import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Contract } from '../../shared/contract/define.ts';
import { serve, type LogBug, type Service } from '../../shared/contract/serve.ts';
import { socketTransport } from '../../shared/contract/socket.ts';
import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Blobs } from '../host/blobs.ts';
import { Guard, refuse } from './guard.ts';
import { protect, refuseUpgrade, sendFile, sendRefusal, sendText } from './response.ts';
import { StaticFiles } from './static-files.ts';

export interface ServerOptions<C extends Contract> {
  readonly contract: C;
  readonly service: Service<C>;
  readonly blobs: Blobs;
  /** Folder of the built pages, usually out/renderer. */
  readonly pages: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly logBug: LogBug;
  /** Milliseconds that a client may take to send its headers, and its whole request. */
  readonly patience?: { readonly headers: number; readonly request: number };
}

export interface LoopbackServer {
  readonly port: number;
  /** For people: the token is in the fragment, which browsers do not send. */
  readonly url: string;
  /** For programs, in the header `Authorization: Bearer …`. */
  readonly token: string;
  close(): Promise<void>;
}

const sessionBodyBytes = 1024;
const maxSockets = 64;
const pingMilliseconds = 30_000;

/**
 * Serves the pages and the host to browsers on this machine, over 127.0.0.1 only.
 *
 *   GET  /…             the built pages; public, since they hold nothing of the user's
 *   POST /session       {"token"} in exchange for a cookie
 *   GET  /blob/HANDLE   a file that the host has offered
 *   WS   /rpc           the contract
 *
 * The page takes `#token=…` from its address, posts it to /session, removes it from the address and
 * opens /rpc. See guard.ts for who is let in.
 */
export async function startServer<C extends Contract>(
  options: ServerOptions<C>,
): Promise<LoopbackServer> {
  const guard = new Guard();
  const http = createHttpServer(options, guard);
  const sockets = acceptSockets(http, options, guard);
  await listen(http, options.port ?? 0);
  const port = portOf(http);
  return {
    port,
    token: guard.token,
    url: `http://127.0.0.1:${port}/#token=${guard.token}`,
    close: () => closeAll(http, sockets),
  };
}

function createHttpServer<C extends Contract>(options: ServerOptions<C>, guard: Guard): Server {
  const { headers, request: whole } = options.patience ?? { headers: 10_000, request: 15_000 };
  const pages = new StaticFiles(options.pages);
  const http = createServer({
    headersTimeout: headers,
    requestTimeout: whole,
    connectionsCheckingInterval: Math.min(1000, headers),
    keepAliveTimeout: 5_000,
    maxHeaderSize: 16 << 10,
  });
  http.maxConnections = 512;
  http.on('request', (request, response) => {
    protect(response);
    handle(request, response, { options, guard, pages, port: portOf(http) }).catch(
      (error: unknown) => {
        options.logBug('http', request.url ?? '', error);
        if (!response.headersSent) sendText(response, 500, 'Something went wrong inside Assay.');
        else response.destroy();
      },
    );
  });
  return http;
}

interface Context<C extends Contract> {
  readonly options: ServerOptions<C>;
  readonly guard: Guard;
  readonly pages: StaticFiles;
  readonly port: number;
}

async function handle<C extends Contract>(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context<C>,
): Promise<void> {
  const { guard, pages, options, port } = context;
  const pathname = (request.url ?? '/').split(/[?#]/, 1)[0]!;
  const refusal = guard.checkSource(request) ?? checkShape(request, pathname);
  if (refusal) return sendRefusal(request, response, refusal);
  if (pathname === '/session') return openSession(request, response, guard, port);
  if (pathname === '/rpc') return sendText(response, 426, 'This address speaks WebSocket.');
  if (pathname.startsWith('/blob/')) {
    const denied = guard.checkSession(request, port);
    if (denied) return sendRefusal(request, response, denied);
    const blob = options.blobs.find(pathname.slice('/blob/'.length));
    if (!blob) return sendText(response, 404, 'This link has expired. Open it again in Assay.');
    return sendFile(request, response, { ...blob, blobName: blob.name });
  }
  const file = pages.find(pathname);
  if (file) return sendFile(request, response, file);
  if (pathname === '/') return sendText(response, 503, 'The pages are not built: npm run build.');
  return sendText(response, 404, 'Not found.');
}

/** The method fits the address, and only /session has a body, a short one. */
function checkShape(request: IncomingMessage, pathname: string) {
  const allowed = pathname === '/session' ? ['POST'] : ['GET', 'HEAD'];
  if (!allowed.includes(request.method ?? ''))
    return refuse(405, `Only ${allowed.join(' and ')} is answered here.`);
  const length = Number(request.headers['content-length'] ?? 0);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  if (hasBody && pathname !== '/session') return refuse(400, 'No body is expected here.');
  if (length > sessionBodyBytes) return refuse(413, 'The body is too long.');
  return undefined;
}

async function openSession(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
  port: number,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined)
    return sendRefusal(request, response, refuse(413, 'The body is too long.'));
  if (!guard.isToken(tokenOf(body)))
    return sendRefusal(request, response, refuse(401, 'This is not the token of this server.'));
  response.setHeader('Set-Cookie', guard.openSession(port));
  response.statusCode = 204;
  response.end();
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left standing where it is too long, so that the refusal can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > sessionBodyBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tokenOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { token?: unknown } | null)?.token;
  } catch {
    return undefined;
  }
}

function acceptSockets<C extends Contract>(
  http: Server,
  options: ServerOptions<C>,
  guard: Guard,
): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    // Somewhat more than a frame, which is then refused in words; beyond that the socket is closed.
    maxPayload: 4 * limits.frameBytes,
    perMessageDeflate: false,
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal =
      guard.checkSource(request) ??
      (request.url === '/rpc' ? undefined : refuse(400, 'There is no WebSocket here.')) ??
      guard.checkSocket(request, portOf(http)) ??
      (sockets.clients.size >= maxSockets ? refuse(429, 'Too many pages are open.') : undefined);
    if (refusal) return refuseUpgrade(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (client) => {
      keepAlive(client);
      serve(options.contract, options.service, socketTransport(client), options.logBug);
    });
  });
  return sockets;
}

/** Ends a connection whose other side has silently gone, such as a laptop that fell asleep. */
function keepAlive(client: WebSocket): void {
  let alive = true;
  client.on('pong', () => (alive = true));
  const timer = setInterval(() => {
    if (!alive) return client.terminate();
    alive = false;
    client.ping();
  }, pingMilliseconds);
  timer.unref();
  client.on('close', () => clearInterval(timer));
}

function listen(http: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new AppError(
              'not-allowed-now',
              `Port ${port} cannot be used (${error.code}). Choose another with --port, or leave it out.`,
              { port },
            )
          : error,
      ),
    );
    http.listen(port, '127.0.0.1', resolve);
  });
}

function portOf(http: Server): number {
  return (http.address() as AddressInfo | null)?.port ?? 0;
}

async function closeAll(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
