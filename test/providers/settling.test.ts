import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { tryNewKey } from '../../src/connect/client.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { checkContract } from '../../src/providers/contract.js';
import { bearer } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { flag, provider } from '../../src/providers/language/index.js';
import { checkLive } from '../../src/providers/live-check.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { settableClock } from '../support/settable-clock.js';

const SECRET = 'fake_secret_for_tests_0001';

/** A vendor that accepts a key from `worksFrom` on, and until `worksUntil`, in seconds of its clock. */
async function slowVendor(
  settles: { created?: number; revoked?: number; listed?: number },
  keys: object = {},
  options: object = {},
  statusAfterRevoke = 200,
) {
  const clock = settableClock();
  const start = clock.now();
  const seconds = () => (clock.now() - start) / 1000;
  let worksUntil = Number.POSITIVE_INFINITY;
  let listed: Array<{
    readonly id: string;
    readonly name: string;
    readonly from: number;
    readonly open: boolean;
  }> = [];
  const { url, seen } = await faultyServer((response, { url: path, method, headers }) => {
    if (path === '/me') {
      const works = seconds() >= (settles.created ?? 0) && seconds() < worksUntil;
      return sendJson(response, works ? 200 : 401, works ? {} : { message: 'no such key' });
    }
    if (headers.authorization !== 'Bearer admin') return sendJson(response, 401, { message: 'who are you' });
    if (method === 'DELETE') {
      if (path?.endsWith('/never')) return sendJson(response, 409, { message: 'not now' });
      listed = [];
      worksUntil = seconds() + (settles.revoked ?? 0);
      return response.writeHead(204).end();
    }
    if (worksUntil < Number.POSITIVE_INFINITY && statusAfterRevoke !== 200)
      return sendJson(response, statusAfterRevoke, { message: 'no list for you' });
    const open = method === 'POST' && JSON.parse(seen.at(-1)?.body ?? '{}').open === true;
    if (method === 'POST')
      listed = [{ id: 'k1', name: 'web', from: seconds() + (settles.listed ?? 0), open }];
    const shown = listed.filter(({ from }) => seconds() >= from);
    sendJson(response, 200, method === 'POST' ? { id: 'k1', name: 'web', open, secret: SECRET } : shown);
  });
  const definition = provider({
    id: 'slow',
    title: 'Slow',
    documentation: 'https://slow.example',
    variable: 'SLOW_KEY',
    auth: bearer,
    check: 'GET /me',
    settles,
    keys: { path: '/keys', secret: 'secret', get: false, fields: { name: 'name' }, ...keys },
    options: options as Readonly<Record<string, never>>,
  });
  const sleep = async (ms: number) => clock.advance(ms);
  const transport = createHttpTransport({ clock, sleep });
  const client = { transport, userAgent: 'keys/test' };
  const serviceOf = (secret: string) =>
    createProviderService(definition, { ...client, baseUrl: url, credential: { secret }, clock, sleep });
  const context = { process: { version: 'test' } as never, transport: async () => transport, sleep };
  const left = () => listed.map(({ name }) => name);
  return { definition, url, clock, sleep, client, serviceOf, context, seconds, left };
}

/** The rows of the contract, tried on this vendor. */
async function tried(
  { definition: own, url, clock, sleep, client, serviceOf }: Awaited<ReturnType<typeof slowVendor>>,
  definition = own,
) {
  const rows = [];
  for await (const row of checkContract({
    provider: definition,
    service: serviceOf('admin'),
    stranger: serviceOf('nobody'),
    tryOut: (credential) => checkLive(definition, { baseUrl: url }, credential, client),
    request: { name: 'web' },
    newIdempotencyKey: () => randomBytes(32).toString('base64url'),
    clock,
    sleep,
  })) {
    rows.push(row);
  }
  return rows;
}

it('tries a new key again until the vendor knows it', async () => {
  const { definition, url, context, seconds } = await slowVendor({ created: 8 });
  const result = await tryNewKey(context, definition, { baseUrl: url }, { secret: SECRET });
  expect([result.outcome, seconds()]).toEqual(['accepted', 8]);
});

