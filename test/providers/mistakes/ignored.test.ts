import { beforeEach, describe, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { type AcmeVendor, acmeVendor, addKey } from './acme-vendor.js';
import { acmeWith, type Change } from './mutations.js';

let keys: KeysInProcess;
let vendor: AcmeVendor;
beforeEach(async () => {
  keys = await keysInProcess();
  vendor = await acmeVendor();
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

const FILE = /acme-\d+\.mjs/;
const add = async (...changes: readonly Change[]) =>
  expect(await keys.run(['provider', 'add', acmeWith(keys.home, changes)])).toMatchObject({ code: 0 });
const run = async (...args: string[]) =>
  await keys.run([...args, '--base-url', vendor.url, '--set', 'project=p1'], {
    env: { KEYS_API_KEY: vendor.admin, KEYS_PROVIDER: 'acme' },
  });
const tested = async () => await run('provider', 'test', 'acme', '--scope', 'docs:read');

const NAME: Change = ["text('label', { updates: true })", "text('label', { updates: true, send: 'labl' })"];
const IPS = "send: (ips) => ({ addresses: ips.join(' ') })";
const ENDS = "expiry('ends', { accepts: 'any time', as: 'iso-seconds' })";
const ENDS_ELSEWHERE = "expiry('ends', { accepts: 'any time', updates: true, send: 'expires' })";
const STATUS = "status('enabled', { true: 'active', false: 'paused' })";

describe('a change that the vendor ignores is said', () => {
  it.each<readonly [Change, readonly string[], string]>([
    [NAME, ['--name', 'other'], 'name other (it has web)'],
    [
      ["accepts: 'such as docs:read', required: true", "accepts: 'any', updates: true, send: 'scps'"],
      ['--scope', 'docs:none'],
      'scopes docs:none (it has docs:read)',
    ],
    [
      [IPS, 'updates: true, send: (ips) => ({ address: ips.join() })'],
      ['--allow-ip', '192.0.2.1'],
      'ips 192.0.2.1',
    ],
    [[ENDS, ENDS_ELSEWHERE], ['--expires', '30d'], 'the end '],
    [["number('limit', {", "number('limit', { send: 'most',"], ['--set', 'limit=5'], 'limit 5'],
  ])('by an update: %j', async (change, flags, said) => {
    await add(change);
    addKey(vendor, { label: 'web' });
    const updated = await run('update', '1001', ...flags);
    expect(updated.code).toBe(0);
    expect(updated.stderr).toContain(`the record of 1001 does not have what was asked: ${said}`);
    expect(updated.stderr).toMatch(FILE);
  });

  it('by a new name, and the key keeps its own here', async () => {
    await add(NAME);
    await run('create', '--name', 'web', '--scope', 'docs:read', '--to', `${keys.home}/.env#WEB`);
    const [key] = vendor.keys;
    if (key !== undefined) key.label = 'web';
    expect((await run('update', 'web', '--name', 'other')).stderr).toContain('name other (it has web)');
    expect(await run('show', 'web')).toMatchObject({ code: 0 });
  });

  it('by a pause', async () => {
    await add(['paused: { enabled: false }', 'paused: { enabld: false }']);
    addKey(vendor);
    const { stderr } = await run('pause', '1001', '--yes');
    expect(stderr).toMatch(
      /1001 is active in its record, where paused was asked: are keys\.pause and .*acme/,
    );
  });

  it('by the end of an old key, which is revoked from here then', async () => {
    await add([ENDS, ENDS_ELSEWHERE]);
    await run('create', '--name', 'web', '--scope', 'docs:read', '--to', `${keys.home}/.env#WEB`);
    const { code, stdout, stderr } = await run('roll', 'web', '--grace', '1h');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/old key 1001 does not have the end that was set/),
    ]);
    expect(stdout + stderr).toContain('keys resume revokes it then');
  });

  it('by an option of a new key that the vendor reads elsewhere', async () => {
    await add(["number('limit', {", "number('limit', { send: 'most', default: 7,"]);
    const { stderr } = await run(
      'create',
      '--name',
      'web',
      '--scope',
      'docs:read',
      '--set',
      'limit=5',
      '--json',
    );
    expect(stderr).toContain('does not have what was asked: limit 5');
    expect(stderr).toContain('sends it (options.limit)?');
  });
});

