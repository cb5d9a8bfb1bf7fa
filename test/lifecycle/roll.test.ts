import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { BIN, type KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);
const make = async (name: string, ...more: string[]) => {
  const made = await keys.run(['create', '--name', name, '--raw', ...more]);
  expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr }).toEqual({ code: 0, stderr: '' });
  return made.stdout.trim();
};
const status = async (id: string) => (await json(['show', id])).status;

describe('a roll', () => {
  it('delivers the new secret, tries it, and leaves the old one its grace', async () => {
    const old = await make('web');
    const until = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
    const rolled = await json(['roll', 'web', '--until', until]);
    expect(rolled.previous.status).toBe('retiring');
    const end = Date.parse(rolled.previous.expires_at);
    // A date is the end of its day.
    expect(Math.abs(end - Date.parse(`${until}T23:59:59Z`))).toBeLessThan(5_000);
    for (const key of [old, rolled.secret]) expect((await keys.run(['verify'], { stdin: key })).code).toBe(0);
  });

  it("never outlives the old key's own end", async () => {
    await make('web', '--expires', '1h');
    const before = await json(['show', 'web']);
    expect((await json(['roll', 'web', '--grace', '12h'])).previous.expires_at).toBe(before.expires_at);
  });

  it('--now revokes the old key after the delivery, and not where the delivery failed', async () => {
    await make('web');
    const { id } = await json(['show', 'web']);
    const failed = await keys.run([
      'roll',
      'web',
      '--now',
      '--yes',
      '--to',
      `exec:test -e ${join(keys.home, 'ready')}`,
    ]);
    expect([failed.code, await status(id)]).toEqual([9, 'retiring']);
    await keys.run(['run', '--ephemeral', '--', 'touch', join(keys.home, 'ready')]);
    expect((await keys.run(['resume'])).code).toBe(0);
    expect(await status(id)).toBe('revoked');
  });

  it.each([
    ['0', ['roll', 'web', '--grace', '0'], []],
    ['0s', ['roll', 'web', '--grace', '0s'], []],
    ['the schedule', ['roll', 'web'], ['--grace', '0']],
    ['due keys', ['roll', '--due', '0s', '--grace', '0'], []],
  ])('asks before a roll without a grace, as for --now: %s', async (_, args, schedule) => {
    await make('web', ...schedule, '--to', 'keychain');
    const { id } = await json(['show', 'web']);
    const unasked = await keys.run(args, { aheadMs: 60_000 });
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect([await status(id), (await json(['list'])).length]).toEqual(['active', 1]);
    expect((await keys.run([...args, '--yes'], { aheadMs: 60_000 })).code).toBe(0);
    expect(await status(id)).toBe('revoked');
  });

  it('--revoke-first ends it before', async () => {
    await make('web');
    const { id } = await json(['show', 'web']);
    const rolled = await json(['roll', 'web', '--revoke-first', '--yes']);
    expect([await status(id), rolled.name]).toEqual(['revoked', 'web']);
  });

  it('--watch ends it early, once nothing uses it', async () => {
    await make('web');
    const { id } = await json(['show', 'web']);
    const { stderr } = await keys.run(['roll', 'web', '--watch', '1s', '--to', 'keychain']);
    expect([stderr, await status(id)]).toEqual([
      expect.stringContaining('nothing used the old key'),
      'revoked',
    ]);
  });

  it('--watch revokes the old key of a roll that was pending; another end of it is refused', async () => {
    await make('web');
    const { id } = await json(['show', 'web']);
    const ready = join(keys.home, 'ready');
    expect((await keys.run(['roll', 'web', '--to', `exec:test -e ${ready}`])).code).toBe(9);
    writeFileSync(ready, '');
    const other = await keys.run(['roll', 'web', '--now', '--yes']);
    expect([other.code, other.stderr]).toEqual([6, expect.stringContaining('keys roll web --abort')]);
    const { stderr } = await keys.run(['roll', 'web', '--watch', '1s']);
    expect([stderr, await status(id)]).toEqual([
      expect.stringContaining(`nothing used the old key ${id}`),
      'revoked',
    ]);
  });

  it('--dry-run prints the plan, and changes nothing', async () => {
    await make('web');
    const plan = await json(['roll', 'web', '--grace', '1h', '--dry-run']);
    expect(plan).toMatchObject({ dry_run: true, roll: { name: 'web', by: 'provider', revoke_first: false } });
    expect(await json(['list'])).toHaveLength(1);
  });

  it('takes several keys', async () => {
    await Promise.all([make('a'), make('b')]);
    expect(await keys.run(['roll', 'a', 'b', '--to', 'keychain'])).toMatchObject({ code: 0 });
    expect(await json(['list'])).toHaveLength(4);
  });

  it('--due rolls all that are older, and no key that manages keys', async () => {
    await Promise.all([make('a'), make('b'), make('manager', '--scope', 'keys:read')]);
    expect(await json(['roll', '--due', '30d', '--to', 'keychain'])).toEqual({ rolled: [], failed: [] });
    const { rolled: both, failed } = await json(['roll', '--due', '0', '--to', 'keychain']);
    expect([both.map(({ name }: { name: string }) => name).sort(), failed]).toEqual([['a', 'b'], []]);
    const [first] = both;
    expect(first).toEqual({
      ...{
        name: expect.any(String),
        id: expect.stringMatching(/^key_/),
        delivered_to: ['keychain (0600 file)'],
      },
      previous: { id: expect.stringMatching(/^key_/), status: 'retiring', expires_at: expect.any(String) },
    });
    const text = await keys.run(['roll', '--due', '0', '--grace', '1h']);
    expect(text.stdout.trim().split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^rolled\ta \(key_\w+\); the old key key_\w+ works until /),
        expect.stringMatching(/^rolled\tb \(key_\w+\); the old key key_\w+ works until /),
      ]),
    );
    expect(await keys.run(['roll', '--due', '30d'])).toMatchObject({ stdout: '', stderr: 'no key is due\n' });
    const rolled = await keys.run(['roll', '--due', '0', '--to', 'exec:false']);
    expect([rolled.code, (await json(['pending'])).length]).toEqual([9, 2]);
    expect(await keys.run(['create', 'c'])).toMatchObject({ code: 0 });
    const unplaced = await keys.run(['roll', '--due', '0']);
    expect([unplaced.code, unplaced.stdout]).toEqual([9, expect.stringContaining('c has no place')]);
  });

  it('--due rolls the others where a place of one key cannot be written, and names that key', async () => {
    for (const name of ['good', 'under', 'folder']) {
      mkdirSync(join(keys.home, name));
      await make(name, '--rotate', '1s', '--to', `${join(keys.home, name)}/x.env#KEY`);
    }
    rmSync(join(keys.home, 'under'), { recursive: true });
    writeFileSync(join(keys.home, 'under'), '');
    rmSync(join(keys.home, 'folder', 'x.env'));
    mkdirSync(join(keys.home, 'folder', 'x.env'));
    const before = readFileSync(join(keys.home, 'good/x.env'), 'utf8');
    const planned = await keys.run(['roll', '--due', '0', '--dry-run']);
    expect([planned.code, planned.stdout.match(/failed.*(under|folder) \(/g)?.length]).toEqual([6, 2]);
    const { code, stdout, stderr } = await keys.run(['roll', '--due', '0', '--yes', '--json']);
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/(under|folder) .* was not rolled: .*1 more of 3/),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ rolled: [{ name: 'good' }], failed: expect.any(Array) });
    const failed = JSON.parse(stdout).failed.map((one: Record<string, string>) => [one.name, one.code]);
    expect(failed.sort()).toEqual([
      ['folder', 'refused'],
      ['under', 'refused'],
    ]);
    expect(stdout).toContain('not a regular file');
    expect(readFileSync(join(keys.home, 'good/x.env'), 'utf8')).not.toBe(before);
  });

  it('--abort revokes the new key, and lets the old one work on as before', async () => {
    const shop = await keys.run(['create', 'shop', '--expires', '90d', '--json']);
    const old = JSON.parse(shop.stdout);
    await keys.run(['roll', 'shop', '--to', 'exec:false']);
    const [pending] = (await json(['pending'])).filter(({ name }: { name: string }) => name === 'shop');
    const aborted = await keys.run(['roll', 'shop', '--abort']);
    expect([aborted.code, aborted.stderr]).toEqual([
      0,
      expect.stringContaining(`the old key ${old.id} stays`),
    ]);
    expect(await status(pending.key_id)).toBe('revoked');
    expect(await json(['show', old.id])).toMatchObject({
      ...{ status: 'active', expires_at: old.expires_at, rolled_to: null },
    });
    expect((await keys.run(['roll', 'shop', '--abort'])).code).toBe(3);
    expect((await keys.run(['roll', 'shop', '--now', '--yes', '--to', 'keychain'])).code).toBe(0);
  });
});

