import { createServer as createTcpServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { REDACTED } from '../../src/domain/redactor.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { codeOf } from '../contract/key-service.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { listening } from '../support/loopback-server.js';
import { settableClock } from '../support/settable-clock.js';

const FAKE = 'sk_live_fakefakefakefakefakefakefakefake';
const HEADERS = { authorization: `Bearer ${FAKE}` };

function transport(options: Partial<Parameters<typeof createHttpTransport>[0]> = {}) {
  const waits: number[] = [];
  const clock = settableClock();
  const made = createHttpTransport({
    clock,
    sleep: async (ms) => void waits.push(ms),
    ...options,
  });
  onTestFinished(() => made.close());
  return { get: (url: string) => made({ method: 'GET', url, headers: HEADERS }), send: made, waits, clock };
}

/** A server below HTTP: `handle` has each connection's first bytes. */
async function rawServer(
  handle: (socket: Socket) => void,
): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections++;
    socket.once('data', () => handle(socket));
    socket.setTimeout(5_000, () => socket.destroy());
  });
  return {
    url: `http://127.0.0.1:${await listening(server)}/`,
    connections: () => connections,
  };
}

it('tries again after a reset, and says in the end that the service is out of reach', async () => {
  const server = await rawServer((socket) => socket.resetAndDestroy());
  const { get, waits } = transport();
  await expect(get(server.url)).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('127.0.0.1'),
  });
  expect(server.connections()).toBe(4);
  expect(waits).toHaveLength(3);
  for (const [i, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(250 * 2 ** i);
    expect(wait).toBeLessThanOrEqual(500 * 2 ** i);
  }
});

it('has the response when the second try gets through', async () => {
  const { url, seen } = await faultyServer((response, _, count) => {
    if (count === 1) response.destroy();
    else sendJson(response, 200, { ok: true });
  });
  expect((await transport().get(url)).status).toBe(200);
  expect(seen).toHaveLength(2);
});

it.each([
  ['headers that never come', 'HTTP', { headersTimeoutMs: 100 }, 'timeout'],
  [
    'a body that stops',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"',
    { bodyTimeoutMs: 100 },
    'timeout',
  ],
  ['a response that never ends', 'HTTP/1.1 200 OK\r\n\r\n', { wholeTimeoutMs: 200 }, 'timeout'],
])('bounds %s', async (_, bytes, limits, code) => {
  const server = await rawServer((socket) => socket.write(bytes));
  expect(await codeOf(transport({ ...limits, retries: 0 }).get(server.url))).toBe(code);
});