describe('a refusal of the vendor names the file, the operation and the member', () => {
  it.each<readonly [Change, readonly string[], string]>([
    [
      ["'PATCH {keys}/{id}'", "'PATCH {keys}/{id}/x'"],
      ['update', '1001', '--name', 'n'],
      'update (keys.update.at)',
    ],
    [["{project}/keys'", "{project}/kys'"], ['list'], 'list (keys.path; keys.list.at is left out)'],
    [['auth: bearer', "auth: headerAuth('x-key')"], ['list'], 'list (auth)'],
  ])('%j', async (change, command, said) => {
    await add(change, ['  bearer,\n', '  bearer,\n  headerAuth,\n']);
    addKey(vendor);
    const { code, stderr } = await run(...command);
    expect([code === 0, stderr]).toEqual([false, expect.stringMatching(FILE)]);
    expect(stderr).toContain(`): ${said}: `);
  });

  it('with the members of the body', async () => {
    await add();
    vendor.refusesCreate = [422, 'limit is required'];
    const { stderr } = await run('create', '--name', 'web', '--scope', 'docs:read', '--json');
    expect(stderr).toContain('): create (keys.create.at, keys.create.body): limit is required (POST ');
  });
});

describe('a right that no record shows and no ledger knows is not guessed', () => {
  const roll = async (...flags: string[]) => {
    const rolled = await run('roll', '1001', '--now', '--yes', ...flags);
    return { ...rolled, sent: vendor.requests.filter((each) => /^(POST|DELETE)/.test(each)) };
  };

  it.each<readonly [string, readonly ['scopes' | 'ends' | 'addresses' | 'limit'], readonly string[]]>([
    ['may do: --scope …', ['scopes'], ['--scope', 'docs:read']],
    ['has: --expires …', ['ends'], ['--expires', 'never']],
    ['has: --set limit=…', ['limit'], ['--set', 'limit=3']],
    ['has: ips', ['addresses'], []],
  ])('says %s', async (said, lacks, flags) => {
    await add();
    addKey(vendor, { addresses: '192.0.2.0/24', ends: '2031-01-01T00:00:00Z', limit: 3 });
    vendor.lacks = lacks;
    const refused = await roll();
    expect([refused.code, refused.sent]).toEqual([2, []]);
    expect(refused.stderr).toContain(said);
    expect(refused.stderr).toContain('nothing was changed');
    if (flags.length > 0) expect((await roll(...flags)).code).toBe(0);
  });

  it('takes what the file says that a record without it means', async () => {
    await add([ENDS, ENDS.replace('as:', 'absent: null, as:')]);
    addKey(vendor, { addresses: '192.0.2.0/24', limit: 3 });
    vendor.lacks = ['ends'];
    expect((await roll()).code).toBe(0);
    expect(vendor.keys.map(({ addresses, ends }) => [addresses, ends])).toEqual([['192.0.2.0/24', null]]);
  });
});

describe('a test of the provider says only what it saw', () => {
  it('that a field is sent where the vendor does not read it', async () => {
    await add([IPS, 'send: (ips) => ({ address: ips.join() })']);
    const { code, stdout } = await tested();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/a key has each field that it may be given\s+does not hold\s.*it was given ips/);
    expect(vendor.keys).toEqual([]);
  });

  it('that a status is in no record', async () => {
    await add([STATUS, "status('state')"]);
    const { code, stdout } = await tested();
    expect(code).not.toBe(0);
    expect(stdout).toContain('keys.fields.status (state) is in no record');
  });

  it('that an end is in another unit than the other times', async () => {
    await add([ENDS, "expiry('ends', { accepts: 'any time', as: 'milliseconds' })"]);
    vendor.countsSeconds = true;
    const { code, stdout } = await tested();
    expect(code).not.toBe(0);
    expect(stdout).toContain('keys.fields.expires_at (ends) is in milliseconds, and created in seconds');
  });

  it('that no end was waited for, and no key is there whose revoke it did not see fail', async () => {
    await add(["in: 'data'", "in: 'dta'"]);
    const { code, stdout } = await tested();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/accepted no more after its end\s+not seen/);
    expect(stdout).toMatch(/every key of the test is revoked\s+not seen\s+the keys cannot be listed/);
    expect(vendor.keys).toEqual([]);
  });
});