it('reports a new key that is refused after that time', async () => {
  const { definition, url, context, seconds } = await slowVendor({ created: 8 });
  const late = { ...definition, settling: { ...definition.settling, created: 3 } };
  const result = await tryNewKey(context, late, { baseUrl: url }, { secret: SECRET });
  expect([result.outcome, seconds()]).toEqual(['refused', 3]);
});

it.each([
  [5, 'holds'],
  [0, 'broken'],
])('provider test waits %i s until a revoked key stops: %s', async (allowed, outcome) => {
  const vendor = await slowVendor({ revoked: 5 });
  const { definition } = vendor;
  const settling = { ...definition.settling, revoked: allowed };
  const rows = await tried(vendor, { ...definition, settling });
  expect(rows.find(({ rule }) => rule === 'a revoked key is accepted no more')?.outcome).toBe(outcome);
});

it.each([
  [4, []],
  [0, ['a new key has what was asked for', 'list has the key, once, without its secret']],
])('provider test waits %i s until a new key is listed', async (allowed, broken) => {
  const vendor = await slowVendor({ listed: 4 });
  const { definition } = vendor;
  const rows = await tried(vendor, { ...definition, settling: { ...definition.settling, listed: allowed } });
  const found = rows.filter(({ outcome }) => outcome === 'broken').map(({ rule }) => rule);
  if (allowed > 0) expect(found).toEqual(broken);
  else expect(found).toEqual(expect.arrayContaining(broken));
});

it('provider test revokes a key whose response to the create it could not read', async () => {
  const vendor = await slowVendor({ listed: 4 }, { secret: 'key' });
  await expect(tried(vendor)).rejects.toMatchObject({
    code: 'bad_response',
    message: expect.not.stringContaining('by hand'),
  });
  expect(vendor.left()).toEqual([]);
});

it('provider test names a key that it could not revoke', async () => {
  const never = { revoke: { at: 'DELETE {keys}/{id}/never' } };
  const unread = await slowVendor({}, { ...never, secret: 'key' });
  await expect(tried(unread)).rejects.toThrow('the key web may be there: revoke it by hand');
  expect(unread.left()).toEqual(['web']);
  const vendor = await slowVendor({}, never);
  const rows = await tried(vendor);
  expect(rows.at(-1)).toMatchObject({
    rule: 'every key of the test is revoked',
    outcome: 'broken',
    detail: expect.stringContaining('revoke them by hand: web'),
  });
});

it('provider test names fields that no record has, which may be right', async () => {
  const vendor = await slowVendor({});
  const rows = await tried(vendor);
  expect(rows.find(({ outcome }) => outcome === 'not_seen')).toMatchObject({
    detail: 'in no record so far: created_at',
  });
});

it.each([
  ['open', 'holds'],
  ['settings.open', 'broken'],
])('provider test sees whether a setting that is sent as %s arrives: %s', async (send, outcome) => {
  const vendor = await slowVendor({}, {}, { open: flag('open', { accepts: 'open to all', send }) });
  const row = (await tried(vendor)).find(({ rule }) => rule === 'a new key has what was asked for');
  expect(row).toMatchObject({ outcome });
});

it.each([403, 405])(
  'a revoke that was accepted is believed where the list responds with %i',
  async (status) => {
    const vendor = await slowVendor({ listed: 4 }, {}, {}, status);
    const service = vendor.serviceOf('admin');
    await service.create({ name: 'web' }, { idempotencyKey: 'fake-for-tests' });
    await expect(service.revoke('k1')).resolves.toBeUndefined();
  },
);

it('a revoke whose result cannot be read says that it was made', async () => {
  const vendor = await slowVendor({ listed: 4 }, {}, {}, 503);
  const service = vendor.serviceOf('admin');
  await service.create({ name: 'web' }, { idempotencyKey: 'fake-for-tests' });
  await expect(service.revoke('k1')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^k1 was revoked, and whether it is gone cannot be read: .*status 503/),
    outcome: 'unknown',
  });
});
