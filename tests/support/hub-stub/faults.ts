import type { IncomingMessage, ServerResponse } from 'node:http';

/** Something that goes wrong on the way, for the next `times` requests whose path matches. */
export interface Fault {
  readonly path: RegExp;
  /** Forever where it is left out. */
  times?: number;
  /** Answers this in place of the right answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Cuts the connection after so many bytes of the body. */
  readonly dropAfter?: number;
  /** Ends the body early, as if it were whole. */
  readonly shortBy?: number;
  /** Changes a byte of the body. */
  readonly corrupt?: boolean;
  /** Milliseconds between pieces of the body of `piece` bytes. */
  readonly slow?: number;
  readonly piece?: number;
  /** Says nothing at all. */
  readonly silent?: boolean;
}

/** The faults that are waiting for their request. */
export class Faults {
  #faults: Fault[] = [];

  add(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  clear(): void {
    this.#faults = [];
  }

  take(path: string): Fault | undefined {
    const fault = this.#faults.find((other) => other.path.test(path) && other.times !== 0);
    if (fault?.times !== undefined) fault.times--;
    return fault;
  }
}

/** Answers with bytes, by ranges where they are asked for, with what goes wrong on the way. */
export async function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  { etag, fault }: { etag: string; fault: Fault | undefined },
): Promise<void> {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  const isSame = condition === undefined || condition === etag;
  const start = from !== undefined && isSame ? Number(from) : 0;
  response.setHeader('etag', etag);
  response.setHeader('accept-ranges', 'bytes');
  if (start >= content.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` });
    response.end();
    return;
  }
  let body = content.subarray(start);
  if (fault?.corrupt) {
    body = Buffer.from(body);
    body[Math.floor(body.length / 2)]! ^= 1;
  }
  if (fault?.shortBy !== undefined) body = body.subarray(0, body.length - fault.shortBy);
  else response.setHeader('content-length', body.length);
  response.writeHead(
    from !== undefined && isSame ? 206 : 200,
    from !== undefined && isSame
      ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }
      : {},
  );
  if (fault?.dropAfter !== undefined) return cut(response, body.subarray(0, fault.dropAfter));
  if (fault?.slow === undefined) return void response.end(body);
  const piece = fault.piece ?? 1000;
  for (let at = 0; at < body.length && !response.destroyed; at += piece) {
    response.write(body.subarray(at, at + piece));
    await new Promise((done) => setTimeout(done, fault.slow));
  }
  response.end();
}

function cut(response: ServerResponse, body: Buffer): void {
  response.flushHeaders();
  response.write(body, () => setTimeout(() => response.socket?.destroy(), 5));
}
