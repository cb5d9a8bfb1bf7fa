import { expect, it } from 'vitest';
import type { CreateKey } from '../../src/domain/key-service.js';
import type { Rights } from '../../src/domain/managed-key.js';
import type { Provider } from '../../src/domain/provider.js';
import type { AccountConnection } from '../../src/lifecycle/account-connection.js';
import { planRoll } from '../../src/lifecycle/roll/plan-roll.js';
import { rightsOf } from '../../src/lifecycle/roll/rights.js';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { differing, NAMES } from '../support/record-differences.js';
import { vendorInProcess } from '../support/vendor-in-process.js';
import type { VendorFixture } from './fixtures/fixture.js';
import { FULL_REQUESTS } from './fixtures/full-requests.js';

/** Vendors whose records do not tell everything that a key has. */
const UNTOLD: ReadonlySet<string> = new Set(['algolia', 'npm', 'openai-project', 'resend']);

/** What a create accepts and this request has not. */
function unasked(
  { accepts, options }: Provider,
  { restrictions = {}, options: given = {}, ...asked }: Partial<CreateKey>,
) {
  const has = { ...asked, ...restrictions, ...given };
  const isAsked = (name: string) => {
    const value = (has as Readonly<Record<string, unknown>>)[name];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  };
  return [...Object.keys(accepts), ...options.map(({ name }) => name)].filter((name) => !isAsked(name));
}

it.each(FULL_REQUESTS)(
  '%s: the record of a successor is that of its predecessor',
  async (_, fixture, row) => {
    const { set, without = [] } = row;
    const there: VendorFixture = { ...fixture, set: { ...fixture.set, ...set } };
    const vendor = vendorInProcess(there);
    const now = Date.now();
    // Algolia gets a lifetime, which is shorter a second later: there, the clock stands still.
    const clock = { now: () => (fixture.id === 'algolia' ? now : Date.now()) };
    const { service, provider } = await connectVendor(there, { url: vendor.url, exchanges: [] }, undefined, {
      ...vendor,
      clock,
    });
    const asked: CreateKey = { name: 'web_app', ...fixture.request, ...row.request };
    expect(unasked(provider, asked)).toEqual(without);
    const { key } = await service.create(asked, idempotent());
    const old =
      provider.operations.get === null
        ? (await service.list({})).keys.find(({ id }) => id === key.id)
        : await service.get(key.id);
    const others = new Set(vendor.records);
    const record = vendor.records.find((one) => JSON.stringify(one).includes('web_app')) ?? vendor.records[0];
    const before = structuredClone(record);

    const target = {
      provider: provider.id,
      profile: null,
      baseUrl: null,
      set: there.set ?? {},
      useEnvironmentKey: false,
    };
    const connection: AccountConnection = {
      ...{ kind: 'remote', isKeyService: false, address: vendor.url, target },
      ...{ provider, roll: provider.roll, service },
    };
    const plan = (rights: Rights | null) => {
      const schedule = { rotate_ms: null, grace_ms: null };
      const managed = rights === null ? null : { rights, schedule, name: 'web_app', versions: [] };
      return planRoll(old ?? key, managed, {}, connection, clock.now());
    };
    // What no record tells is in the ledger of the machine that created the key, and nowhere else.
    const untold = UNTOLD.has(fixture.id);
    if (untold) expect(() => plan(null)).toThrow(expect.objectContaining({ code: 'missing_answer' }));
    const { request } = plan(untold ? rightsOf(asked, clock.now()) : null);
    if ('create' in request) await service.create(request.create, idempotent());
    else
      await service.roll(
        request.roll,
        request.grace_seconds === undefined ? {} : { grace_seconds: request.grace_seconds },
        idempotent(),
      );

    const successor = vendor.records.find((one) => !others.has(one)) ?? record;
    const differences = differing(before, successor);
    const renamed =
      provider.names.rule === 'unique'
        ? differences.filter((one) => !NAMES.test(one.split(':')[0] ?? ''))
        : differences;
    expect(renamed).toEqual([]);
  },
);
