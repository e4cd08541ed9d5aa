import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { blobPolicy, pagePolicy } from '../host/page-policy.ts';
import type { Refusal } from './guard.ts';

const contentPolicy = pagePolicy();

const securityHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
};

/** The headers of every answer, whatever it is. */
export function protect(response: ServerResponse): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  response.setHeader('Content-Security-Policy', contentPolicy);
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Cache-Control', 'no-store');
}

export function sendText(response: ServerResponse, status: number, message: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${message}\n`);
}

/** Refuses a request and closes its connection, unread body and all. */
export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  response.setHeader('Connection', 'close');
  response.once('finish', () => request.socket.destroySoon());
  sendText(response, refusal.status, refusal.message);
}

/** Refuses an upgrade, for which there is no response object. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const headers = Object.entries({ ...securityHeaders, 'Content-Security-Policy': contentPolicy });
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(refusal.message) + 1}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      '',
      `${refusal.message}\n`,
    ].join('\r\n'),
  );
}

export interface FileAnswer {
  readonly path: string;
  readonly contentType: string;
  readonly cache?: string;
  /** A file from data rather than from the program; the name under which to save it. */
  readonly blobName?: string;
}

/** Streams a whole file. Ranges are not offered. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: FileAnswer,
): Promise<void> {
  const info = await stat(file.path).catch(() => undefined);
  if (!info?.isFile()) return sendText(response, 404, 'Not found.');
  response.setHeader('Content-Type', file.contentType);
  response.setHeader('Content-Length', info.size);
  response.setHeader('Accept-Ranges', 'none');
  if (file.cache) response.setHeader('Cache-Control', file.cache);
  if (file.blobName !== undefined) {
    response.setHeader('Content-Security-Policy', blobPolicy("'self'"));
    response.setHeader('X-Frame-Options', 'SAMEORIGIN');
    const name = encodeURIComponent(file.blobName);
    response.setHeader('Content-Disposition', `inline; filename*=UTF-8''${name}`);
  }
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const stream = createReadStream(file.path, { end: Math.max(0, info.size - 1) });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}
