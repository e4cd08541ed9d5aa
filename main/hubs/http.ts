import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { connectionError, notUnderstood, silent, statusError, type Asked } from './hub-errors.ts';
import { askedPause, defaultPatience, pause, type Patience } from './patience.ts';

export interface HubServer {
  /** `Weights & Biases` or `Hugging Face`. */
  readonly title: string;
  /** Where it is, without a slash at the end. */
  readonly base: string;
  /** Value of the header `Authorization`, or undefined without a key. Sent to `base` alone. */
  readonly authorization: string | undefined;
  /** How a key is given, in a sentence. */
  readonly keyAdvice: string;
  /** Told of each host before it is first asked for something. */
  readonly contacted?: ((host: string) => void) | undefined;
  readonly patience?: Patience;
}

export interface HubRequest {
  /** Absolute, or a path on the server. */
  readonly url: string;
  /** What is wanted, for sentences: `the list of runs`. */
  readonly what: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Statuses besides 2xx that the caller deals with. */
  readonly accept?: readonly number[];
}

export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Pieces of the body. @throws AppError `timeout`, `hub-unavailable`, `cancelled` */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of a body that is not wanted. */
  discard(): void;
}

const mostRedirects = 5;
const again = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Requests to one hub: patient, repeated where that may help, and with typed errors. Redirects are
 * followed here, so that the key never goes to another host and nothing leaves https.
 */
export class HubHttp {
  readonly server: HubServer;
  readonly #base: URL;
  readonly #patience: Patience;

  /** @throws AppError `bad-input` for a base that is not https, but for this machine's own. */
  constructor(server: HubServer) {
    this.server = server;
    this.#base = checkedBase(server.base, server.title);
    this.#patience = server.patience ?? defaultPatience;
  }

  get host(): string {
    return this.#base.host;
  }

  get patience(): Patience {
    return this.#patience;
  }

