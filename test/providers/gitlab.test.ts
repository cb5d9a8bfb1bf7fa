import { expect, it } from 'vitest';
import { codeOf, idempotent, secretOf } from '../contract/key-service.js';
import { connectVendor } from '../support/connect-vendor.js';
import { vendorApi } from '../support/vendor-api.js';
import { gitlab } from './fixtures/gitlab.js';

const DAY_MS = 86_400_000;
const connected = async (set?: Readonly<Record<string, string>>) => {
  const fixture = set === undefined ? gitlab : { ...gitlab, set };
  const api = await vendorApi(fixture);
  return { ...(await connectVendor(fixture, api)), api };
};

it('gives a successor the lifetime of its predecessor, not the week that GitLab gives', async () => {
  const { service } = await connected();
  const end = new Date(Date.now() + 90 * DAY_MS).toISOString();
  const { key } = await service.create({ name: 'ci', scopes: ['read_api'], expires_at: end }, idempotent());
  const { key: successor, previous } = await service.roll(key.id, {}, idempotent());
  expect(previous).toMatchObject({ id: key.id, status: 'revoked' });
  const days = (Date.parse(successor.expires_at ?? '') - Date.now()) / DAY_MS;
  expect(days).toBeGreaterThan(87);
  expect(days).toBeLessThan(91);
});

it('keeps the role of a token, and reads a token of another scope as a good one', async () => {
  const { service, tryOut, api } = await connected({ project: 'group/web', access_level: '20' });
  const created = await service.create({ name: 'ci', scopes: ['read_repository'] }, idempotent());
  expect(created.key.options).toEqual({ access_level: '20' });
  expect(JSON.parse(api.exchanges[0]?.body ?? '')).toMatchObject({ access_level: 20 });
  expect(await tryOut({ secret: secretOf(created) })).toEqual({ outcome: 'accepted' });
  await service.revoke(created.key.id);
  expect(await tryOut({ secret: secretOf(created) })).toMatchObject({ outcome: 'refused', status: 401 });
});

it('manages the tokens of a group, and needs one of both', async () => {
  const { service, api } = await connected({ group: '7' });
  await service.list({});
  expect(api.exchanges[0]?.path).toMatch(/^\/groups\/7\/access_tokens\?/);
  const nobody = await connected({});
  expect(await codeOf(nobody.service.list({}))).toBe('missing_answer');
});

it('manages the personal tokens of a user, of whom only the list and the create say the id', async () => {
  const { service, api } = await connected({ user: '166' });
  const { key } = await service.create({ name: 'ci', scopes: ['read_api'] }, idempotent());
  await service.list({});
  const { key: successor, previous } = await service.roll(key.id, {}, idempotent());
  await service.revoke(successor.id);
  const sent = api.exchanges.map(({ method, path }) => `${method} ${path.split('?')[0]}`);
  const own = '/personal_access_tokens';
  expect(sent[0]).toBe(`POST /users/166${own}`);
  expect(sent).toContain(`POST ${own}/${key.id}/rotate`);
  expect(sent).toContain(`DELETE ${own}/${successor.id}`);
  expect(api.exchanges.find(({ path }) => path.startsWith(`${own}?`))?.path).toContain('user_id=166');
  expect(previous).toMatchObject({ id: key.id, status: 'revoked' });
});
