import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { checkContract } from '../../src/providers/contract.js';
import { loadProvider } from '../../src/providers/registry.js';
import { idempotent } from '../contract/key-service.js';
import { clock, connectVendor } from '../support/connect-vendor.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { hasDocuments, strays } from '../support/published-document.js';
import { type VendorApi, vendorApi } from '../support/vendor-api.js';
import { VENDORS } from './fixtures/all.js';
import type { VendorFixture } from './fixtures/fixture.js';

/** A credential of the same form that the vendor does not know. */
const wrongOf = ({ credential, wrong = credential.replace(/.{4}$/, 'oops') }: VendorFixture) => wrong;

describe.each(VENDORS.map((fixture) => [fixture.id, fixture] as const))('%s', (id, fixture) => {
  it('keeps the contract, and speaks as its published document says', async ({ annotate }) => {
    const api = await vendorApi(fixture);
    const { provider, service, tryOut } = await connectVendor(fixture, api);
    const { service: stranger } = await connectVendor(fixture, api, wrongOf(fixture));
    const rows = [];
    const request = { name: 'contract', ...fixture.request };
    for await (const row of checkContract({
      provider,
      service,
      stranger,
      tryOut,
      request,
      newIdempotencyKey: () => randomBytes(32).toString('base64url'),
      clock,
      sleep: async () => undefined,
    })) {
      rows.push(row);
    }
    expect(rows.filter(({ outcome }) => outcome === 'broken')).toEqual([]);
    // A rule that is not offered is one that the provider says it cannot keep: half of them must be kept all
    // the same.
    expect(rows.filter(({ outcome }) => outcome === 'holds').length).toBeGreaterThanOrEqual(5);
    await listsToTheEnd(fixture, api);
    if (fixture.document === null) return;
    if (!hasDocuments)
      return void annotate('skipped: the published documents are not beside this repository');
    const published = api.exchanges.filter(({ path }) => !fixture.unpublished?.test(path));
    expect(strays(fixture.document, fixture.mistakes ?? [], published)).toEqual([]);
  });

  it('refuses a wrong credential with the vendor’s own words', async () => {
    const api = await vendorApi(fixture);
    const { service } = await connectVendor(fixture, api, wrongOf(fixture));
    const [status, message] = fixture.refuses;
    await expect(service.list({})).rejects.toMatchObject({
      code: status === 401 ? 'unauthenticated' : 'forbidden',
      message: expect.stringContaining(message),
    });
  });

  it('waits as long as the service asks, and goes on', async () => {
    let told = 0;
    const api = await vendorApi(fixture, () =>
      told++ === 0 ? new Response('{}', { status: 429, headers: { 'retry-after': '7' } }) : undefined,
    );
    const { service, waits } = await connectVendor(fixture, api);
    await service.list({});
    expect(waits).toEqual([7_000]);
  });

  it('says what 402 and 403 of its vendor mean', async () => {
    for (const [status, code] of [
      [402, 'payment_required'],
      [403, 'forbidden'],
    ] as const) {
      const api = await vendorApi(
        fixture,
        () => new Response('not with this plan', { status, headers: { 'content-type': 'text/plain' } }),
      );
      const { service } = await connectVendor(fixture, api);
      await expect(service.list({})).rejects.toMatchObject({
        code,
        message: expect.stringContaining('not with this plan'),
      });
    }
  });

  if (fixture.commandLine === false) return;

  it('lives its life from the command line', async () => {
    const api = await vendorApi(fixture);
    const set = Object.entries(fixture.set ?? {}).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const scopes = (fixture.request?.scopes ?? []).flatMap((scope) => ['--scope', scope]);
    const run = async (args: readonly string[], stdin = '') =>
      await keys.run([...args, '--provider', id, '--base-url', api.url, ...set], {
        env: { KEYS_API_KEY: fixture.credential },
        stdin,
      });
    const json = async (args: readonly string[]) => {
      const { code, stdout, stderr } = await run([...args, '--json']);
      expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
      return JSON.parse(stdout);
    };
    const made = await json(['create', '--name', 'web_app', ...scopes]);
    const secrets = [made.secret ?? made.secret_key];
    expect(secrets[0].length).toBeGreaterThan(8);
    const listed = await json(['list', '--all']);
    expect(listed.map(({ name }: { name: string }) => name)).toContain('web_app');
    const native = (await loadProvider(id)).operations.roll === 'endpoint';
    const rolled = await json(['roll', 'web_app', '--now', '--yes', ...(native ? [] : scopes)]);
    secrets.push(rolled.secret ?? rolled.secret_key);
    expect(secrets[1]).not.toBe(secrets[0]);
    expect((await run(['revoke', rolled.id, '--yes'])).code).toBe(0);
    const left = await json(['list']);
    expect(left.filter(({ name }: { name: string }) => name === 'web_app')).toEqual([]);
    secrets.push(fixture.credential.split(':').at(-1));
    for (const secret of secrets) {
      const traced = await run(['list', '--json', '--all', '--debug']);
      expect((traced.stdout + traced.stderr).includes(secret)).toBe(false);
    }
  });
});

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

/** Seven keys in pages of three: each once, whatever the vendor's way of paging. */
async function listsToTheEnd(fixture: VendorFixture, api: VendorApi) {
  const { service } = await connectVendor(fixture, api);
  const made: string[] = [];
  for (let i = 0; i < 7; i++) {
    made.push((await service.create({ name: `page_${i}`, ...fixture.request }, idempotent())).key.id);
  }
  const seen: string[] = [];
  for await (const key of allKeys(service, { name: 'page_*', limit: 3 })) seen.push(key.id);
  expect(seen.sort()).toEqual(made.sort());
}