it('does not take half a body for a whole one', async () => {
  const server = await rawServer((socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a":1}'),
  );
  expect(await codeOf(transport({ retries: 0 }).get(server.url))).toBe('unreachable');
});

it('bounds the size of a response', async () => {
  const { url } = await faultyServer((response) => response.end('x'.repeat(2_000)));
  expect(await codeOf(transport({ maxResponseBytes: 1_000 }).get(url))).toBe('bad_response');
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)(
  'sends the body of a %s whole, and nothing after it',
  async (method) => {
    const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
    const { send } = transport();
    for (const body of ['{"name":"é"}', Buffer.from([0, 255, 10])]) {
      expect((await send({ method, url, headers: HEADERS, body })).status).toBe(200);
    }
    expect(seen.map((request) => request.method)).toEqual([method, method]);
    expect(seen[0]?.body).toBe('{"name":"é"}');
  },
);

it('waits as long as the service asks, in seconds or until a date', async () => {
  for (const [text, ms] of [
    [() => '3', 3_000],
    [(now: number) => new Date(now + 7_000).toUTCString(), 7_000],
  ] as const) {
    const { get, waits, clock } = transport();
    const { url } = await faultyServer((response, _, count) =>
      sendJson(
        response,
        count === 1 ? 429 : 200,
        {},
        count === 1 ? { 'retry-after': text(clock.now()) } : {},
      ),
    );
    expect([(await get(url)).status, waits]).toEqual([200, [ms]]);
  }
});

it('waits before a POST that follows on a 429, and not before a later one', async () => {
  const { get, send, waits, clock } = transport();
  const { url, seen } = await faultyServer((response, _, count) =>
    sendJson(response, count === 1 ? 429 : 200, {}, count === 1 ? { 'retry-after': '2' } : {}),
  );
  const post = async () => (await send({ method: 'POST', url, headers: HEADERS, body: '{}' })).status;
  expect([(await get(url)).status, await post(), waits]).toEqual([200, 200, [2_000, 2_000]]);
  clock.now = () => Date.now() + 3_600_000;
  expect([await post(), waits.length, seen.length]).toEqual([200, 2, 4]);
});

it.each([
  ['1', 1],
  ['1', 5],
  // Without a wait that it names.
  [undefined, 2],
])(
  'keeps the pace of a service that has refused a POST (Retry-After %s), %d a second',
  async (asked, perSecond) => {
    const clock = settableClock();
    const { send } = transport({ clock, sleep: async (ms) => clock.advance(ms) });
    const bucket = { tokens: perSecond, filled: clock.now(), refused: 0 };
    const { url } = await faultyServer((response) => {
      const more = ((clock.now() - bucket.filled) * perSecond) / 1000;
      Object.assign(bucket, { tokens: Math.min(perSecond, bucket.tokens + more), filled: clock.now() });
      clock.advance(5);
      const isRefused = bucket.tokens < 1;
      if (isRefused) bucket.refused++;
      else bucket.tokens--;
      sendJson(response, isRefused ? 429 : 200, {}, isRefused && asked ? { 'retry-after': asked } : {});
    });
    const began = clock.now();
    for (let taken = 0; taken < 40; ) {
      const { status } = await send({ method: 'POST', url, headers: HEADERS, body: '{}' });
      if (status === 200) taken++;
    }
    expect(bucket.refused).toBeLessThanOrEqual(4);
    expect((clock.now() - began) / 1000).toBeLessThan((40 / perSecond) * 1.3);
  },
);

it('does not wait longer than its limit', async () => {
  const { url, seen } = await faultyServer((response) =>
    sendJson(response, 429, {}, { 'retry-after': '3600' }),
  );
  const { get, waits } = transport();
  expect([(await get(url)).status, waits, seen.length]).toEqual([429, [], 1]);
});

it('takes plain HTTP to this machine only', async () => {
  expect(await codeOf(transport().get('http://192.0.2.1/'))).toBe('insecure_transport');
  expect(await codeOf(transport().get('http://localhost.example.invalid/'))).toBe('insecure_transport');
});

it('asks no name server for a name below localhost', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
  const named = new URL(url);
  named.hostname = 'no-such-name.localhost';
  expect((await transport().get(named.href)).status).toBe(200);
  expect(seen).toHaveLength(1);
});

it('follows a redirect within its origin, and carries the credential to no other', async () => {
  const other = await faultyServer((response) => sendJson(response, 200, {}));
  const { url, seen } = await faultyServer((response, request) => {
    if (request.url === '/a') response.writeHead(302, { location: '/b' }).end();
    else if (request.url === '/c') response.writeHead(307, { location: `${other.url}/stolen` }).end();
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else sendJson(response, 200, {});
  });
  const { get, send } = transport();
  expect((await get(`${url}/a`)).status).toBe(200);
  expect(seen.map((request) => request.url)).toEqual(['/a', '/b']);
  expect(await codeOf(get(`${url}/c`))).toBe('origin_mismatch');
  expect(other.seen).toEqual([]);
  expect(await codeOf(get(`${url}/loop`))).toBe('bad_response');
  expect(await codeOf(send({ method: 'DELETE', url: `${url}/a`, headers: HEADERS }))).toBe('bad_response');
});

it('traces requests without a secret', async () => {
  const lines: string[] = [];
  const { url } = await faultyServer((response) =>
    sendJson(
      response,
      200,
      { data: { id: 'key_8fK2', secret: FAKE, note: `was ${FAKE}` } },
      { 'set-cookie': 'a=b' },
    ),
  );
  const { send } = transport({ trace: (line) => lines.push(line) });
  await send({
    method: 'POST',
    url,
    headers: { ...HEADERS, 'idempotency-key': 'fake-idempotency' },
    body: JSON.stringify({ key: FAKE, name: 'ci' }),
  });
  const text = lines.join('\n');
  expect(text).toContain(`authorization: ${REDACTED}`);
  expect(text).toContain('key_8fK2');
  expect(text).toContain('"name":"ci"');
  for (const secret of [FAKE, 'fake-idempotency', 'a=b']) expect(text).not.toContain(secret);
});

it('names what is wrong below HTTP', async () => {
  const closed = await rawServer(() => undefined);
  const { port } = new URL(closed.url);
  const { get } = transport({ retries: 0, insecure: true });
  await expect(get(`http://127.0.0.1:${Number(port) === 1 ? 2 : 1}/`)).rejects.toMatchObject({
    code: 'unreachable',
  });
  await expect(get(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
    code: expect.stringMatching(/unreachable|timeout/),
  });
});

it('tells once that the clock of this machine is far off', async () => {
  const { url } = await faultyServer((response) => response.end('x'));
  const told: number[] = [];
  const now = (minutes: number) => ({ now: () => Date.now() + minutes * 60_000 });
  for (const minutes of [0, 4, 60, -90]) {
    const transport = createHttpTransport({
      clock: now(minutes),
      sleep: async () => undefined,
      onFarOff: (ahead) => told.push(ahead),
    });
    for (let i = 0; i < 2; i++) await transport({ method: 'GET', url, headers: {} });
    await transport.close();
  }
  expect(told).toEqual([60, -90]);
});
