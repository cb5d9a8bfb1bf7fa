import { expect, it } from 'vitest';
import { codeOf, idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { inDays } from '../support/settable-clock.js';
import { vendorApi } from '../support/vendor-api.js';
import { grafana } from './fixtures/grafana.js';
import { grafanaCloud } from './fixtures/grafana-cloud.js';

it('sends a lifetime in seconds, and reads what the list says of a token', async () => {
  const api = await vendorApi(grafana);
  const { service, tryOut } = await connectVendor(grafana, api);
  const created = await service.create({ name: 'ci', expires_at: inDays(1) }, idempotent());
  const { secondsToLive } = JSON.parse(api.exchanges[0]?.body ?? '');
  expect(Math.abs(secondsToLive - 86_400)).toBeLessThan(120);
  const [listed] = (await service.list({})).keys;
  expect(listed).toMatchObject({ id: '1', name: 'ci', status: 'active', last_used: null });
  await tryOut({ secret: secretOf(created) });
  expect((await service.get('1')).last_used).toMatch(/^\d{4}-/);
});

it('refuses a second token of one name', async () => {
  const { service } = await connectVendor(grafana, await vendorApi(grafana));
  await service.create({ name: 'ci' }, idempotent());
  expect(await codeOf(service.create({ name: 'ci' }, idempotent()))).toBe('conflict');
});

it('names the region in every request, and each change to Grafana Cloud', async () => {
  const api = await vendorApi(grafanaCloud);
  const { service } = await connectVendor(grafanaCloud, api);
  const { key } = await service.create({ name: 'ci' }, idempotent());
  expect(key.options).toMatchObject({ policy: 'fake-policy-0001', display_name: 'ci' });
  const end = inDays(30);
  expect((await service.update(key.id, { expires_at: end })).expires_at).toBe(end);
  expect((await service.update(key.id, { expires_at: null })).expires_at).toBeNull();
  await service.revoke(key.id);
  const changes = api.exchanges.filter(({ method }) => method !== 'GET');
  const ids = changes.map(({ headers }) => headers['x-request-id']);
  expect(new Set(ids).size).toBe(changes.length);
  expect(api.exchanges.every(({ path }) => path.includes('region=prod-eu-west-2'))).toBe(true);
});

it('needs an access policy for a token of Grafana Cloud', async () => {
  const fixture = { ...grafanaCloud, set: { region: 'prod-eu-west-2' } };
  const { service } = await connectVendor(fixture, await vendorApi(grafanaCloud));
  expect(await codeOf(service.create({ name: 'ci' }, idempotent()))).toBe('missing_answer');
});
