import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { resolveKey } from '../../src/lifecycle/find/resolve-key.js';
import { revokeKey } from '../../src/lifecycle/revoke-key.js';
import { bearer } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { provider } from '../../src/providers/language/index.js';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { managedAtVendor } from './memory-vendor.js';

// The response to a revoke is lost, its repeat gets a 404, and the list still shows the key for a while.

const NO_CONTEXT = { output: { say: () => undefined } } as unknown as Parameters<typeof revokeKey>[3];

/**
 * `lagMs`: how long the list shows a revoked key. `declared`: what the definition says of that, in seconds.
 */
async function lateVendor({ known, lagMs, declared }: { known: boolean; lagMs: number; declared: number }) {
  const { ledger, means, draft, clock } = await managedAtVendor();
  const other = { id: 'k2', name: 'other' };
  let revokedAt = Number.POSITIVE_INFINITY;
  const { url, seen } = await faultyServer((response, { method }) => {
    if (method === 'GET') {
      const isShown = clock.now() < revokedAt + lagMs;
      return sendJson(response, 200, isShown ? [{ id: 'k1', name: 'web' }, other] : [other]);
    }
    if (Number.isFinite(revokedAt)) return sendJson(response, 404, { message: 'no such key' });
    revokedAt = clock.now();
    response.destroy();
  });
  const definition = provider({
    ...{
      id: 'late',
      title: 'Late',
      documentation: 'https://late.example',
      variable: 'LATE_KEY',
      auth: bearer,
    },
    settles: { listed: declared },
    keys: { path: '/keys', secret: 'secret', get: false, fields: { name: 'name' } },
  });
  const { sleep } = means;
  const service = createProviderService(definition, {
    ...{ baseUrl: url, credential: { secret: 'fake_admin_for_tests' }, userAgent: 'keys/test', clock, sleep },
    transport: createHttpTransport({ clock, sleep }),
  });
  if (known) {
    for (const [id, { id: ofVendor, name }] of [
      [draft.id, { id: 'k1', name: 'web' }],
      ['mk_other', other],
    ] as const) {
      const key: Key = { id: ofVendor, name, status: 'active' };
      const entry = { ...{ provider: 'resend', address: draft.account.address, key }, digests: [] };
      await ledger.put({ ...entry, secret_item: null, base_url: null, roll_by: null }, clock.now());
      const version = {
        ...{ id: ofVendor, generation: 1, record: key },
        state: 'active',
        ends_at: null,
      } as const;
      await ledger.managed.save({ ...draft, id, name, versions: [version] }, null);
    }
  }
  const lookup = { service, provider: definition, account: draft.account, ledger, clock, prefixes: false };
  const find = () => resolveKey('web', { ...lookup, gone: true });
  const revoke = async () => await revokeKey(await find(), {}, { ...means, service }, NO_CONTEXT);
  const state = async () => (await ledger.managed.byId(draft.id))?.versions[0]?.state;
  const deletes = () => seen.filter(({ method }) => method === 'DELETE').length;
  return { find, revoke, state, deletes, clock };
}

it.each([
  [
    'that the ledger knows, at a vendor that is known to list late',
    { known: true, lagMs: 8_000, declared: 10 },
  ],
  ['that the ledger knows, at any vendor', { known: true, lagMs: 2_000, declared: 0 }],
  ['of somebody else', { known: false, lagMs: 8_000, declared: 10 }],
] as const)('a key %s is revoked by one command', async (_, vendor) => {
  const { find, revoke, state, deletes } = await lateVendor(vendor);
  expect(await revoke()).toEqual(['k1']);
  expect(deletes()).toBe(2);
  expect(await state()).toBe(vendor.known ? 'revoked' : undefined);
  await expect(find()).rejects.toMatchObject({ code: 'not_found' });
});

it('a list that is later than its vendor says: nothing is claimed, and the next revoke settles it', async () => {
  const { find, revoke, state, clock } = await lateVendor({ known: true, lagMs: 60_000, declared: 0 });
  await expect(revoke()).rejects.toMatchObject({
    code: 'bad_response',
    message: expect.stringMatching(/^k1 may not be revoked: Late still shows it, and says: .*no such key/),
    hint: expect.stringContaining('its list may be late: look again in a minute'),
  });
  expect(await state()).toBe('active');
  clock.advance(60_000);
  expect(await revoke()).toEqual(['k1']);
  expect(await state()).toBe('revoked');
  await expect(find()).rejects.toMatchObject({ code: 'not_found' });
});
