import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { networkFailure } from '../../src/http/network-failure.js';
import { proxyFor } from '../../src/http/proxies.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { listening, loopbackServer } from '../support/loopback-server.js';
import { settableClock } from '../support/settable-clock.js';

const FAKE = 'sk_live_fakefakefakefakefakefakefakefake';

function transport(env: Record<string, string>, retries = 0) {
  const made = createHttpTransport({
    clock: settableClock(),
    sleep: async () => undefined,
    retries,
    env,
    insecure: true,
  });
  onTestFinished(() => made.close());
  return (url: string) => made({ method: 'GET', url, headers: { authorization: `Bearer ${FAKE}` } });
}

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
}

/** A proxy that forwards everything to one port of this machine, and remembers what it was asked for. */
async function forwardingProxy(target: () => number) {
  const seen: Seen[] = [];
  const note = ({ method, url, headers }: IncomingMessage) =>
    seen.push({ line: `${method} ${url}`, headers });
  const forward = async (incoming: IncomingMessage, response: ServerResponse) => {
    note(incoming);
    const { pathname } = new URL(incoming.url ?? '');
    const onward = httpRequest({
      port: target(),
      host: '127.0.0.1',
      path: pathname,
      method: incoming.method ?? 'GET',
    });
    onward.on('error', () => response.destroy()).end();
    const [relayed] = (await once(onward, 'response')) as [IncomingMessage];
    response.writeHead(relayed.statusCode ?? 500, relayed.headers);
    await pipeline(relayed, response);
  };
  const tunnel = (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    const upstream = connect(target(), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  };
  return { port: Number(new URL(await loopbackServer(forward, { connect: tunnel })).port), seen };
}

/** A proxy that refuses every CONNECT with a status. */
async function refusingProxy(status: number) {
  let count = 0;
  const refuse = (_: IncomingMessage, socket: Socket) => {
    count++;
    socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
  };
  const url = await loopbackServer((_, response) => response.writeHead(405).end(), { connect: refuse });
  return { port: Number(new URL(url).port), count: () => count };
}

/** A SOCKS5 proxy without a password that forwards to one port of this machine, and remembers the hosts. */
async function socksProxy(target: number) {
  const hosts: string[] = [];
  const server = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (bytes) => {
        hosts.push(bytes.subarray(5, 5 + (bytes[4] ?? 0)).toString());
        const upstream = connect(target, '127.0.0.1', () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          upstream.pipe(socket).pipe(upstream);
        });
        upstream.on('error', () => socket.destroy());
      });
    });
  });
  return { port: await listening(server), hosts };
}

describe('the proxy for an address', () => {
  const PROXY = 'http://proxy.example:3128';
  const address = (url: string, env: Record<string, string>) => proxyFor(url, env)?.address ?? null;

  it.each([
    ['proxy.example:3128', 'http://proxy.example:3128'],
    ['proxy.example', 'http://proxy.example:1080'],
    ['http://proxy.example:80', 'http://proxy.example:80'],
    ['HTTP://Proxy.example:3128/', 'http://proxy.example:3128'],
    ['https://proxy.example', 'https://proxy.example:443'],
    ['socks5h://proxy.example', 'socks5://proxy.example:1080'],
    ['socks5://[::1]:9050', 'socks5://[::1]:9050'],
    ['http://user:p%40ss@proxy.example:3128', 'http://proxy.example:3128'],
    [' proxy.example:3128 ', 'http://proxy.example:3128'],
  ])('reads %s', (text, wanted) => {
    expect(address('https://api.example.com/', { HTTPS_PROXY: text })).toBe(wanted);
  });

  it('decodes user and password', () => {
    expect(proxyFor('https://a.example', { HTTPS_PROXY: 'us%3Aer:p%40%zz@proxy' })).toMatchObject({
      user: 'us:er',
      password: 'p%40%zz',
    });
    expect(proxyFor('https://a.example', { HTTPS_PROXY: 'http://u:p%40ss@proxy' })).toMatchObject({
      user: 'u',
      password: 'p@ss',
    });
  });

  it.each(['http://[bad', 'ftp://proxy.example', 'socks4://proxy.example', 'http://:3128', 'http://'])(
    'refuses %s, and only for addresses that need it',
    (text) => {
      expect(() => address('https://api.example.com/', { HTTPS_PROXY: text })).toThrow(/HTTPS_PROXY/);
      expect(address('http://api.example.com/', { HTTPS_PROXY: text })).toBeNull();
      expect(address('https://127.0.0.1/', { HTTPS_PROXY: text })).toBeNull();
    },
  );

  it.each([
    [{ https_proxy: 'small:1', HTTPS_PROXY: 'capital:1' }, 'http://small:1'],
    [{ https_proxy: '', HTTPS_PROXY: 'capital:1' }, 'http://capital:1'],
    [{ ALL_PROXY: 'all:1' }, 'http://all:1'],
    [{ ALL_PROXY: 'all:1', HTTPS_PROXY: 'own:1' }, 'http://own:1'],
    [{ HTTP_PROXY: 'other:1' }, null],
  ])('takes from %o: %s', (env, wanted) => {
    expect(address('https://api.example.com/', env as Record<string, string>)).toBe(wanted);
  });

  it('does not take HTTP_PROXY in a CGI program, where a caller sets it', () => {
    expect(address('http://api.example.com/', { HTTP_PROXY: 'evil:1', REQUEST_METHOD: 'GET' })).toBeNull();
  });

  it.each([
    'http://127.0.0.1:8080',
    'https://127.9.9.9',
    'http://localhost',
    'http://[::1]:1',
    'http://a.localhost',
  ])('is none for %s, which is this machine', (url) =>
    expect(address(url, { ALL_PROXY: PROXY, HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY })).toBeNull(),
  );

  it.each([
    ['*', 'https://api.example.com', false],
    [' * ', 'https://api.example.com', false],
    ['other.example, *', 'https://api.example.com', false],
    ['example.com', 'https://api.example.com', false],
    ['example.com', 'https://example.com', false],
    ['.example.com', 'https://example.com', false],
    ['*.example.com', 'https://api.example.com', false],
    ['EXAMPLE.com.', 'https://api.Example.COM./', false],
    ['a.example b.example', 'https://b.example', false],
    ['ample.com', 'https://example.com', true],
    ['api.example.com', 'https://example.com', true],
    ['example.com:443', 'https://example.com:8443', true],
    ['example.com:8443', 'https://example.com:8443', false],
    ['10.0.0.0/8', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.3', false],
    ['1.2.3', 'https://10.1.2.3', true],
    ['2001:db8::/32', 'https://[2001:db8::1]', false],
    ['[2001:db8::1]', 'https://[2001:db8::1]', false],
    ['2001:db8::1', 'https://[2001:db8::2]', true],
    ['10.0.0.0/99, , /, :', 'https://10.1.2.3', true],
    ['', 'https://api.example.com', true],
  ])('with NO_PROXY %j, %s goes through it: %s', (noProxy, url, through) => {
    expect(address(url, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy })).toBe(through ? PROXY : null);
  });
});

