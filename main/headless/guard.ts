import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * Who may talk to the loopback server. The threats: pages of other sites in the same browser
 * (stopped by Origin and SameSite), a foreign name that resolves to 127.0.0.1 (stopped by Host), and
 * other local processes (stopped by the token). Nothing is taken from the address of a request.
 */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 405 | 413 | 429;
  readonly message: string;
}

/** The port may differ from ours: it does behind `ssh -L`. Names that merely resemble are refused. */
const hostPattern = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/;
const maxSessions = 256;

export class Guard {
  readonly token: string = randomBytes(32).toString('hex');
  readonly #sessions = new Set<string>();

  /** Host and Origin, which every request must pass. */
  checkSource(request: IncomingMessage): Refusal | undefined {
    const hosts = headerValues(request, 'host');
    if (hosts.length !== 1) return refuse(400, 'Exactly one Host header is needed.');
    if (!hostPattern.test(hosts[0]!))
      return refuse(403, 'This server answers only to 127.0.0.1 and localhost.');
    const origins = headerValues(request, 'origin');
    if (origins.length > 1) return refuse(400, 'At most one Origin header is allowed.');
    if (origins.length === 1 && origins[0] !== `http://${hosts[0]}`)
      return refuse(403, 'Requests from other origins are refused.');
    return undefined;
  }

  /** A cookie of an earlier exchange, or the token in the Authorization header. */
  checkSession(request: IncomingMessage, port: number): Refusal | undefined {
    if (this.hasHeaderToken(request)) return undefined;
    if (isForeignFetch(request)) return refuse(403, 'Requests from other origins are refused.');
    if (this.#sessions.has(digest(cookieValue(request, cookieName(port))))) return undefined;
    return refuse(401, 'Open the address that `assay serve` printed.');
  }

  /** As checkSession; a browser always says its origin when it opens a WebSocket. */
  checkSocket(request: IncomingMessage, port: number): Refusal | undefined {
    if (this.hasHeaderToken(request)) return undefined;
    if (headerValues(request, 'origin').length === 0)
      return refuse(403, 'A WebSocket without an Origin needs the token in its header.');
    return this.checkSession(request, port);
  }

  hasHeaderToken(request: IncomingMessage): boolean {
    const values = headerValues(request, 'authorization');
    const token = values.length === 1 ? /^Bearer (\S+)$/.exec(values[0]!)?.[1] : undefined;
    return token !== undefined && this.isToken(token);
  }

  /** Compared through digests, so that neither content nor length shows in the time it takes. */
  isToken(candidate: unknown): boolean {
    if (typeof candidate !== 'string') return false;
    return timingSafeEqual(Buffer.from(digest(candidate)), Buffer.from(digest(this.token)));
  }

  /** A new session and the cookie that carries it. */
  openSession(port: number): string {
    const secret = randomBytes(32).toString('hex');
    this.#sessions.add(digest(secret));
    for (const oldest of this.#sessions) {
      if (this.#sessions.size <= maxSessions) break;
      this.#sessions.delete(oldest);
    }
    return `${cookieName(port)}=${secret}; HttpOnly; SameSite=Strict; Path=/`;
  }
}

/** Cookies do not tell ports apart: the name does, so that two servers keep theirs. */
function cookieName(port: number): string {
  return `assay_${port}`;
}

function cookieValue(request: IncomingMessage, name: string): string {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return '';
}

/** Other ports of this machine are the same site, so SameSite alone does not stop their pages. */
function isForeignFetch(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** All values of a header, also those that Node folds away. */
function headerValues(request: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]!.toLowerCase() === name) values.push(request.rawHeaders[i + 1]!);
  return values;
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

export function refuse(status: Refusal['status'], message: string): Refusal {
  return { status, message };
}
