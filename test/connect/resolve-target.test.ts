import { expect, test } from 'vitest';
import { resolveTarget } from '../../src/connect/resolve-target.js';
import { createSettings } from '../../src/storage/settings-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const A = 'https://a.example.com';
const B = 'https://b.example.com';
const F = 'https://flag.example.com';
const E = 'https://env.example.com';
const KEY = 'sk_live_fake_for_a_test';

interface Case {
  readonly says: string;
  readonly flags?: { profile?: string; baseUrl?: string };
  readonly env?: Record<string, string>;
  readonly current?: string;
  /** Profile, address, whether KEYS_API_KEY counts. */
  readonly gives: readonly [string | null, string | null, boolean];
  readonly notice?: string;
}

const CASES: readonly Case[] = [
  { says: 'nothing: embedded', gives: [null, null, false] },
  { says: 'the profile in use', current: 'a', gives: ['a', A, false] },
  {
    says: 'KEYS_PROFILE over the profile in use',
    current: 'a',
    env: { KEYS_PROFILE: 'b' },
    gives: ['b', B, false],
  },
  {
    says: '--profile over KEYS_PROFILE',
    env: { KEYS_PROFILE: 'b' },
    flags: { profile: 'a' },
    gives: ['a', A, false],
  },
  {
    says: '--base-url over all',
    current: 'a',
    env: { KEYS_BASE_URL: E },
    flags: { baseUrl: F },
    gives: ['a', F, false],
  },
  {
    says: 'KEYS_BASE_URL over the profile in use',
    current: 'a',
    env: { KEYS_BASE_URL: E },
    gives: ['a', E, false],
    notice: 'KEYS_BASE_URL wins over the address of profile a',
  },
  {
    says: '--profile over KEYS_BASE_URL',
    env: { KEYS_BASE_URL: E },
    flags: { profile: 'a' },
    gives: ['a', A, false],
    notice: '--profile a wins over KEYS_BASE_URL',
  },
  {
    says: '--profile over KEYS_API_KEY',
    env: { KEYS_API_KEY: KEY },
    flags: { profile: 'a' },
    gives: ['a', A, false],
    notice: '--profile a wins over KEYS_API_KEY',
  },
  {
    says: 'KEYS_API_KEY over the credential of the profile in use',
    current: 'a',
    env: { KEYS_API_KEY: KEY },
    gives: ['a', A, true],
    notice: 'KEYS_API_KEY wins over the credential of profile a',
  },
  { says: 'both from the environment', env: { KEYS_API_KEY: KEY, KEYS_BASE_URL: E }, gives: [null, E, true] },
  {
    says: 'KEYS_API_KEY has no use for the embedded service',
    env: { KEYS_API_KEY: KEY },
    gives: [null, null, false],
    notice: 'KEYS_API_KEY is not used',
  },
  { says: 'an embedded profile', flags: { profile: 'local' }, gives: ['local', null, false] },
  {
    says: 'empty variables are none',
    env: { KEYS_API_KEY: '', KEYS_BASE_URL: '', KEYS_PROFILE: '' },
    gives: [null, null, false],
  },
];

test.each(CASES)('$says', async ({ flags = {}, env = {}, current, gives, notice }) => {
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'a', base_url: A });
  await settings.saveProfile({ name: 'b', base_url: B });
  await settings.saveProfile({ name: 'local' });
  if (current) await settings.set('profile', current);
  const target = resolveTarget({ flags, env, settings: () => settings });
  expect([target.profile, target.baseUrl, target.useEnvironmentKey]).toEqual(gives);
  expect(target.notices.map(String)).toEqual(notice ? [expect.stringContaining(notice)] : []);
  expect(JSON.stringify(target)).not.toContain(KEY);
});

test('the profile’s environment over the setting', async () => {
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'a', base_url: A, environment: 'test' });
  await settings.set('environment', 'live');
  expect(resolveTarget({ flags: {}, env: {}, settings: () => settings }).environment).toBe('live');
  expect(resolveTarget({ flags: { profile: 'a' }, env: {}, settings: () => settings }).environment).toBe(
    'test',
  );
});

