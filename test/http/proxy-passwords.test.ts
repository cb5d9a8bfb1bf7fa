import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ENCODINGS } from '../support/encodings.js';
import { freePort } from '../support/free-port.js';
import { BIN, keysProgram } from '../support/keys.js';
import { listening, loopbackServer } from '../support/loopback-server.js';

const USER = 'fake-user';
const PASSWORD = 'Fake+Proxy/Password=0123456789';
const TOKEN = 'Fake+Token/0123456789=abcdefgh';
const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}`;
const SERVICE = 'https://service.example';

/** A proxy that refuses with a status, and repeats the password of the request in its response. */
async function refusingProxy(status: number): Promise<number> {
  const echo = ({ headers }: IncomingMessage) => {
    const token = String(headers['proxy-authorization']);
    return `${token} ${Buffer.from(token.replace('Basic ', ''), 'base64')}`;
  };
  const refuse = (request: IncomingMessage, socket: Socket) => {
    const said = echo(request);
    socket.end(
      `HTTP/1.1 ${status} ${said}\r\nx-echo: ${said}\r\ncontent-length: ${said.length}\r\n\r\n${said}`,
    );
  };
  const url = await loopbackServer(
    (request, response) => response.writeHead(status, { 'x-echo': echo(request) }).end(echo(request)),
    { connect: refuse },
  );
  return Number(new URL(url).port);
}

/** A server that sends back each byte that it gets: no proxy. */
async function echoServer(): Promise<number> {
  return await listening(createTcpServer((socket) => void socket.pipe(socket)));
}

/** A SOCKS5 proxy that asks for a password, and refuses it. */
async function refusingSocks(): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 2]));
      socket.once('data', () => socket.end(Buffer.from([1, 1])));
    });
  });
  return await listening(server);
}

/** Everything that a call left in its home, as text. */
function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

const at = (scheme: string, port: number) => `${scheme}${LOGIN}@127.0.0.1:${port}`;

/** What names the proxy, and what is said of it. */
const FAILURES: ReadonlyArray<
  readonly [what: string, address: () => Promise<string>, says: RegExp, code: number]
> = [
  [
    'wants another password (407)',
    async () => at('http://', await refusingProxy(407)),
    /the proxy .* 407/,
    5,
  ],
  ['cannot reach the service (502)', async () => at('', await refusingProxy(502)), /the proxy .* 502/, 5],
  ['is dead', async () => at('http://', await freePort()), /the proxy .* does not listen/, 5],
  [
    'has a scheme that is none',
    async () => at('ftp://', await freePort()),
    /is not the address of a proxy/,
    2,
  ],
  ['sends back what it gets', async () => at('http://', await echoServer()), /through the proxy /, 5],
  ['does not speak TLS', async () => at('https://', await refusingProxy(407)), /TLS.*the proxy /, 5],
  ['refuses the login of SOCKS', async () => at('socks5h://', await refusingSocks()), /the proxy /, 5],
  ['is no SOCKS proxy', async () => at('socks5://', await echoServer()), /the proxy /, 5],
  [
    'has a token for a name',
    async () => `http://${encodeURIComponent(TOKEN)}@127.0.0.1:${await refusingProxy(407)}`,
    /the proxy .* 407/,
    5,
  ],
  ...(
    [
      ['a slash in its password', `${USER}:12/${PASSWORD}@127.0.0.1:1`],
      ['a hash in its password', `${USER}:12#${PASSWORD}@127.0.0.1:1`],
      ['a port that is none', `${LOGIN}@127.0.0.1:${PASSWORD}`],
      ['no host', `${LOGIN}@`],
    ] as const
  ).map(
    ([what, text]) =>
      [`has ${what}`, async () => `http://${text}`, /is not the address of a proxy/, 2] as const,
  ),
];

const CALLS = [
  ['--debug', 'list', '--json'],
  ['--debug', 'create', 'web', '--to', 'exec:cat'],
  ['--debug', 'doctor'],
] as const;

function expectNoPassword(text: string): void {
  for (const [name, encode] of Object.entries(ENCODINGS)) {
    for (const secret of [PASSWORD, `${USER}:${PASSWORD}`, TOKEN])
      expect(text.includes(encode(secret)), `${name} in ${text}`).toBe(false);
  }
}

async function programBehind(proxies: Readonly<Record<string, string>>) {
  const keys = await keysProgram({ KEYS_API_KEY: 'sk_live_fake', KEYS_BASE_URL: SERVICE, ...proxies });
  onTestFinished(() => keys.remove());
  return keys;
}

describe('the password of a proxy', () => {
  it.each(FAILURES)('that %s is in no output and no file', { timeout: 600_000 }, async (...row) => {
    const [, address, says, code] = row;
    const keys = await programBehind({ HTTPS_PROXY: await address() });
    for (const args of code === 2 ? CALLS : CALLS.slice(0, 2)) {
      const { stdout, stderr, code: ended } = await keys.run(args);
      expectNoPassword(`${stdout}\n${stderr}`);
      // The name is no secret, but a part of an address that is read wrongly would show it.
      expect(stdout + stderr).not.toContain(USER);
      if (args.includes('list' as never))
        expect([ended, stderr]).toEqual([code, expect.stringMatching(says)]);
    }
    expectNoPassword(filesBelow(keys.home));
  });

  it.each(['https_proxy', 'ALL_PROXY', 'all_proxy'])(
    'is not shown where %s names it',
    { timeout: 120_000 },
    async (variable) => {
      const keys = await programBehind({ [variable]: at('http://', await refusingProxy(407)) });
      const { stderr, code } = await keys.run(['--debug', 'list']);
      expect([code, stderr]).toEqual([5, expect.stringMatching(/the proxy .* 407/)]);
      expectNoPassword(stderr);
    },
  );

  it('is not shown where HTTP_PROXY names it, to which plain HTTP is forwarded', async () => {
    const keys = await programBehind({
      HTTP_PROXY: at('http://', await refusingProxy(502)),
      KEYS_BASE_URL: 'http://service.example',
    });
    const { stderr, code } = await keys.run(['--insecure', '--debug', 'list']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('< 502')]);
    expectNoPassword(stderr);
  });

  it('is not in the name of the process while it waits for its proxy', { timeout: 120_000 }, async () => {
    let connected: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const port = await listening(
      createTcpServer((socket) => {
        socket.once('data', () => connected());
      }),
    );
    const keys = await programBehind({ HTTPS_PROXY: at('http://', port) });
    const child = spawn(process.execPath, [BIN, 'list'], { env: keys.env, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await waiting;
    for (const file of ['cmdline', 'comm', 'status']) {
      const text = readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
      expectNoPassword(text);
    }
  });
});
