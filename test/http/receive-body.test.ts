import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { faultyServer } from '../support/faulty-server.js';
import { settableClock } from '../support/settable-clock.js';

const BODY = JSON.stringify({ data: 'x'.repeat(5_000) });

async function get(body: Uint8Array | string, encoding: string, maxResponseBytes = 10_000) {
  const { url, seen } = await faultyServer((response) =>
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(body),
  );
  const transport = createHttpTransport({
    clock: settableClock(),
    sleep: async () => undefined,
    retries: 0,
    maxResponseBytes,
  });
  onTestFinished(() => transport.close());
  const response = await transport({ method: 'GET', url, headers: {} });
  return { text: Buffer.from(response.body).toString(), asked: seen[0]?.headers['accept-encoding'] };
}

it.each([
  ['gzip', gzipSync(BODY)],
  ['x-gzip', gzipSync(BODY)],
  ['deflate', deflateSync(BODY)],
  ['BR', brotliCompressSync(BODY)],
  ['gzip, br', brotliCompressSync(gzipSync(BODY))],
  ['identity', BODY],
])('reads a response that is encoded as %s', async (encoding, body) => {
  expect(await get(body, encoding)).toEqual({ text: BODY, asked: 'gzip, br' });
});

it('reads an empty body whatever its encoding', async () => {
  expect((await get('', 'gzip')).text).toBe('');
});

const bomb = Buffer.alloc(50_000_000);
it.each([
  ['larger than its limit once it is decoded', 'gzip', gzipSync(bomb), /larger/],
  ['larger in an inner encoding', 'gzip, gzip', gzipSync(gzipSync(bomb)), /larger/],
  ['larger as Brotli', 'br', brotliCompressSync(bomb.subarray(0, 1_000_000)), /larger/],
  ['cut short', 'gzip', gzipSync(BODY).subarray(0, -9), /cannot be decoded/],
  ['not what it says', 'br', BODY, /cannot be decoded/],
  ['encoded as nobody asked', 'zstd', BODY, /not asked for/],
  ['encoded too often', 'gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(BODY))), /not asked for/],
])('refuses a response that is %s', async (_, encoding, body, message) => {
  await expect(get(body, encoding)).rejects.toMatchObject({
    code: 'bad_response',
    message: expect.stringMatching(message),
  });
});
