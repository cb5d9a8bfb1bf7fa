import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import { secretPartOf } from '../../src/domain/key.js';
import { idempotent } from '../contract/key-service.js';
import { algolia } from '../providers/fixtures/algolia.js';
import { aws } from '../providers/fixtures/aws.js';
import type { VendorFixture } from '../providers/fixtures/fixture.js';
import { mailgun } from '../providers/fixtures/mailgun.js';
import { openrouter } from '../providers/fixtures/openrouter.js';
import { sendgrid } from '../providers/fixtures/sendgrid.js';
import { twilio } from '../providers/fixtures/twilio.js';
import { connectVendor } from '../support/connect-vendor.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { loopbackApi, vendorApi } from '../support/vendor-api.js';

/** An import asks for no id where the secret, or the account's list, says which key it is. */

interface At {
  readonly provider: string;
  readonly url: string;
  readonly credential: string;
  readonly set?: Readonly<Record<string, string>>;
}

/** A home that is logged in at a vendor. */
async function home({ provider, url, credential, set = {} }: At, file?: string) {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  if (file !== undefined) {
    const path = join(keys.home, `${provider}.mjs`);
    writeFileSync(path, file, { mode: 0o600 });
    const added = await keys.run(['provider', 'add', path]);
    expect(added, added.stderr).toMatchObject({ code: 0 });
  }
  const sets = Object.entries(set).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const login = ['login', '--provider', provider, '--base-url', url, '--profile', 'at', '--with-token'];
  const done = await keys.run([...login, ...sets, '--insecure-storage'], { stdin: credential });
  expect(done, done.stderr).toMatchObject({ code: 0 });
  await keys.run(['profile', 'use', 'at']);
  return keys;
}

it.each<[VendorFixture]>([[algolia], [aws], [mailgun], [openrouter], [sendgrid], [twilio]])(
  'with $id',
  async (fixture) => {
    const api = await vendorApi(fixture);
    const { service } = await connectVendor(fixture, api);
    const create = async (name: string) => await service.create({ name, ...fixture.request }, idempotent());
    const others = [await create('other'), await create('shop')] as const;
    const { key, credential } = others[1];
    const keys = await home({ ...fixture, provider: fixture.id, url: api.url });
    const stdin = 'secret' in credential ? credential.secret : Object.values(credential).join('\n');
    const imported = await keys.run(['import', '--json'], { stdin });
    expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(imported.stdout)).toMatchObject({ id: key.id, name: key.name });
    expect((await keys.run(['env', key.id])).stdout).toContain(secretPartOf(credential));
    const revoked = await keys.run(['revoke', key.id, '--yes']);
    expect(revoked, revoked.stderr).toMatchObject({ code: 0 });
    const left = (await service.list({})).keys.filter(({ status }) => status === 'active');
    expect(left.map(({ id }) => id)).not.toContain(key.id);
    expect(left.map(({ id }) => id)).toContain(others[0].key.id);
  },
);

const ADMIN = 'acme_fake_admin_for_tests';

/** A vendor whose list shows secrets, whole and masked, two keys a page. */
async function acme(secrets: readonly string[]) {
  const keys = secrets.map((value, index) => ({
    ...{ id: `k${index + 1}`, name: `key ${index + 1}`, created_at: '2026-01-02T03:04:05Z', value },
    label: `${value.slice(0, 11)}...${value.slice(-3)}`,
  }));
  const app = new Hono();
  app.use(async (context, next) =>
    context.req.header('authorization') === `Bearer ${ADMIN}` ? await next() : context.json({}, 401),
  );
  app.get('/keys', (context) => {
    const from = Number(context.req.query('from') ?? 0);
    return context.json({ keys: keys.slice(from, from + 2), total: keys.length });
  });
  app.delete('/keys/:id', (context) => {
    keys.splice(
      keys.findIndex(({ id }) => id === context.req.param('id')),
      1,
    );
    return context.body(null, 204);
  });
  const { url } = await loopbackApi((request) => app.fetch(request));
  return { url, ids: () => keys.map(({ id }) => id) };
}

const acmeFile = (own: string) => `import { pages, provider } from 'keys';
export default provider({
  id: 'acme', title: 'Acme', documentation: 'https://acme.example/docs', variable: 'ACME_API_KEY',
  prefixes: ['acme_'],
  keys: {
    path: '/keys', list: { in: 'keys', pages: pages.offset({ offset: 'from', most: 2, total: 'total' }) },
    get: false, secret: 'value', fields: {}, own: ${own},
  },
});
`;

const SECRETS = ['aaa_1_x1y', 'bbb_2_x2y', 'ccc_3_x3y', 'ddd_4_x4y', 'eee_5_x5y'].map(
  (part) => `acme_fake_${part}`,
);

it.each(["{ whole: 'value' }", "{ masked: 'label' }"])(
  'with a file whose list shows secrets: own: %s, on the last page',
  async (own) => {
    const vendor = await acme(SECRETS);
    const keys = await home({ provider: 'acme', url: vendor.url, credential: ADMIN }, acmeFile(own));
    const imported = await keys.run(['import', '--json'], { stdin: SECRETS[4] ?? '' });
    expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(imported.stdout)).toMatchObject({ id: 'k5', name: 'key 5' });
    const wrong = await keys.run(['import', '--id', 'k1'], { stdin: SECRETS[1] ?? '' });
    expect(wrong).toMatchObject({ code: 6, stderr: expect.stringContaining('its secret is that of k2') });
    expect((await keys.run(['revoke', 'key 5', '--yes'])).code).toBe(0);
    expect(vendor.ids()).toEqual(['k1', 'k2', 'k3', 'k4']);
  },
);

it('a mask that two keys have decides nothing, and one that no key has neither', async () => {
  const vendor = await acme(['acme_fake_aaa_1_x1y', 'acme_fake_bbb_2_x2y', 'acme_fake_aaa_2_x1y']);
  const keys = await home(
    { provider: 'acme', url: vendor.url, credential: ADMIN },
    acmeFile("{ masked: 'label' }"),
  );
  for (const [stdin, name] of [
    ['acme_fake_aaa_1_x1y', 'twice'],
    ['acme_fake_zzz_9_z9z', 'none'],
  ] as const) {
    const imported = await keys.run(['import', '--name', name], { stdin });
    expect(imported).toMatchObject({ code: 0, stderr: expect.stringContaining('which of its keys this is') });
  }
  const said = await keys.run(['import', '--name', 'key 3', '--id', 'k3'], { stdin: 'acme_fake_aaa_2_x1y' });
  expect(said, said.stderr).toMatchObject({ code: 0, stderr: '' });
});
