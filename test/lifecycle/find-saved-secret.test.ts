import { expect, it, onTestFinished } from 'vitest';
import type { Account, VersionState } from '../../src/domain/managed-key.js';
import { findSavedSecret } from '../../src/lifecycle/places/find-saved-secret.js';
import { openLedger } from '../../src/storage/ledger/ledger.js';
import { NO_SCHEDULE, newManagedId } from '../../src/storage/ledger/managed-keys.js';
import { createSettings } from '../../src/storage/settings-file.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const EMBEDDED: Account = { provider: 'keys', address: 'embedded', context: {} };

interface Call {
  readonly flags?: Readonly<Record<string, string | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly isAttended?: boolean;
}

/** A machine with a ledger, settings and saved secrets. */
async function machine() {
  const clock = settableClock();
  const settings = createSettings(temporaryFolder());
  const ledger = await openLedger(temporaryFolder());
  onTestFinished(() => ledger.close());
  return {
    settings,
    /** Adds a key; `saved`: whether its secret, `fake-ID`, is on this machine. */
    async add(name: string, id: string, { account = EMBEDDED, saved = true, state = 'active' }: Added = {}) {
      const { provider, address } = account;
      const record = { id, name };
      const item = saved ? `item:${id}` : null;
      await ledger.put(
        { provider, address, key: record, digests: [], secret_item: item, base_url: null, roll_by: null },
        clock.now(),
      );
      const version = { id, generation: 1, record, state, ends_at: null };
      const rest = { rights: null, schedule: NO_SCHEDULE, places: [], variable: null };
      const key = { id: newManagedId(), account, name, versions: [version], created_at: clock.now() };
      await ledger.managed.save({ ...key, ...rest }, null);
    },
    /** Returns the id of the key that was found. */
    async find(reference: string, { flags = {}, env = {}, isAttended = false }: Call = {}) {
      const credentials = {
        read: async (item: string) => ({
          ...{ secret: JSON.stringify({ secret: item.replace('item:', 'fake-') }), origin: 'saved key' },
          source: 'keychain (memory)',
        }),
      };
      const context = {
        ...{ clock, env, flags, process: { isAttended, directory: '/' } },
        ...{ ledger: async () => ledger, settings: () => settings, credentials: async () => credentials },
      };
      const { version, credential } = await findSavedSecret(reference, context as never);
      expect(credential).toEqual({ secret: `fake-${version.id}` });
      return version.id;
    },
  };
}

interface Added {
  readonly account?: Account;
  readonly saved?: boolean;
  readonly state?: VersionState;
}

const NOT_SAVED = { code: 'not_found', next: 'save_key' };

it('takes no beginning of a name or id without a terminal', async () => {
  const { add, find } = await machine();
  await add('web-prod', 'id-1');
  for (const reference of ['web', 'id', 'web-']) {
    await expect(find(reference)).rejects.toMatchObject(NOT_SAVED);
    await expect(find(reference, { flags: { input: false }, isAttended: true })).rejects.toMatchObject(
      NOT_SAVED,
    );
    expect(await find(reference, { isAttended: true })).toBe('id-1');
  }
  expect([await find('web-prod'), await find('id-1')]).toEqual(['id-1', 'id-1']);
});

it('takes no beginning for a key that has exactly this name or id and no saved secret', async () => {
  const { add, find } = await machine();
  await add('web', 'id-1', { saved: false });
  await add('web-prod', 'id-12');
  await add('old', 'id-2', { state: 'revoked' });
  await add('old-prod', 'id-3');
  for (const isAttended of [true, false]) {
    await expect(find('web', { isAttended })).rejects.toMatchObject(NOT_SAVED);
    await expect(find('id-1', { isAttended })).rejects.toMatchObject(NOT_SAVED);
    await expect(find('old', { isAttended })).rejects.toMatchObject({ code: 'refused' });
  }
});

const TEAM = 'https://team.example.com';

/**
 * A machine whose embedded service, a profile's service and two accounts of one vendor each have a key `web`.
 */
async function fourAccounts() {
  const scene = await machine();
  await scene.settings.saveProfile({ name: 'team', base_url: TEAM });
  await scene.settings.saveProfile({ name: 'local' });
  await scene.settings.saveProfile({ name: 'eu', provider: 'supabase', set: { ref: 'eu' } });
  await scene.add('web', 'id-embedded');
  await scene.add('web', 'id-team', { account: { ...EMBEDDED, address: TEAM } });
  const vendor = { provider: 'supabase', address: 'https://api.supabase.com' };
  await scene.add('web', 'id-eu', { account: { ...vendor, context: { ref: 'eu' } } });
  await scene.add('web', 'id-us', { account: { ...vendor, context: { ref: 'us' } } });
  await scene.add('mail', 'id-mail', { account: { ...EMBEDDED, provider: 'resend', address: 'dashboard' } });
  return scene;
}

it.each<[string, Call, string | undefined, string]>([
  ['the profile in use', {}, 'team', 'id-team'],
  ['an embedded profile in use', {}, 'local', 'id-embedded'],
  ['KEYS_PROFILE over the profile in use', { env: { KEYS_PROFILE: 'eu' } }, 'team', 'id-eu'],
  ['KEYS_BASE_URL', { env: { KEYS_BASE_URL: `${TEAM}/` } }, undefined, 'id-team'],
  [
    'a flag over KEYS_PROFILE',
    { env: { KEYS_PROFILE: 'eu' }, flags: { profile: 'team' } },
    'local',
    'id-team',
  ],
])('looks for a name in the account of %s', async (_, call, current, id) => {
  const { find, settings } = await fourAccounts();
  if (current !== undefined) await settings.set('profile', current);
  expect(await find('web', call)).toBe(id);
});

it('finds a name in the accounts of the provider that KEYS_PROVIDER names, and in every account if nothing names one', async () => {
  const { find, settings } = await fourAccounts();
  expect(await find('web', { env: { KEYS_PROVIDER: 'supabase' } })).toBe('id-eu');
  await settings.saveProfile({ name: 'us', provider: 'supabase', set: { ref: 'us' } });
  await expect(find('web', { env: { KEYS_PROVIDER: 'supabase' } })).rejects.toMatchObject({
    code: 'ambiguous_key',
    message: '2 saved keys are named web',
  });
  await expect(find('web')).rejects.toMatchObject({
    code: 'ambiguous_key',
    message: '4 saved keys are named web',
  });
  expect(await find('mail', { env: { KEYS_PROVIDER: 'resend' } })).toBe('id-mail');
});

it('finds an exact id beside the profile in use, and says whose a name is that another account has', async () => {
  const { find, settings } = await fourAccounts();
  await settings.set('profile', 'team');
  expect(await find('id-us')).toBe('id-us');
  await expect(find('mail', { isAttended: true })).rejects.toMatchObject({
    code: 'not_found',
    hint: 'choose its account with --profile, --provider or --base-url: resend at dashboard',
  });
  await expect(find('id-us', { flags: { profile: 'team' } })).rejects.toMatchObject(NOT_SAVED);
});
