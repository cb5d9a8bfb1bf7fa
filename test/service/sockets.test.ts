import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { idempotent, secretOf } from '../contract/key-service.js';
import { freePort } from '../support/free-port.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

/** The status of a request to a socket in the file system. */
function statusAt(socketPath: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

it('listens on a socket in the file system, and believes its callers only if told so', async () => {
  const tcp = await startTestService();
  const client = testClient(tcp.url, tcp.managementKey).service;
  const created = await client.create({ name: 'web', restrictions: { ips: ['10.0.0.1'] } }, idempotent());
  const path = join(temporaryFolder(), 'keys.sock');
  const service = await startTestService({ beside: tcp, socket: { path }, trustProxies: ['unix'] });
  expect(service.url).toBe(`unix:${path}`);
  const headers = { authorization: `Bearer ${secretOf(created)}` };
  const from = (ip: string) => statusAt(path, '/v1/authorize', { ...headers, 'x-forwarded-for': ip });
  expect([await from('10.0.0.1'), await from('10.0.0.2')]).toEqual([204, 403]);
  await expect(startTestService({ beside: tcp, socket: { path } })).rejects.toThrow(
    'another program listens there',
  );
  await service.close();
  const wary = await startTestService({ beside: tcp, socket: { path } });
  expect(await from('10.0.0.1')).toBe(403);
  await wary.close();
  expect(existsSync(path)).toBe(false);
});

it('replaces the socket of a server that was killed, and no other file', async () => {
  const path = join(temporaryFolder(), 'keys.sock');
  const killed = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await new Promise((resolve) => killed.once('exit', resolve));
  expect(existsSync(path)).toBe(true);
  await startTestService({ socket: { path } });
  expect(await statusAt(path, '/healthz')).toBe(200);
});

it.skipIf(missing('systemd-socket-activate'))(
  'listens on the socket that systemd passes',
  async () => {
    const [program, port] = [await keysProgram(), await freePort()];
    const running = spawn(
      'systemd-socket-activate',
      ['-l', `127.0.0.1:${port}`, process.execPath, BIN, 'serve'],
      {
        env: program.env,
        stdio: 'ignore',
      },
    );
    onTestFinished(() => void running.kill('SIGKILL'));
    const health = () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(health, { timeout: 60_000, interval: 200 }).toBe(200);
  },
  90_000,
);

/** Binds a datagram socket and prints each datagram as a line. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

it.skipIf(missing('systemd-notify', 'python3'))(
  'tells systemd when it is ready, reloads, lives and stops',
  async () => {
    const [program, socket] = [await keysProgram(), join(temporaryFolder(), 'notify')];
    const receiver = spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void receiver.kill('SIGKILL'));
    let received = '';
    receiver.stdout.on('data', (chunk: Buffer) => {
      received += chunk;
    });
    const wait = { timeout: 60_000, interval: 100 };
    await expect.poll(() => received, wait).toContain('bound');
    const server = spawn(process.execPath, [BIN, 'serve', '--port', '0', '--log', 'off'], {
      env: { ...program.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' },
      stdio: 'ignore',
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    await expect
      .poll(() => received, wait)
      .toMatch(/READY=1 STATUS=listening on http:.*\n(?:.*\n)*WATCHDOG=1/);
    server.kill('SIGHUP');
    await expect.poll(() => received, wait).toMatch(/RELOADING=1 MONOTONIC_USEC=\d+\n(?:.*\n)*READY=1/);
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
    await expect.poll(() => received, wait).toMatch(/^STOPPING=1$/m);
  },
  180_000,
);

it('measures itself', async () => {
  const { url, managementKey } = await startTestService();
  const text = async () =>
    await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${managementKey}` } })).text();
  await text();
  const measured = await text();
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'keys_open_connections',
  ]) {
    expect(Number(new RegExp(`^${name} ([\\d.e+-]+)$`, 'm').exec(measured)?.[1]), name).toBeGreaterThan(0);
  }
  expect(measured).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.]/m);
  expect(measured).toContain('keys_http_request_duration_seconds_bucket{route="/metrics",le="0.00025"}');
  expect(measured.endsWith('\n')).toBe(true);
});