  /** @throws AppError what the answer, or its absence, means. */
  async send(request: HubRequest): Promise<HubAnswer> {
    for (let tried = 0; ; tried++) {
      const isLast = tried >= this.#patience.tries;
      const asked = this.asked(request.what);
      let wait = this.#patience.pause * 2 ** tried;
      try {
        const answer = await this.#follow(request);
        if (isFine(answer.status, request)) return answer;
        const { status, headers } = answer;
        const asks = askedPause(headers);
        const tooLong = asks !== null && asks * 1000 > this.#patience.longestPause;
        if (isLast || tooLong || !again.has(status)) {
          const reason = headers.get('x-error-message') ?? (await shortReason(answer));
          throw statusError(status, asked, asks, reason);
        }
        answer.discard();
        if (asks !== null) wait = Math.max(asks * 1000, this.#patience.pause);
      } catch (error) {
        if (!mayPass(error)) throw error;
        if (isLast) {
          // It was asked again often enough.
          passingErrors.delete(error);
          throw error;
        }
      }
      await pause(wait, request.signal);
    }
  }

  /** The whole body of an answer as JSON. @throws AppError as `send`, and `corrupt`, `too-large` */
  async json(request: HubRequest): Promise<{ value: unknown; headers: Headers }> {
    const answer = await this.send(request);
    const text = await readText(answer, this.asked(request.what));
    try {
      return { value: JSON.parse(text) as unknown, headers: answer.headers };
    } catch {
      throw notUnderstood(this.asked(request.what), 'it is not JSON');
    }
  }

  asked(what: string): Asked {
    const { title, authorization, keyAdvice } = this.server;
    return {
      hub: title,
      what,
      host: this.host,
      hasKey: authorization !== undefined,
      keyAdvice,
    };
  }

  async #follow(request: HubRequest): Promise<HubAnswer> {
    const { base } = this.server;
    const first = request.url.startsWith('/') ? `${base}${request.url}` : request.url;
    let url = this.#target(first, this.#base, request.what);
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const answer = await this.#once(url, request);
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status > 399 || location === null) return answer;
      answer.discard();
      url = this.#target(location, url, request.what);
    }
    throw notUnderstood(this.asked(request.what), 'it leads from one address to the next');
  }

  /** @throws AppError `corrupt` for what is no address, or leads from https to less. */
  #target(address: string, from: URL, what: string): URL {
    const url = URL.canParse(address, from.href) ? new URL(address, from) : null;
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
      throw notUnderstood(this.asked(what), 'it leads to what is no address');
    if (url.protocol === 'http:' && this.#base.protocol === 'https:')
      throw notUnderstood(this.asked(what), `it leads to ${url.host} without encryption`);
    // User and password in an address would be sent along.
    url.username = '';
    url.password = '';
    return url;
  }

  async #once(url: URL, request: HubRequest): Promise<HubAnswer> {
    this.server.contacted?.(url.host);
    const { authorization } = this.server;
    const isOwn = url.origin === this.#base.origin;
    const quiet = new AbortController();
    const signal = request.signal ? AbortSignal.any([request.signal, quiet.signal]) : quiet.signal;
    const asked = { ...this.asked(request.what), host: url.host };
    const timer = setTimeout(() => quiet.abort(), this.#patience.answer);
    try {
      const response = await fetch(url, {
        method: request.body === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        signal,
        headers: {
          'user-agent': 'assay',
          ...request.headers,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(isOwn && authorization !== undefined ? { authorization } : {}),
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      return this.#answer(response, { asked, quiet, signal: request.signal });
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      if (quiet.signal.aborted) throw passing(silent(asked, this.#patience.answer));
      throw passing(connectionError(error, asked));
    } finally {
      clearTimeout(timer);
    }
  }

  #answer(
    response: Response,
    parts: { asked: Asked; quiet: AbortController; signal: AbortSignal | undefined },
  ): HubAnswer {
    const { silence } = this.#patience;
    return {
      status: response.status,
      headers: response.headers,
      body: pieces(response, { ...parts, silence }),
      discard: () => parts.quiet.abort(),
    };
  }
}

async function* pieces(
  response: Response,
  parts: {
    asked: Asked;
    quiet: AbortController;
    signal: AbortSignal | undefined;
    silence: number;
  },
): AsyncGenerator<Uint8Array> {
  const { asked, quiet, signal, silence } = parts;
  if (!response.body) return;
  let timer = setTimeout(() => quiet.abort(), silence);
  try {
    for await (const piece of response.body) {
      clearTimeout(timer);
      yield piece;
      timer = setTimeout(() => quiet.abort(), silence);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof AppError) throw error;
    if (quiet.signal.aborted) throw passing(silent(asked, silence));
    throw passing(connectionError(error, asked));
  } finally {
    clearTimeout(timer);
    // A reader that stops early leaves no connection behind.
    quiet.abort();
  }
}

const passingErrors = new WeakSet<AppError>();

/** Marks an error after which the same may be asked again. */
function passing(error: AppError): AppError {
  passingErrors.add(error);
  return error;
}

/** Whether a failure may be gone when the same is asked again: no answer, silence, a lost connection. */
export function mayPass(error: unknown): error is AppError {
  return error instanceof AppError && passingErrors.has(error);
}

function isFine(status: number, { accept }: HubRequest): boolean {
  return (status >= 200 && status < 300) || (accept?.includes(status) ?? false);
}

async function readText(answer: HubAnswer, asked: Asked): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body) {
    bytes += piece.length;
    if (bytes > limits.documentBytes)
      throw new AppError(
        'too-large',
        `${asked.hub} sent more than ${limits.documentBytes} bytes for ${asked.what}. Ask for less of it.`,
        { host: asked.host, what: asked.what },
      );
    parts.push(piece);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The sentence in a small JSON body such as {"error": "…"}; null where there is none. */
async function shortReason(answer: HubAnswer): Promise<string | null> {
  try {
    let text = '';
    for await (const piece of answer.body) {
      text += Buffer.from(piece).toString('utf8');
      if (text.length > 64_000) return null;
    }
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const reason = typeof error === 'string' ? error : message;
    return typeof reason === 'string' ? reason : null;
  } catch {
    return null;
  }
}

/** @throws AppError `bad-input` */
export function checkedBase(base: string, title: string): URL {
  const url = URL.canParse(base) ? new URL(base) : null;
  const isHere = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere)) return url;
  throw new AppError(
    'bad-input',
    `The address of ${title} must begin with https://: a key would travel in the open. Correct the environment variable.`,
    { place: 'address of the server' },
  );
}
