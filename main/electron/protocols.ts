import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { protocol, type Session } from 'electron';
import type { Blobs } from '../host/blobs.ts';
import { blobPolicy, pagePolicy } from '../host/page-policy.ts';
import { dataHost, dataScheme, pageHost, pageOrigin, pageScheme } from './addresses.ts';
import { findContained } from './contained-file.ts';

const contentPolicy = pagePolicy({ data: `${dataScheme}:` });

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Must run before the app is ready: from then on the two schemes are origins like https. */
export function registerSchemes(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
    {
      scheme: dataScheme,
      privileges: {
        standard: true,
        secure: true,
        supportFetchAPI: true,
        corsEnabled: true,
        stream: true,
      },
    },
  ]);
}

/** Answers app:// with the built pages and assay-data:// with files that the host has offered. */
export function handleProtocols(session: Session, pages: string, blobs: Blobs): void {
  session.protocol.handle(pageScheme, (request) => answerPage(request, pages));
  session.protocol.handle(dataScheme, (request) => answerData(request, blobs));
}

async function answerPage(request: Request, pages: string): Promise<Response> {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.host !== pageHost) return refuse(403);
  const pathname = url.pathname === '/' ? '/index.html' : url.pathname;
  const type = contentTypes[extname(pathname)];
  if (type === undefined) return refuse(404);
  const file = await findContained(pages, pathname);
  if (file.status !== 200) return refuse(file.status);
  return sendFile(file.path, {
    'Content-Type': type,
    'Content-Length': String(file.bytes),
    'Content-Security-Policy': contentPolicy,
  });
}

async function answerData(request: Request, blobs: Blobs): Promise<Response> {
  const url = new URL(request.url);
  const handle = /^\/([0-9a-f]{48})$/.exec(url.pathname)?.[1];
  if (request.method !== 'GET' || url.host !== dataHost) return refuse(403);
  const blob = handle === undefined ? undefined : blobs.find(handle);
  if (!blob) return refuse(404);
  const info = await stat(blob.path).catch(() => undefined);
  if (!info?.isFile()) return refuse(404);
  const name = encodeURIComponent(blob.name);
  return sendFile(blob.path, {
    'Content-Type': blob.contentType,
    'Content-Length': String(info.size),
    'Content-Security-Policy': blobPolicy(pageOrigin),
    'Content-Disposition': `inline; filename*=UTF-8''${name}`,
    // The page is of another origin; it alone may read what it asked the host for.
    'Access-Control-Allow-Origin': pageOrigin,
  });
}

/** The whole file, whatever range was asked for. */
function sendFile(path: string, headers: Record<string, string>): Response {
  const stream = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
  return new Response(stream, { status: 200, headers: { ...commonHeaders, ...headers } });
}

const commonHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Accept-Ranges': 'none',
  'Cache-Control': 'no-store',
};

function refuse(status: 403 | 404): Response {
  const text = status === 403 ? 'Refused.\n' : 'Not found.\n';
  return new Response(text, {
    status,
    headers: { ...commonHeaders, 'Content-Type': 'text/plain; charset=utf-8' },
  });
}
