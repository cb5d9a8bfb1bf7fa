import { expect, it, onTestFinished } from 'vitest';
import { idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';
import { resend } from './fixtures/resend.js';

it('creates a key for one domain, and says that no record shows that', async () => {
  const api = await vendorApi(resend);
  const { service, provider } = await connectVendor({ ...resend, set: { domain: 'dom_1' } }, api);
  const { key } = await service.create({ name: 'a', scopes: ['sending_access'] }, idempotent());
  expect(JSON.parse(api.exchanges.at(-1)?.body ?? '')).toEqual({
    name: 'a',
    permission: 'sending_access',
    domain_id: 'dom_1',
  });
  expect(key).toMatchObject({ scopes: ['sending_access'], options: { domain: 'dom_1' } });
  expect((await service.list({})).keys[0]?.options).toBeUndefined();
  expect(provider.options).toMatchObject([{ name: 'domain', shownBy: null }]);
  expect(provider.shows.list).not.toContain('scopes');
});

it('renames a key', async () => {
  const api = await vendorApi(resend);
  const { service } = await connectVendor(resend, api);
  const { key } = await service.create({ name: 'a' }, idempotent());
  expect(await service.update(key.id, { name: 'b' })).toMatchObject({ id: key.id, name: 'b' });
  const { method, path, body } = api.exchanges.find((each) => each.method === 'PATCH') ?? {};
  expect([method, path, body]).toEqual(['PATCH', `/api-keys/${key.id}`, '{"name":"b"}']);
});

it('remembers the domain that --set names, and gives it to the successor', async () => {
  const api = await vendorApi(resend);
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const run = async (...args: string[]) => {
    const { code, stderr } = await keys.run([...args, '--provider', 'resend', '--base-url', api.url], {
      env: { KEYS_API_KEY: resend.credential },
    });
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  };
  await keys.run(['config', 'set', 'storage', 'file']);
  await run('create', 'mailer', '--scope', 'sending_access', '--set', 'domain=dom_1', '--json');
  await run('roll', 'mailer', '--now', '--yes', '--json');
  const made = api.exchanges
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => JSON.parse(body ?? ''));
  expect(made).toMatchObject([{ domain_id: 'dom_1' }, { domain_id: 'dom_1', permission: 'sending_access' }]);
});
