import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Blobs } from '../../../../main/host/blobs.ts';
import { startServer, type LoopbackServer } from '../../../../main/headless/server.ts';
import { connect } from '../../../../shared/contract/connect.ts';
import { operation } from '../../../../shared/contract/define.ts';
import { socketTransport } from '../../../../shared/contract/socket.ts';
import { Topics } from '../../../../shared/contract/topics.ts';

const contract = { add: operation(v.strictObject({ a: v.number() }), v.number()) };
const handlers = { add: ({ a }: { a: number }) => Promise.resolve(a + 1) };

let folder: string;
let server: LoopbackServer;
let now = 0;
const blobs = new Blobs(() => now);
let cookie: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-server-'));
  mkdirSync(join(folder, 'pages/assets'), { recursive: true });
  writeFileSync(join(folder, 'pages/index.html'), '<!doctype html><title>pages</title>');
  writeFileSync(join(folder, 'pages/assets/index-abc.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'CONTENT OUTSIDE');
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'pages/assets/link.txt'));
  server = await startServer({
    contract,
    service: { handlers, topics: new Topics(contract) },
    blobs,
    pages: join(folder, 'pages'),
    logBug: () => undefined,
    patience: { headers: 300, request: 600 },
  });
  const answer = await send(post('/session', JSON.stringify({ token: server.token })));
  cookie = /Set-Cookie: ([^;]+)/.exec(answer)![1]!;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const host = () => `127.0.0.1:${server.port}`;