it('forwards plain HTTP and tunnels to the proxy, with its password and never the service’s', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
  const proxy = await forwardingProxy(() => Number(new URL(url).port));
  const get = transport({ HTTP_PROXY: `user:p%40ss@127.0.0.1:${proxy.port}` });
  expect((await get('http://service.example/a')).status).toBe(200);
  expect(proxy.seen[0]?.line).toBe('GET http://service.example/a');
  expect(proxy.seen[0]?.headers['proxy-authorization']).toBe(
    `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
  );
  expect((await get(url)).status).toBe(200);
  expect([proxy.seen.length, seen.length]).toEqual([1, 2]);
});

it('goes through a SOCKS5 proxy, which resolves the name', async () => {
  const { url } = await faultyServer((response) => sendJson(response, 200, {}));
  const proxy = await socksProxy(Number(new URL(url).port));
  const get = transport({ ALL_PROXY: `socks5h://127.0.0.1:${proxy.port}` });
  expect((await get('http://service.example/a')).status).toBe(200);
  expect(proxy.hosts).toEqual(['service.example']);
});

it.each([
  [407, 1, /407 Proxy Authentication Required/, /user:password/],
  [403, 1, /403 Forbidden/, /does not allow/],
  [502, 3, /502 Bad Gateway/, /reach the service/],
])('names the proxy that refuses a tunnel with %i, after %i tries', async (status, tries, message, hint) => {
  const proxy = await refusingProxy(status);
  const get = transport({ HTTPS_PROXY: `http://user:fake-password@127.0.0.1:${proxy.port}` }, 2);
  const error = await get('https://service.example/').catch((failure: unknown) => failure);
  expect(error).toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(error).toMatchObject({ message: expect.stringContaining(`http://127.0.0.1:${proxy.port} refuses`) });
  expect(JSON.stringify(error)).not.toContain('fake-password');
  expect(proxy.count()).toBe(tries);
});

it('names a proxy that wants a password for plain HTTP', async () => {
  const proxy = await loopbackServer((_, response) => response.writeHead(407).end());
  const get = transport({ HTTP_PROXY: new URL(proxy).host });
  await expect(get('http://service.example/')).rejects.toMatchObject({
    message: expect.stringMatching(/proxy .* 407/),
  });
});

it('names a proxy that is not there', async () => {
  const closed = createTcpServer();
  const port = await listening(closed);
  await new Promise((resolve) => closed.close(resolve));
  for (const scheme of ['http', 'socks5h']) {
    const get = transport({ ALL_PROXY: `${scheme}://127.0.0.1:${port}` });
    await expect(get('https://service.example/')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/^the proxy .* does not listen$/),
    });
  }
});

it('says that a service speaks no TLS, or TLS only, and does not try again', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
  const get = transport({}, 2);
  await expect(get(url.replace('http:', 'https:'))).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('does not speak TLS'),
    details: { sent: false, retry: false },
  });
  const tls = await loopbackServer(() => undefined, { tls: {} });
  await expect(get(tls.replace('https:', 'http:'))).rejects.toMatchObject({
    message: expect.stringMatching(/not HTTP|closed|reset/),
  });
  expect(seen).toEqual([]);
});

it.each([
  ['CERT_NOT_YET_VALID', /not valid yet/, /clock/],
  ['CERT_HAS_EXPIRED', /expired/, /clock/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /another host/, /address/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted/, /NODE_EXTRA_CA_CERTS/],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', /another version of TLS/, /1\.2/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /client certificate/, /^undefined$/],
  ['EHOSTUNREACH', /no way/, /proxy/],
])('says what %s means', (code, message, hint) => {
  const failure = networkFailure(Object.assign(new Error('x'), { code }), 'https://service.example/path', 1);
  expect(failure.message).toMatch(message);
  expect(String(failure.hint)).toMatch(hint);
  expect(failure.details?.['sent']).toBe(false);
});

it('asks for the network and a proxy before the address, which is often the own one of a provider', () => {
  const missing = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
  const { message, hint } = networkFailure(missing, 'https://service.example/path', 1);
  expect(message).toBe('no such host: https://service.example');
  expect(hint).toMatch(/^is there a network, or a proxy to name in HTTPS_PROXY\?/);
});
