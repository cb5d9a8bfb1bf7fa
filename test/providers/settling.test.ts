import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { tryNewKey } from '../../src/connect/client.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { checkContract } from '../../src/providers/contract.js';
import { bearer } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { provider } from '../../src/providers/language/index.js';
import { checkLive } from '../../src/providers/live-check.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { settableClock } from '../support/settable-clock.js';

const SECRET = 'fake_secret_for_tests_0001';

/** A vendor that accepts a key from `worksFrom` on, and until `worksUntil`, in seconds of its clock. */
async function slowVendor(settles: { created?: number; revoked?: number }) {
  const clock = settableClock();
  const start = clock.now();
  const seconds = () => (clock.now() - start) / 1000;
  let worksUntil = Number.POSITIVE_INFINITY;
  let listed: object[] = [];
  const { url } = await faultyServer((response, { url: path, method, headers }) => {
    if (path === '/me') {
      const works = seconds() >= (settles.created ?? 0) && seconds() < worksUntil;
      return sendJson(response, works ? 200 : 401, works ? {} : { message: 'no such key' });
    }
    if (headers.authorization !== 'Bearer admin') return sendJson(response, 401, { message: 'who are you' });
    if (method === 'DELETE') {
      listed = [];
      worksUntil = seconds() + (settles.revoked ?? 0);
      return response.writeHead(204).end();
    }
    if (method === 'POST') listed = [{ id: 'k1', name: 'web' }];
    sendJson(response, 200, method === 'POST' ? { id: 'k1', name: 'web', secret: SECRET } : listed);
  });
  const definition = provider({
    id: 'slow',
    title: 'Slow',
    documentation: 'https://slow.example',
    variable: 'SLOW_KEY',
    auth: bearer,
    check: 'GET /me',
    settles,
    keys: { path: '/keys', secret: 'secret', get: false, fields: { name: 'name' }, create: {} },
  });
  const sleep = async (ms: number) => clock.advance(ms);
  const transport = createHttpTransport({ clock, sleep });
  const client = { transport, userAgent: 'keys/test' };
  const serviceOf = (secret: string) =>
    createProviderService(definition, { ...client, baseUrl: url, credential: { secret }, clock, sleep });
  const context = { process: { version: 'test' } as never, transport: async () => transport, sleep };
  return { definition, url, clock, sleep, client, serviceOf, context, seconds };
}

it('tries a new key again until the vendor knows it', async () => {
  const { definition, url, context, seconds } = await slowVendor({ created: 8 });
  const tried = await tryNewKey(context, definition, { baseUrl: url }, { secret: SECRET });
  expect([tried.outcome, seconds()]).toEqual(['accepted', 8]);
});

it('reports a new key that is refused after that time', async () => {
  const { definition, url, context, seconds } = await slowVendor({ created: 8 });
  const late = { ...definition, settling: { ...definition.settling, created: 3 } };
  const tried = await tryNewKey(context, late, { baseUrl: url }, { secret: SECRET });
  expect([tried.outcome, seconds()]).toEqual(['refused', 3]);
});

it.each([
  [5, 'holds'],
  [0, 'broken'],
])('provider test waits %i s until a revoked key stops: %s', async (allowed, outcome) => {
  const vendor = await slowVendor({ revoked: 5 });
  const { definition, url, clock, sleep, client, serviceOf } = vendor;
  const rows = [];
  for await (const row of checkContract({
    provider: { ...definition, settling: { ...definition.settling, revoked: allowed } },
    service: serviceOf('admin'),
    stranger: serviceOf('nobody'),
    tryOut: (tried) => checkLive(definition, { baseUrl: url }, tried, client),
    request: { name: 'web' },
    newIdempotencyKey: () => randomBytes(32).toString('base64url'),
    clock,
    sleep,
  })) {
    rows.push(row);
  }
  expect(rows.find(({ rule }) => rule === 'an ended key is accepted no more')?.outcome).toBe(outcome);
});