describe('a roll that is composed', () => {
  let service: TestService;
  let env: Record<string, string>;
  beforeEach(async () => {
    service = await startTestService({ policy: 'swiftsell', encryptionKey: testEncryptionKey() });
    env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url, KEYS_PROVIDER: 'swiftsell' };
  });
  const run = (args: string[]) => keys.run(args, { env });

  it('sets the end of the old key at the service, so that no later run is needed', async () => {
    const old = JSON.parse((await run(['create', '--name', 'web', '--json'])).stdout);
    const rolled = await run(['roll', 'web', '--grace', '1h', '--to', 'keychain']);
    expect([rolled.code, rolled.stderr]).toEqual([0, expect.stringMatching(/works until /)]);
    expect(rolled.stderr).not.toContain('keys resume');
    expect(await json(['pending'])).toEqual([]);
    const shown = JSON.parse((await run(['show', old.id, '--json'])).stdout);
    const end = Date.parse(shown.expires_at) - Date.now();
    expect(end).toBeGreaterThan(0);
    expect(end).toBeLessThanOrEqual(3_600_000);
  });

  it('--abort calls the end of the old key off', async () => {
    await run(['create', '--name', 'web', '--json']);
    await run(['roll', 'web', '--grace', '1h', '--to', 'exec:false']);
    const aborted = await run(['roll', 'web', '--abort']);
    expect(aborted.stderr).toMatch(/the old key key_\w+ stays/);
    expect(
      JSON.parse((await run(['list', '--json'])).stdout).filter(
        ({ name }: { name: string }) => name === 'web',
      ),
    ).toHaveLength(1);
  });
});