test.each(['nowhere', 'constructor'])('a profile that is not there: %s', (profile) => {
  const settings = createSettings(temporaryFolder());
  expect(() => resolveTarget({ flags: { profile }, env: {}, settings: () => settings })).toThrow(
    expect.objectContaining({ code: 'profile_not_found' }),
  );
});

test.each([
  'keys.example.com',
  'ftp://keys.example.com',
  'https://user:pw@keys.example.com',
  'https://a/?q=1',
])('not an address: %s', (baseUrl) => {
  const settings = createSettings(temporaryFolder());
  expect(() => resolveTarget({ flags: { baseUrl }, env: {}, settings: () => settings })).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.not.stringContaining('pw@') }),
  );
});

test('the one profile of the provider and address that are named, and none of several', async () => {
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'own', provider: 'resend' });
  await settings.saveProfile({ name: 'there', provider: 'resend', base_url: A });
  await settings.saveProfile({ name: 'service', base_url: A });
  const at = (flags: { provider?: string; baseUrl?: string }, env: Record<string, string> = {}) =>
    resolveTarget({ flags, env, settings: () => settings });
  expect(at({ provider: 'resend' })).toMatchObject({ profile: 'own', baseUrl: null });
  expect(at({ provider: 'resend', baseUrl: `${A}/` })).toMatchObject({ profile: 'there', baseUrl: A });
  expect(at({ baseUrl: A })).toMatchObject({ profile: 'service', provider: 'keys' });
  expect(at({}, { KEYS_PROVIDER: 'resend' })).toMatchObject({ profile: 'own' });
  expect(at({ provider: 'resend', baseUrl: B })).toMatchObject({ profile: null, baseUrl: B });
  expect(at({ provider: 'resend' }, { KEYS_API_KEY: KEY })).toMatchObject({ profile: null });
  await settings.saveProfile({ name: 'second', provider: 'resend' });
  const { profile, notices } = at({ provider: 'resend' });
  expect(profile).toBeNull();
  expect(notices.map(String)).toEqual([expect.stringMatching(/own, second.*--profile/)]);
});

test('a setting without a value is none, and beats the profile’s', async () => {
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'a', provider: 'resend', set: { domain: 'd1', team: 't' } });
  const target = resolveTarget({
    flags: { profile: 'a', set: ['domain='] },
    env: {},
    settings: () => settings,
  });
  expect(target).toMatchObject({ set: { team: 't' }, none: ['domain'] });
});

test('a profile has one name for its service: the policy that it follows', async () => {
  const settings = createSettings(temporaryFolder());
  await settings.saveProfile({ name: 'team', base_url: A, policy: 'jahuty' });
  await settings.saveProfile({ name: 'own', policy: 'swiftsell' });
  const at = (flags: { provider?: string; baseUrl?: string; profile?: string }) =>
    resolveTarget({ flags, env: {}, settings: () => settings });
  expect(() => at({ profile: 'team', provider: 'tylt' })).toThrow('profile team is of jahuty, not of tylt');
  const team = { profile: 'team', provider: 'keys', policy: 'jahuty', baseUrl: A };
  for (const flags of [
    { profile: 'team' },
    { profile: 'team', provider: 'jahuty' },
    { profile: 'team', provider: 'keys' },
    { provider: 'jahuty', baseUrl: A },
  ])
    expect(at(flags)).toMatchObject(team);
  const own = { profile: 'own', provider: 'keys', policy: 'swiftsell', baseUrl: null };
  expect(at({ profile: 'own', provider: 'swiftsell' })).toMatchObject(own);
  // The vendor itself: no profile of a key service is meant.
  expect(at({ provider: 'swiftsell' })).toMatchObject({ profile: null, provider: 'swiftsell' });
  await settings.set('profile', 'own');
  const { provider, notices } = at({ provider: 'swiftsell' });
  expect([provider, notices.map(String)]).toEqual([
    'swiftsell',
    ['profile own is left aside: it is a key service under the rules of swiftsell'],
  ]);
  expect(at({ provider: 'tylt' }).notices.map(String)).toEqual([
    'profile own is left aside: it is of swiftsell, not of tylt',
  ]);
});