/** Sends bytes as they are and answers all that comes back until the server closes or is silent. */
async function send(text: string, options: { wait?: number } = {}): Promise<string> {
  const socket = connectSocket(server.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  const silent = setTimeout(() => socket.destroy(), options.wait ?? 1500);
  await new Promise((resolve) => socket.on('close', resolve));
  clearTimeout(silent);
  return answer;
}

function request(method: string, path: string, headers: Record<string, string> = {}): string {
  const all = { Host: host(), Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

function post(path: string, body: string, headers: Record<string, string> = {}): string {
  const all = { Origin: `http://${host()}`, 'Content-Length': String(body.length), ...headers };
  return request('POST', path, all) + body;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
const status = async (text: string) => statusOf(await send(text));

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
const key = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const socketStatus = async (headers: Record<string, string>, path = '/rpc') =>
  statusOf(await send(request('GET', path, { ...upgrade, ...key, ...headers }), { wait: 300 }));

describe('Host', () => {
  it.each([
    ['127.0.0.1 and the port', () => host(), 200],
    ['localhost and the port', () => `localhost:${server.port}`, 200],
    ['another port, as behind ssh -L', () => '127.0.0.1:8123', 200],
    ['localhost without a port', () => 'localhost', 200],
    ['a name that ends in localhost', () => `evil-localhost:${server.port}`, 403],
    ['a name that starts with localhost', () => `localhost.evil:${server.port}`, 403],
    ['a subdomain of localhost', () => `a.localhost:${server.port}`, 403],
    ['127.1', () => `127.1:${server.port}`, 403],
    ['the address as one decimal number', () => `2130706433:${server.port}`, 403],
    ['the address in hexadecimal', () => `0x7f.0.0.1:${server.port}`, 403],
    ['[::1]', () => `[::1]:${server.port}`, 403],
    ['0.0.0.0', () => `0.0.0.0:${server.port}`, 403],
    ['127.0.0.1 with a trailing dot', () => `127.0.0.1.:${server.port}`, 403],
    ['user information', () => `127.0.0.1@evil.example:${server.port}`, 403],
    ['another name', () => 'evil.example', 403],
    ['nothing', () => '', 403],
  ])('%s', async (_case, value, expected) => {
    expect(await status(request('GET', '/', { Host: value() }))).toBe(expected);
  });

  it('refuses a request without Host', async () => {
    expect(await status('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toBe(400);
    expect(await status('GET / HTTP/1.0\r\n\r\n')).toBe(400);
  });

  it('refuses two Host headers', async () => {
    const twice = request('GET', '/').replace('\r\n\r\n', '\r\nHost: evil.example\r\n\r\n');
    expect(await status(twice)).toBe(400);
  });
});

describe('Origin', () => {
  const cases: [string, () => string | undefined, number, number][] = [
    ['that of the page', () => `http://${host()}`, 204, 101],
    ['none', () => undefined, 204, 403],
    ['null', () => 'null', 403, 403],
    ['empty', () => '', 403, 403],
    ['another port of this machine', () => 'http://127.0.0.1:1', 403, 403],
    ['localhost while the host is 127.0.0.1', () => `http://localhost:${server.port}`, 403, 403],
    ['https', () => `https://${host()}`, 403, 403],
    ['a foreign site', () => 'http://evil.example', 403, 403],
    ['a name that starts with ours', () => `http://${host()}.evil.example`, 403, 403],
    ['user information before it', () => `http://a@${host()}`, 403, 403],
    ['a path after it', () => `http://${host()}/`, 403, 403],
    ['upper case', () => `HTTP://${host()}`, 403, 403],
  ];
  it.each(cases)('%s', async (_case, value, session, socket) => {
    const origin = value();
    const headers = origin === undefined ? {} : { Origin: origin };
    const body = JSON.stringify({ token: server.token });
    const asked = request('POST', '/session', {
      'Content-Length': String(body.length),
      ...headers,
    });
    expect(await status(asked + body)).toBe(session);
    expect(await socketStatus({ Cookie: cookie, ...headers })).toBe(socket);
  });

  it('never sends a CORS header, not even to a preflight', async () => {
    const answers = await Promise.all([
      send(request('OPTIONS', '/session', { Origin: 'http://evil.example' })),
      send(
        request('OPTIONS', '/session', {
          Origin: `http://${host()}`,
          'Access-Control-Request-Method': 'POST',
        }),
      ),
      send(request('GET', '/', { Origin: `http://${host()}` })),
    ]);
    expect(answers.map(statusOf)).toEqual([403, 405, 200]);
    for (const answer of answers) expect(answer.toLowerCase()).not.toContain('access-control');
  });
});

describe('token', () => {
  const exchange = (token: unknown) => status(post('/session', JSON.stringify({ token })));

  it.each([
    ['absent', () => undefined, 401],
    ['empty', () => '', 401],
    ['short', () => server.token.slice(0, 32), 401],
    ['the right beginning', () => `${server.token.slice(0, 63)}x`, 401],
    ['too long', () => `${server.token}00`, 401],
    ['in capitals', () => server.token.toUpperCase(), 401],
    ['a list', () => [server.token], 401],
    ['right', () => server.token, 204],
  ])('%s', async (_case, token, expected) => {
    expect(await exchange(token())).toBe(expected);
  });

  it('is not accepted in the query', async () => {
    const path = `/blob/${'0'.repeat(48)}?token=${server.token}`;
    expect(await status(request('GET', path))).toBe(401);
    expect(await socketStatus({ Origin: `http://${host()}` }, `/rpc?token=${server.token}`)).toBe(
      400,
    );
  });

  it('is accepted in the Authorization header, without an origin', async () => {
    expect(await socketStatus({ Authorization: `Bearer ${server.token}` })).toBe(101);
    expect(await socketStatus({ Authorization: `Bearer ${server.token}0` })).toBe(403);
    expect(await socketStatus({ Authorization: `Basic ${server.token}` })).toBe(403);
  });

  it('becomes a cookie that scripts cannot read and other sites do not send', async () => {
    const answer = await send(post('/session', JSON.stringify({ token: server.token })));
    expect(answer).toMatch(
      new RegExp(
        `Set-Cookie: assay_${server.port}=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=/\r`,
      ),
    );
    expect(answer).not.toContain(server.token);
  });

  it('lies in the fragment of the address, which is never sent', () => {
    expect(new URL(server.url).hash).toBe(`#token=${server.token}`);
    expect(server.token).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['body that is not JSON', 'token', 401],
    ['null', 'null', 401],
    ['body beyond its limit', 'x'.repeat(2000), 413],
  ])('refuses a %s', async (_case, body, expected) => {
    expect(await status(post('/session', body))).toBe(expected);
  });

  it('refuses a chunked body beyond its limit', async () => {
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const head = request('POST', '/session', {
      Origin: `http://${host()}`,
      'Transfer-Encoding': 'chunked',
    });
    expect(await status(head + chunk.repeat(3))).toBe(413);
  });

  it('does not read a body of 100 MB', async () => {
    const head = post('/session', '', { 'Content-Length': '100000000' });
    expect(await status(head + 'x'.repeat(1 << 16))).toBe(413);
  });
});

describe('WebSocket', () => {
  it('needs a cookie that this server gave', async () => {
    const origin = { Origin: `http://${host()}` };
    expect(await socketStatus(origin)).toBe(401);
    expect(
      await socketStatus({ ...origin, Cookie: `assay_${server.port}=${'0'.repeat(64)}` }),
    ).toBe(401);
    expect(await socketStatus({ ...origin, Cookie: cookie })).toBe(101);
  });

  it('refuses pages of other ports, which are the same site', async () => {
    const headers = { Origin: `http://${host()}`, Cookie: cookie, 'Sec-Fetch-Site': 'same-site' };
    expect(await socketStatus(headers)).toBe(403);
  });

  it('carries calls', async () => {
    const socket = new WebSocket(`ws://${host()}/rpc`, {
      headers: { Authorization: `Bearer ${server.token}` },
    });
    await once(socket, 'open');
    const client = connect(contract, socketTransport(socket));
    expect(await client.call('add', { a: 1 })).toBe(2);
    client.close();
  });

  it('closes on a message far beyond a frame, and the server lives', async () => {
    const socket = new WebSocket(`ws://${host()}/rpc`, {
      headers: { Authorization: `Bearer ${server.token}` },
    });
    await once(socket, 'open');
    socket.send('x'.repeat(5 << 20));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
    expect(await status(request('GET', '/'))).toBe(200);
  });

  it('refuses more pages than a person has', async () => {
    const headers = { Authorization: `Bearer ${server.token}` };
    const sockets = Array.from(
      { length: 70 },
      () => new WebSocket(`ws://${host()}/rpc`, { headers }),
    );
    const results = await Promise.all(
      sockets.map(async (socket) => {
        const outcome = await Promise.race([
          once(socket, 'open').then(() => 'open'),
          once(socket, 'error').then(() => 'refused'),
        ]).catch(() => 'refused');
        return outcome;
      }),
    );
    expect(results.filter((result) => result === 'refused').length).toBeGreaterThanOrEqual(6);
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.terminate();
    }
  });
});

describe('pages', () => {
  it('serves the page at its root and at the addresses inside it', async () => {
    for (const path of ['/', '/index.html', '/runs/run_abcdef'])
      expect(await send(request('GET', path))).toContain('<title>pages</title>');
  });

  it('caches what is named by its content, and nothing else', async () => {
    expect(await send(request('GET', '/assets/index-abc.js'))).toMatch(
      /Cache-Control: .*immutable/,
    );
    expect(await send(request('GET', '/'))).toContain('Cache-Control: no-store');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/assets/%252e%252e%252fsecret.txt',
    '/..\\secret.txt',
    '/assets/link.txt',
    '//secret.txt',
    '/secret.txt%00.html',
    '/pages-other/secret.txt',
    'http://evil.example/secret.txt',
  ])('gives nothing outside its folder for %s', async (path) => {
    const answer = await send(request('GET', path));
    expect(statusOf(answer)).toBe(404);
    expect(answer).not.toContain('CONTENT OUTSIDE');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT'])('refuses %s', async (method) => {
    expect([405, 400, 0]).toContain(await status(request(method, '/')));
  });

  it('sets the security headers on every answer', async () => {
    const answers = await Promise.all([
      send(request('GET', '/')),
      send(request('GET', '/nothing.js')),
      send(request('GET', '/', { Host: 'evil' })),
      send(request('GET', '/blob/none')),
      send(request('GET', '/rpc')),
      send(request('GET', '/rpc', { ...upgrade, ...key })),
    ]);
    for (const answer of answers) {
      expect(answer).toContain("Content-Security-Policy: default-src 'none'; script-src 'self'");
      expect(answer).toContain('X-Content-Type-Options: nosniff');
      expect(answer).toContain('Referrer-Policy: no-referrer');
      expect(answer).toContain('Cross-Origin-Resource-Policy: same-origin');
    }
  });
});

describe('blobs', () => {
  const path = () => join(folder, 'report.html');
  const add = () => {
    writeFileSync(path(), '<script>alert(1)</script>');
    return blobs.add({ path: path(), contentType: 'text/html; charset=utf-8', name: 'a "b".html' });
  };

  it('are given to a page with a session, boxed in without origin or network', async () => {
    const answer = await send(request('GET', `/blob/${add()}`, { Cookie: cookie }));
    expect(statusOf(answer)).toBe(200);
    expect(answer).toContain('<script>alert(1)</script>');
    expect(answer).toMatch(
      /Content-Security-Policy: sandbox allow-scripts allow-downloads; default-src 'none'/,
    );
    expect(answer).not.toContain('allow-same-origin');
    expect(answer).toContain("filename*=UTF-8''a%20%22b%22.html");
  });

  it('are whole: ranges are not served', async () => {
    const headers = { Cookie: cookie, Range: 'bytes=0-3' };
    const answer = await send(request('GET', `/blob/${add()}`, headers));
    expect(statusOf(answer)).toBe(200);
    expect(answer).toContain('Content-Length: 25');
  });

  it.each([
    ['without a session', () => request('GET', `/blob/${add()}`), 401],
    [
      'with an unknown handle',
      () => request('GET', `/blob/${'a'.repeat(48)}`, { Cookie: cookie }),
      404,
    ],
    ['with __proto__', () => request('GET', '/blob/__proto__', { Cookie: cookie }), 404],
    [
      'with a path behind the handle',
      () => request('GET', `/blob/${add()}/../x`, { Cookie: cookie }),
      404,
    ],
    [
      'from a page of another port',
      () => request('GET', `/blob/${add()}`, { Cookie: cookie, 'Sec-Fetch-Site': 'same-site' }),
      403,
    ],
  ])('are refused %s', async (_case, text, expected) => {
    expect(await status(text())).toBe(expected);
  });

  it('expire', async () => {
    const handle = add();
    now += 2 * 60 * 60 * 1000;
    expect(await status(request('GET', `/blob/${handle}`, { Cookie: cookie }))).toBe(404);
  });
});

describe('hostile clients', () => {
  it('are cut off when they send their headers too slowly', async () => {
    const started = Date.now();
    const answer = await send(`GET / HTTP/1.1\r\nHost: ${host()}\r\n`, { wait: 10_000 });
    expect([408, 0]).toContain(statusOf(answer));
    expect(Date.now() - started).toBeLessThan(9_000);
  });

  it('are cut off when they send their body too slowly', async () => {
    const slow = post('/session', '', { 'Content-Length': '20' });
    const started = Date.now();
    expect([408, 0]).toContain(statusOf(await send(`${slow}{`, { wait: 10_000 })));
    expect(Date.now() - started).toBeLessThan(9_000);
  });

  it.each([
    [
      'both Content-Length and Transfer-Encoding',
      { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' },
    ],
    ['two lengths', { 'Content-Length': '5, 6' }],
    ['an unknown transfer encoding', { 'Transfer-Encoding': 'chunked, identity' }],
    ['a space before the colon', { 'Content-Length ': '5' }],
  ])('cannot smuggle a request with %s', async (_case, headers) => {
    const second = request('GET', '/blob/x');
    const answer = await send(request('POST', '/session', headers) + '0\r\n\r\n' + second);
    expect(statusOf(answer)).toBe(400);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('cannot exhaust memory with headers', async () => {
    expect(await status(request('GET', '/', { 'X-Long': 'x'.repeat(20_000) }))).toBe(431);
  });
});
