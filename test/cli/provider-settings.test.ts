import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readSet } from '../../src/connect/resolve-target.js';
import { loadAllProviders } from '../../src/providers/registry.js';
import { unkey } from '../providers/fixtures/unkey.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';

/** The program at a fixture of Unkey, whose keys have options. */
async function atUnkey() {
  const api = await vendorApi(unkey);
  const keys = await keysInProcess({ KEYS_API_KEY: String(unkey.credential) });
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const run = (...args: string[]) =>
    keys.run([...args, '--provider', 'unkey', '--base-url', api.url, '--set', `api=${unkey.set?.['api']}`]);
  return { api, run };
}

describe('an option of the vendor’s own', () => {
  it('is shown with the record, and changed by update', async () => {
    const { api, run } = await atUnkey();
    const made = await run('create', 'web', '--set', 'roles=reader', '--set', 'externalId=u1', '--json');
    expect(made.code, made.stderr).toBe(0);
    expect((await run('show', 'web')).stdout).toMatch(/options\.roles\s+\["reader"\]/);
    const changed = await run('update', 'web', '--set', 'roles=reader,writer', '--json');
    expect(changed.code, changed.stderr).toBe(0);
    const sent = api.exchanges.find(({ path }) => path.includes('updateKey'));
    expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({ roles: ['reader', 'writer'] });
    expect((await run('show', 'web')).stdout).toMatch(/options\.roles\s+\["reader","writer"\]/);
  });

  it('is no change where only the account is said', async () => {
    const { run } = await atUnkey();
    await run('create', 'web', '--json');
    const { code, stderr } = await run('update', 'web');
    expect([code, stderr]).toEqual([2, expect.stringContaining('nothing to change')]);
  });
});

describe('a setting that the provider does not have', () => {
  let keys: KeysInProcess;
  beforeAll(async () => {
    keys = await keysInProcess();
    await keys.run(['config', 'set', 'storage', 'file']);
    return () => keys.remove();
  });

  it('is refused before anything is sent, with the name that was probably meant', async () => {
    const { api, run } = await atUnkey();
    const { code, stderr } = await run('create', 'web', '--set', 'role=reader');
    expect(code).toBe(2);
    expect(stderr).toContain('Unkey has no setting role');
    expect(stderr).toContain(
      'did you mean roles? it has api, prefix, byte_length, recoverable, permanent, externalId, roles, credits',
    );
    expect(api.exchanges).toEqual([]);
  });

  it.each([
    [['list', '--set', 'team=one'], 'has no settings of its own'],
    [['login', '--provider', 'unkey', '--set', 'apy=1', '--no-input'], 'did you mean api?'],
  ])('%j', async (args, hint) => {
    const { code, stderr } = await keys.run(args, { stdin: 'not_a_real_secret' });
    expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });
});

it('every setting of every provider can be said, and provider show names it', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  for (const provider of await loadAllProviders()) {
    const names = [...provider.context, ...provider.options].map(({ name }) => name);
    expect(Object.keys(readSet(names.map((name) => `${name}=x`)))).toEqual(names);
    const { stdout } = await keys.run(['provider', 'show', provider.id]);
    for (const name of names) expect(stdout, provider.id).toContain(`--set ${name}=…`);
  }
});

it('without a keychain, and with storage in a file, nothing stored means that nobody is logged in', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  await keys.run(['profile', 'add', 'mail', '--provider', 'resend']);
  const { code, stderr } = await keys.run(['list', '--profile', 'mail']);
  expect([code, stderr]).toEqual([4, expect.stringContaining('keys login')]);
});