describe('resume, against a service over HTTP', () => {
  it('has the same key again where its response was lost, and makes it anew where that is too late', async () => {
    const service = await startTestService();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    const failing = ['create', '--name', 'web', '--to', 'exec:false'];
    await keys.run(failing, { env });
    const [{ key_id }] = await json(['pending']);
    await keys.run(['resume'], { env });
    expect((await json(['pending']))[0].key_id).toBe(key_id);
    service.clock.advance(25 * 3_600_000);
    const late = await keys.run(['resume'], { env });
    expect(late).toMatchObject({ code: 9, stderr: expect.stringContaining(`revoked ${key_id}`) });
    const [anew] = await json(['pending']);
    expect(anew.key_id).not.toBe(key_id);
    const list = JSON.parse((await keys.run(['list', '--name', 'web', '--all', '--json'], { env })).stdout);
    expect(list.map(({ id, status: stands }: { id: string; status: string }) => [id, stands]).sort()).toEqual(
      [
        [key_id, 'revoked'],
        [anew.key_id, 'active'],
      ].sort(),
    );
  });

  it('says what it cannot do without the credential, and goes on with the rest', async () => {
    const service = await startTestService();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    await keys.run(['create', '--name', 'remote', '--to', 'exec:false'], { env });
    await keys.run(['create', '--name', 'here', '--to', `exec:test -e ${join(keys.home, 'ready')}`]);
    await keys.run(['run', '--ephemeral', '--', 'touch', join(keys.home, 'ready')]);
    const result = await keys.run(['resume']);
    expect(result).toMatchObject({ code: 9, stderr: expect.stringContaining('no credential for') });
    expect(await json(['pending'])).toMatchObject([{ name: 'remote' }]);
  });
});

describe('run', () => {
  it('passes the exit code through, and signals on', async () => {
    await make('web', '--to', 'keychain');
    await keys.run(['create', '--name', 'saved', '--to', 'keychain']);
    expect((await keys.run(['run', '--key', 'saved', '--', 'sh', '-c', 'exit 42'])).code).toBe(42);
    expect((await keys.run(['run', '--key', 'saved', '--', 'sh', '-c', 'kill -TERM $$'])).code).toBe(143);
    expect((await keys.run(['run', '--key', 'saved', '--', 'no-such-program'])).code).toBe(2);
    expect((await keys.run(['run', '--', 'true'])).code).toBe(2);
    const named = await keys.run(
      ['run', '--key', 'saved=OTHER', '--', 'sh', '-c', 'echo "$OTHER ${KEYS_API_KEY-unset}"'],
      {
        env: { KEYS_API_KEY: 'sk_live_fake' },
      },
    );
    expect(named.stdout).toMatch(/^sk_live_\w{39} unset\n$/);
  });

  it('--ephemeral revokes its key when keys itself is stopped', async () => {
    const started = join(keys.home, 'started');
    const child = execa(
      process.execPath,
      ['--', BIN, 'run', '--ephemeral', '--', 'sh', '-c', `touch ${started}; exec sleep 20`],
      {
        env: keys.env,
        extendEnv: false,
        reject: false,
      },
    );
    await expect.poll(() => existsSync(started)).toBe(true);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(143);
    expect(await json(['list', '--all'])).toMatchObject([{ status: 'revoked' }]);
  });

  it('--ephemeral creates a key for the run alone', async () => {
    const out = join(keys.home, 'out');
    const during = join(keys.home, 'during');
    const ran = await keys.run([
      'run',
      '--ephemeral',
      'JOB_KEY',
      '--ttl',
      '5m',
      '--scope',
      'deploy:write',
      '--',
      'sh',
      '-c',
      `echo "$JOB_KEY" > ${out}; ${process.execPath} ${BIN} list --json > ${during}; exit 3`,
    ]);
    expect(ran.code, ran.stderr).toBe(3);
    const [key] = JSON.parse(readFileSync(during, 'utf8'));
    expect(await json(['show', key.id])).toMatchObject({ status: 'revoked', scopes: ['deploy:write'] });
    expect(Date.parse(key.expires_at) - Date.parse(key.created_at)).toBeLessThanOrEqual(300_000);
    expect((await keys.run(['verify'], { stdin: readFileSync(out, 'utf8') })).code).toBe(7);
  });
});
