import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { listening, loopbackServer } from './loopback-server.js';

/** What nothing catches while the test runs. */
function uncaught(): readonly string[] {
  const found: string[] = [];
  const note = (error: Error) => void found.push(error.message);
  process.on('uncaughtExceptionMonitor', note);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
  return found;
}

it.each([
  [
    'at once',
    () => {
      throw new Error('no such key');
    },
  ],
  [
    'later',
    async () => {
      await delay(1);
      throw new Error('no such key');
    },
  ],
])('a handler that fails %s is answered with the reason', async (_, handle) => {
  const response = await fetch(await loopbackServer(handle));
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('no such key')]);
});

it('a handler that fails in the middle of its response cuts it', async () => {
  const url = await loopbackServer(async (_, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('half');
    throw new Error('no more');
  });
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow('terminated');
});

it('a caller that leaves in the middle of its request is no failure', async () => {
  const found = uncaught();
  const ended: string[] = [];
  const url = await loopbackServer(async (request, response) => {
    const body = await buffer(request).catch((error: Error) => {
      ended.push(error.message);
      throw error;
    });
    response.end(body);
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf', () => socket.destroy());
  await expect.poll(() => ended).toEqual(['aborted']);
  await delay(1);
  expect(found).toEqual([]);
});

it('a connection that its caller resets is no failure, and closes with the test', async () => {
  const found = uncaught();
  let closed = 0;
  const port = await listening(createServer((socket) => void socket.once('close', () => closed++)));
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.resetAndDestroy();
  await expect.poll(() => closed).toBe(1);
  expect(found).toEqual([]);
});
