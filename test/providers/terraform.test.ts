import { expect, it } from 'vitest';
import { codeOf, idempotent } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { terraform } from './fixtures/terraform.js';

const connected = async (set: Readonly<Record<string, string>>) => {
  const api = await vendorApi(terraform);
  return { ...(await connectVendor({ ...terraform, set }, api)), api };
};

it('creates a token of a team, and its record says which', async () => {
  const { service, api } = await connected({ organization: 'acme' });
  const options = { team: 'team-fake1' };
  const { key } = await service.create({ name: 'ci', options }, idempotent());
  expect(api.exchanges[0]).toMatchObject({ method: 'POST', path: '/teams/team-fake1/authentication-tokens' });
  expect(api.exchanges[0]?.headers['content-type']).toBe('application/vnd.api+json');
  expect(key).toMatchObject({ name: 'ci', options, owner: 'user-fake0001', last_used: null });
  const { keys } = await service.list({});
  expect(keys.map(({ id, options: told }) => [id, told])).toEqual([[key.id, options]]);
});

it('gives a token without an end the one that the service gives', async () => {
  const { service } = await connected({ user: 'user-fake0001' });
  const { key } = await service.create({ name: 'ci' }, idempotent());
  const days = (Date.parse(key.expires_at ?? '') - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(730);
});

it('needs a user or an organization, and for an organization a team', async () => {
  const nobody = await connected({});
  expect(await codeOf(nobody.service.list({}))).toBe('missing_answer');
  const { service, api } = await connected({ organization: 'acme' });
  expect(await codeOf(service.create({ name: 'ci' }, idempotent()))).toBe('missing_answer');
  expect(api.exchanges).toEqual([]);
});

it('shows the title of an error that has no more', async () => {
  const { service } = await connected({ organization: 'acme' });
  const request = { name: 'ci', options: { team: 'team-fake1' } };
  await service.create(request, idempotent());
  await expect(service.create(request, idempotent())).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('Description has already been taken'),
  });
});
