import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { localTime } from '../../src/terminal/absolute-time.js';
import { keyringSession, MISSING_PROGRAMS } from '../storage/keyring-session.js';
import { freePort } from '../support/free-port.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

/** What each dashboard is asked for, and a key as it would be pasted: obviously fake. */
const VENDORS = [
  {
    id: 'trust-swiftly',
    paste: 'fake-trust-swiftly-0001',
    step: 'Settings → API → Generate New Key',
    url: 'https://app.trustswiftly.com',
    needs: [],
    title: 'A new key of Trust Swiftly:',
  },
  {
    id: 'swiftsell',
    paste: 'ss_fake_key_0001',
    step: 'Settings → API Keys → Create API Key',
    url: 'https://app.swiftsellai.com',
    needs: ['--service', 'checkout'],
    title: 'A new key of Swiftsell (service checkout):',
  },
  {
    id: 'tylt',
    paste: 'fake-api-key-0001\nfake-secret-key-0001',
    step: 'Generate Key',
    url: 'https://app.tylt.money',
    needs: ['--service', 'shop', '--environment', 'production'],
    title: 'A new key of Tylt (production, service shop):',
  },
  {
    id: 'jahuty',
    paste: 'fake-jahuty-0001',
    step: 'Organization → Settings → API keys → New API key',
    url: 'https://www.jahuty.com',
    needs: [],
    title: 'A new key of Jahuty:',
  },
] as const;

async function home(env: Readonly<Record<string, string>> = {}): Promise<KeysProgram> {
  const keys = await keysInProcess(env);
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  return keys;
}

it('lists the newest key first, also when an older one was changed since', async () => {
  const keys = await home();
  for (const [name, secret] of Object.entries({ Old: 'ss_fake_key_0001', New: 'ss_fake_key_0002' })) {
    const made = await keys.run(
      ['create', '--provider', 'swiftsell', '--service', 'shop', '--name', name, '--yes'],
      { stdin: `${secret}\n` },
    );
    expect(made.code, made.stderr).toBe(0);
  }
  const changed = await keys.run([
    ...['update', 'Old', '--provider', 'swiftsell'],
    ...['--metadata', 'team=web'],
  ]);
  expect(changed.code, changed.stderr).toBe(0);
  const listed: Key[] = JSON.parse((await keys.run(['list', '--provider', 'swiftsell', '--json'])).stdout);
  expect(listed.map(({ name }) => name)).toEqual(['New', 'Old']);
});

describe.each(VENDORS)('$id, as it is', ({ id, paste, step, url, needs, title }) => {
  const of = ['--provider', id];
  let shared: KeysProgram | undefined;
  /** A home with the key `Web`, which no test changes. */
  const imported = async () => {
    if (shared === undefined) {
      shared = await keysInProcess();
      await storeSecretsInFile(shared);
      await shared.run(['import', ...of, ...needs, '--name', 'Web'], { stdin: `${paste}\n` });
    }
    return { keys: shared };
  };
  afterAll(() => shared?.remove());

  it('is guided through create, and is then a key like any other', async () => {
    const keys = await home();
    const made = await keys.run(['create', ...of, ...needs, '--name', 'Web', '--yes', '--json'], {
      stdin: `${paste}\n`,
    });
    expect(made.code, made.stderr).toBe(0);
    expect(made.stderr).toContain(title);
    expect(made.stderr).toContain(step);
    expect(made.stderr).toContain(`open ${url}`);
    const key = JSON.parse(made.stdout);
    expect(key).toMatchObject({ name: 'Web', status: 'active', created_at: expect.any(String) });
    for (const part of paste.split('\n')) expect(made.stdout + made.stderr).not.toContain(part);
    const show = JSON.parse((await keys.run(['show', 'Web', ...of, '--json'])).stdout);
    expect(show).toMatchObject({ id: key.id, provider: id, secret_saved: true });
    const days = (Date.parse(show.roll_by) - Date.parse(show.created_at)) / 86_400_000;
    expect(days).toBeCloseTo(90, 5);
    expect(JSON.parse((await keys.run(['list', ...of, '--json'])).stdout)).toHaveLength(1);
    const lines = (await keys.run(['env', 'Web', ...of, '--shell', 'sh'])).stdout;
    for (const part of paste.split('\n')) expect(lines).toContain(`='${part}'`);
    // What env can read, deliver can deliver.
    const file = `${keys.home}/delivered.env`;
    const delivered = await keys.run(['deliver', 'Web', ...of, '--to', file]);
    expect(delivered.code, delivered.stderr).toBe(0);
    for (const part of paste.split('\n')) expect(await readFile(file, 'utf8')).toContain(`=${part}`);
    expect(JSON.parse((await keys.run(['status', ...of, '--json'])).stdout)).toMatchObject({
      provider: id,
      managed_by: 'dashboard',
    });
    expect((await keys.run(['update', 'Web', '--name', 'Web 2', ...of])).code).toBe(0);
    const revoked = await keys.run(['revoke', 'Web 2', ...of, '--yes']);
    expect(revoked.code, revoked.stderr).toBe(0);
    expect((await keys.run(['env', key.id])).code).toBe(3);
    expect(await keys.run(['verify', ...of], { stdin: `${paste}\n` })).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('revoked'),
    });
  });

  it('asks before it does what cannot be undone, and refuses where it cannot ask', async () => {
    const { keys } = await imported();
    const refused = await keys.run(['revoke', 'Web', ...of]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/the question is: Revoke Web .*\? --yes answers it with yes/);
    expect(JSON.parse((await keys.run(['show', 'Web', ...of, '--json'])).stdout).status).toBe('active');
  });

  it('takes no key twice', async () => {
    const { keys } = await imported();
    const again = await keys.run(['create', ...of, ...needs, '--name', 'Other', '--yes'], {
      stdin: `${paste}\n`,
    });
    expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('known already: Web') });
  });

  it('refuses a second key of one name before anything is pasted', async () => {
    const { keys } = await imported();
    const again = await keys.run(['create', ...of, ...needs, '--name', 'Web', '--yes'], {
      stdin: `${paste}\n`,
    });
    expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('is named Web already') });
    expect(again.stderr).not.toContain(step);
  });
});

describe('a change of the record of a key', () => {
  const of = ['--provider', 'jahuty'];
  const webAsShop = async () => {
    const keys = await home();
    await keys.run(['import', ...of, '--name', 'Web'], { stdin: 'fake-jahuty-0001' });
    const changed = await keys.run(['update', 'Web', ...of, '--name', 'Shop']);
    expect(changed.stderr).toContain('the dashboard of Jahuty still names this key Web');
    return keys;
  };

  it('leaves its name in the dashboard: the steps of a roll and of a revocation have that', async () => {
    const keys = await webAsShop();
    const noted = await keys.run(['update', 'Shop', ...of, '--metadata', 'team=web']);
    expect(noted.code, noted.stderr).toBe(0);
    const rolled = await keys.run(['roll', 'Shop', ...of], { stdin: 'fake-jahuty-0002' });
    expect(rolled.stderr).toContain('the ellipsis beside Web → Roll');
    const revoked = await keys.run(['revoke', 'Shop', ...of, '--yes']);
    expect(revoked.stderr).toContain('the key to delete is Web, which ends in …0002');
  });

  it('takes the new name of a key that was renamed there, too', async () => {
    const keys = await webAsShop();
    await keys.run(['update', 'Shop', ...of, '--metadata', 'dashboard_name=Shop']);
    const revoked = await keys.run(['revoke', 'Shop', ...of, '--yes']);
    expect(revoked.stderr).toContain('the key to delete is Shop, which ends in …0001');
  });

  it('says that the vendor has not learned of another expiry or service', async () => {
    const keys = await webAsShop();
    const changed = await keys.run(['update', 'Shop', ...of, '--expires', '30d', '--service', 'pay']);
    expect(changed.stderr).toContain('only the record here has the new expiry and service');
  });

  it.each([
    ['jahuty', 'fake-jahuty-0001', ['name', 'service', 'metadata', 'expires_at'], ['service', 'expires_at']],
    ['swiftsell', 'ss_fake_key_0001', ['name', 'service', 'metadata'], ['service']],
  ])('can change what provider show says: %s', async (id, secret, can_change, can_have) => {
    const keys = await home();
    const shown = JSON.parse((await keys.run(['provider', 'show', id, '--json'])).stdout);
    expect({ ...shown, can_have: Object.keys(shown.can_have) }).toMatchObject({ can_change, can_have });
    await keys.run(['import', '--provider', id, '--name', 'Web'], { stdin: secret });
    const refused = await keys.run(['update', 'Web', '--provider', id, '--owner', 'ann']);
    expect(refused.stderr).toContain(can_change.join(', ').replace('expires_at', 'expiry'));
  });

  it('has no name in the dashboard where the dashboard names no keys', async () => {
    const keys = await home();
    const pair = ['--provider', 'tylt', '--service', 'shop', '--environment', 'demo', '--name', 'Web'];
    await keys.run(['import', ...pair], { stdin: 'fake-api-key-0001\nfake-secret-key-0001\n' });
    const changed = await keys.run(['update', 'Web', '--provider', 'tylt', '--name', 'Shop', '--json']);
    expect(changed.stderr).not.toContain('dashboard');
    expect(JSON.parse(changed.stdout).metadata).not.toHaveProperty('dashboard_name');
  });
});

describe('a roll, in the order that is safe for the vendor', () => {
  it('Jahuty: the old one works for 12 hours, said as an absolute time', async () => {
    const keys = await home();
    await keys.run(['import', '--provider', 'jahuty', '--name', 'Web'], { stdin: 'fake-jahuty-0001' });
    for (const grace of [
      ['--grace', '1h'],
      ['--now', '--yes'],
    ]) {
      expect((await keys.run(['roll', 'Web', '--provider', 'jahuty', ...grace])).code).toBe(6);
    }
    const rolled = await keys.run(['roll', 'Web', '--provider', 'jahuty'], { stdin: 'fake-jahuty-0002' });
    expect(rolled.code, rolled.stderr).toBe(0);
    expect(rolled.stderr).toMatch(/works until \d{4}-\d\d-\d\dT[\d:]+Z\n/);
    const keysNow = JSON.parse((await keys.run(['list', '--provider', 'jahuty', '--json'])).stdout);
    const [fresh, old] = ['active', 'retiring'].map((status) =>
      keysNow.find((key: { status: string }) => key.status === status),
    );
    expect([fresh.rolled_from, old.rolled_to]).toEqual([old.id, fresh.id]);
    expect(Date.parse(old.expires_at) - Date.parse(fresh.created_at)).toBeGreaterThan(
      12 * 3_600_000 - 60_000,
    );
    expect((await keys.run(['env', 'Web', '--shell', 'sh'])).stdout).toContain('fake-jahuty-0002');
  });

  it('Tylt: a warning and a question first, because the new pair may end the old', async () => {
    const keys = await home();
    const pair = (n: number) => `fake-api-key-000${n}\nfake-secret-key-000${n}\n`;
    const slot = ['--service', 'shop', '--environment', 'production'];
    await keys.run(['import', '--provider', 'tylt', '--name', 'shop', ...slot], { stdin: pair(1) });
    const planned = await keys.run(['roll', 'shop', '--provider', 'tylt', '--dry-run']);
    expect(planned.stdout).toContain('old key ends\twhen its successor is created, at once\n');
    const refused = await keys.run(['roll', 'shop', '--provider', 'tylt'], { stdin: pair(2) });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('may end the pair') });
    const rolled = await keys.run(['roll', 'shop', '--provider', 'tylt', '--yes'], { stdin: pair(2) });
    expect(rolled.code, rolled.stderr).toBe(0);
    expect((await keys.run(['verify', '--provider', 'tylt'], { stdin: pair(1) })).stderr).toContain(
      'superseded',
    );
  });

  it.each(['trust-swiftly', 'swiftsell'])(
    '%s: create, update the integration, delete the old',
    async (id) => {
      const keys = await home();
      const secret = (n: number) => `${id === 'swiftsell' ? 'ss_' : ''}fake_key_of_test_000${n}`;
      await keys.run(['import', '--provider', id, '--name', 'Shop'], { stdin: secret(1) });
      const rolled = await keys.run(['roll', 'Shop', '--provider', id], { stdin: secret(2) });
      expect(rolled.code, rolled.stderr).toBe(0);
      expect(rolled.stderr).toMatch(
        new RegExp(
          `the old key key_\\w+ works on; when nothing uses it any more: keys revoke key_\\w+ --provider ${id}$`,
          'm',
        ),
      );
      const old = /keys revoke (key_\w+)/.exec(rolled.stderr)?.[1] ?? '';
      const ended = await keys.run(['revoke', old, '--provider', id, '--yes']);
      expect(ended.code, ended.stderr).toBe(0);
      expect((await keys.run(['env', 'Shop', '--shell', 'sh'])).stdout).toContain(secret(2));
      const verified = await keys.run(['verify', '--provider', id], { stdin: secret(1) });
      expect(verified).toMatchObject({ code: 7, stderr: expect.stringContaining('revoked') });
    },
  );
});

it('proposes a name of its own for a successor, and says which of the two keys to delete', async () => {
  const keys = await home();
  const of = ['--provider', 'swiftsell'];
  await keys.run(['import', ...of, '--name', 'Shop'], { stdin: 'ss_fake_key_0001' });
  const rolled = await keys.run(['roll', 'Shop', ...of], { stdin: 'ss_fake_key_0002' });
  expect(rolled.code, rolled.stderr).toBe(0);
  expect(rolled.stderr).toMatch(/name it Shop \d{4}-\d\d-\d\d: one key/);
  const old = /keys revoke (key_\w+)/.exec(rolled.stderr)?.[1] ?? '';
  const revoked = await keys.run(['revoke', old, ...of, '--yes']);
  expect(revoked.stderr).toContain('the key to delete is Shop, which ends in …0001');
  expect(revoked.stderr).toMatch(/keep Shop \d{4}-\d\d-\d\d, which ends in …0002/);
  const cut = await keys.run(['roll', 'Shop', ...of], { stdin: 'fake-0003' });
  expect(cut.stderr).toContain("keys import --provider swiftsell --name 'Shop' --successor");
  const again = await keys.run(['roll', 'Shop', ...of, '--now'], { stdin: 'ss_fake_key_0003' });
  expect(again.stderr).toMatch(/name it Shop: one key/);
  // Nobody confirmed that the second key is deleted: it works on. After the roll is dropped, a third one does
  // not say to keep it.
  const refused = await keys.run(['roll', 'Shop', ...of, '--now'], { stdin: 'ss_fake_key_0004' });
  const pending = /keys pending drop (op_\w+)/.exec(refused.stderr)?.[1] ?? '';
  expect((await keys.run(['pending', 'drop', pending, '--yes'])).code, refused.stderr).toBe(0);
  const third = await keys.run(['roll', 'Shop', ...of, '--now'], { stdin: 'ss_fake_key_0004' });
  expect(third.code).toBe(9);
  expect(third.stderr).toMatch(/the key to delete is Shop, which ends in …0003/);
  expect(third.stderr.match(/keep .*/g)).toEqual([expect.stringMatching(/which ends in …0004/)]);
  expect(third.stderr).toMatch(/after this one: Shop .*, which ends in …0002/);
  const listed: Key[] = JSON.parse((await keys.run(['list', ...of, '--json'])).stdout);
  expect(listed.map(({ hint, status }) => `${hint} ${status}`).sort()).toEqual([
    // Its roll was dropped, so it is no longer one that is about to end.
    '0002 active',
    '0003 retiring',
    '0004 active',
  ]);
});

it('proposes a name with one date for the successor of a key that has a date in its name', async () => {
  const keys = await home();
  const of = ['--provider', 'swiftsell'];
  await keys.run(['import', ...of, '--name', 'Shop 2001-02-03 2'], { stdin: 'ss_fake_key_0001' });
  const rolled = await keys.run(['roll', 'Shop 2001-02-03 2', ...of], { stdin: 'ss_fake_key_0002' });
  expect(rolled.code, rolled.stderr).toBe(0);
  expect(rolled.stderr).toMatch(/name it Shop (?!2001)\d{4}-\d\d-\d\d: one key/);
});

it('names one line that finishes a roll whose paste was refused: name, places, and the end of the old key', async () => {
  const keys = await home();
  const of = ['--provider', 'trust-swiftly', '--set', 'sub_domain=one'];
  const [first, second] = [`${keys.home}/a.env`, `${keys.home}/b.env`];
  await keys.run(['import', ...of, '--name', 'Shop', '--to', first], { stdin: 'fake_key_of_test_0001' });
  const set = ['--set', 'sub_domain=one'];
  const cut = await keys.run(['roll', 'Shop', ...of, ...set, '--now', '--to', second], { stdin: 'fa' });
  const line = /whole key: (.*)/.exec(cut.stderr)?.[1] ?? '';
  expect(line.match(/--set/g)).toHaveLength(1);
  const commands = line.split(' && ').map((command) => {
    const words = [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
    return words.slice(1);
  });
  expect(commands.map(([name]) => name)).toEqual(['import', 'revoke']);
  const [imported, revoked] = commands as [string[], string[]];
  const done = await keys.run(imported, { stdin: 'fake_key_of_test_0002' });
  expect(done.code, done.stderr).toBe(0);
  for (const file of [first, second]) expect(await readFile(file, 'utf8')).toContain('fake_key_of_test_0002');
  const ended = await keys.run([...revoked, '--yes']);
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stderr).toMatch(/delete is Shop, which ends in …0001[\s\S]*keep Shop \d{4}-\d\d-\d\d, which/);
  const listed: Key[] = JSON.parse((await keys.run(['list', ...of, '--all', '--json'])).stdout);
  expect(listed.map(({ hint, status }) => `${hint} ${status}`).sort()).toEqual([
    '0001 revoked',
    '0002 active',
  ]);
});

it('Tylt: a new pair needs a service and an environment, and the steps name both', async () => {
  const keys = await home();
  const of = ['--provider', 'tylt', '--name', 'shop', '--yes'];
  const stdin = 'fake-api-key-0001\nfake-secret-key-0001\n';
  const [service, environment] = [
    ['--service', 'shop'],
    ['--environment', 'demo'],
  ] as const;
  for (const [given, needed] of [
    [service, '--environment'],
    [environment, '--service'],
  ] as const) {
    const refused = await keys.run(['create', ...of, ...given], { stdin });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(needed) });
  }
  const created = await keys.run(['create', ...of, ...service, ...environment], { stdin });
  expect([created.code, created.stderr]).toEqual([0, expect.stringContaining('of the demo environment')]);
  expect(created.stderr).toContain('select the service (shop)');
  const sent = await keys.run(['api', 'GET', '/x', '--provider', 'tylt', '--key', 'shop']);
  expect(sent).toMatchObject({ code: 6, stderr: expect.stringContaining('demo') });
});

it('Tylt: an imported pair has a service and an environment: said, or those of the key that it succeeds', async () => {
  const keys = await home();
  const of = ['--provider', 'tylt', '--name', 'shop'];
  const pair = (n: number) => `fake-api-key-000${n}\nfake-secret-key-000${n}\n`;
  const slot = ['--service', 'shop', '--environment', 'demo'];
  for (const given of [[], slot.slice(0, 2), slot.slice(2)]) {
    const refused = await keys.run(['import', ...of, ...given], { stdin: pair(1) });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/--(environment|service)/) });
  }
  const file = `${keys.home}/a b.env`;
  const cut = await keys.run(['create', ...of, ...slot, '--to', file, '--to', 'keychain', '--yes'], {
    stdin: 'fake-api-key-0001\nfake-api-key-0001\n',
  });
  expect(cut.code).toBe(2);
  // The command that the refused paste names imports what the create had asked for.
  const named = /whole key: keys (.*)/.exec(cut.stderr)?.[1] ?? '';
  expect(named).toContain("--name 'shop' --environment demo --service shop --to");
  const words = [...named.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
  expect((await keys.run(words, { stdin: pair(1) })).code).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('fake-api-key-0001');
  const successor = await keys.run(['import', ...of, '--successor', '--json'], { stdin: pair(2) });
  for (const { stdout } of [await keys.run(['show', ...of.slice(0, 2), 'shop', '--json']), successor]) {
    expect(JSON.parse(stdout)).toMatchObject({ environment: 'demo', service: 'shop' });
  }
  expect(successor.stderr).toContain('has ended');
  // Another pair of the service revokes the previous one, whatever its name is.
  const other = ['--provider', 'tylt', '--name', 'shop two', ...slot, '--yes'];
  expect((await keys.run(['create', ...other], { stdin: pair(3) })).code).toBe(0);
  const listed = JSON.parse((await keys.run(['list', ...of.slice(0, 2), '--json'])).stdout);
  expect(listed.map(({ hint, status }: Key) => [hint, status]).sort()).toEqual([
    ['0001', 'expired'],
    ['0002', 'expired'],
    ['0003', 'active'],
  ]);
});

it('Jahuty: a key that was rolled by hand ends 12 hours later, in every record', async () => {
  const keys = await home();
  const of = ['--provider', 'jahuty'];
  const before = await keys.run(['import', ...of, '--name', 'Web', '--json'], { stdin: 'fake-jahuty-0001' });
  const after = await keys.run(['import', ...of, '--name', 'Web', '--successor', '--json'], {
    stdin: 'fake-jahuty-0002',
  });
  expect(after.stderr).toMatch(/works until .* at the latest/);
  const [old, fresh]: Key[] = [before, after].map(({ stdout }) => JSON.parse(stdout));
  const shown = JSON.parse((await keys.run(['show', String(old?.id), ...of, '--json'])).stdout);
  expect(shown).toMatchObject({ status: 'retiring', rolled_to: fresh?.id, next: { event: 'expire' } });
  // Times are shown in whole seconds.
  const rolledAt = Date.parse(fresh?.metadata?.['imported_at'] ?? '') - 999;
  expect(Date.parse(shown.expires_at) - rolledAt).toBeGreaterThanOrEqual(12 * 3_600_000);
  expect(fresh?.rolled_from).toBe(old?.id);
  const later = await keys.run(['list', ...of, '--json'], { aheadMs: 13 * 3_600_000 });
  expect(JSON.parse(later.stdout).find(({ id }: Key) => id === old?.id)).toMatchObject({
    status: 'expired',
    // Times of a list are in whole seconds, as the documented list prints them.
    expires_at: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
  });
});

it('offers a variable of its own for the second of two keys that share the documented one', async () => {
  const keys = await home();
  for (const name of ['Web', 'Shop front']) {
    const order = ['import', '--provider', 'jahuty', '--name', name];
    expect((await keys.run(order, { stdin: `fake-jahuty-${name.length}-0001` })).code).toBe(0);
  }
  const env = await keys.run(['env', 'Web', 'Shop front', '--shell', 'sh']);
  expect(env).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/same variable: JAHUTY_API_KEY[\s\S]*SHOP_FRONT_API_KEY='Shop front'/),
  });
  const run = await keys.run(['run', '--key', 'Web', '--key', 'Shop front', '--', 'true']);
  expect(run.stderr).toContain("--key 'Shop front=SHOP_FRONT_API_KEY'");
  const both = await keys.run(['env', 'Web', 'SHOP_FRONT_API_KEY=Shop front', '--shell', 'sh']);
  expect(both.stdout.match(/^export \w+/gm)).toEqual(['export JAHUTY_API_KEY', 'export SHOP_FRONT_API_KEY']);
});

it('Jahuty: a successor has the lifetime of the old key, in its record and in the steps', async () => {
  const keys = await home();
  const of = ['--provider', 'jahuty'];
  const created = await keys.run(['create', ...of, '--name', 'Web', '--expires', '30d', '--yes', '--json'], {
    stdin: 'fake-jahuty-0001',
  });
  const rolled = await keys.run(['roll', 'Web', ...of, '--json'], { stdin: 'fake-jahuty-0002' });
  expect(rolled.code, rolled.stderr).toBe(0);
  const lifetime = ({ created_at, expires_at }: Key) =>
    Date.parse(expires_at ?? '') - Date.parse(created_at ?? '');
  const days = [created, rolled].map(({ stdout }) => lifetime(JSON.parse(stdout)) / 86_400_000);
  expect(days.map(Math.round)).toEqual([30, 30]);
  expect(rolled.stderr).toMatch(/expiration date \(.*\d{4}-\d\d-\d\dT/);
});

it('Tylt: opens the dashboard of production only, which is the one whose address is known', async () => {
  const keys = await home();
  const made = await keys.run(
    ['create', '--provider', 'tylt', '--name', 'shop', '--service', 'shop', '--environment', 'demo', '--yes'],
    { stdin: 'fake-api-key-0001\nfake-secret-key-0001\n' },
  );
  expect(made.code, made.stderr).toBe(0);
  expect(made.stderr).toContain('the address of the demo dashboard of Tylt is not known');
  expect(made.stderr).not.toContain('app.tylt.money');
});

it('audits an old key that was rolled and not deleted: revoke it, and do not roll it', async () => {
  const keys = await home();
  const of = ['--provider', 'swiftsell'];
  const paste = (letter: string) => ({ stdin: `ss_fake_${letter.repeat(20)}` });
  const old = JSON.parse(
    (await keys.run(['create', ...of, '--name', 'Zap', '--yes', '--json'], paste('a'))).stdout,
  );
  const next = JSON.parse((await keys.run(['roll', 'Zap', ...of, '--json'], paste('b'))).stdout);
  const { findings } = JSON.parse((await keys.run(['audit', ...of, '--json'])).stdout);
  const about = findings.filter(({ key }: { key: Key | null }) => key?.id === old.id);
  expect(about).toEqual([
    expect.objectContaining({
      rule: 'retiring-overdue',
      message: `rolled to ${next.id}, but not deleted yet`,
      fix: expect.stringContaining(`keys revoke ${old.id}`),
    }),
  ]);
  // pending, list and show agree with it, until the key is revoked.
  const pending = await keys.run(['pending', '--json']);
  expect(JSON.parse(pending.stdout)).toMatchObject([
    { id: old.id, kind: 'roll', name: 'Zap', key_id: next.id, step: 'retiring', retires: old.id },
  ]);
  expect(pending.stderr).toContain(`keys revoke ${old.id} --provider swiftsell`);
  const shown = JSON.parse((await keys.run(['show', old.id, ...of, '--json'])).stdout);
  expect([shown.status, shown.next]).toEqual(['retiring', { event: 'revoke', at: null }]);
  const listed: Key[] = JSON.parse((await keys.run(['list', ...of, '--json'])).stdout);
  expect(listed.find(({ id }) => id === old.id)?.status).toBe('retiring');
  const dropped = await keys.run(['pending', 'drop', old.id, '--yes']);
  expect([dropped.code, dropped.stderr]).toEqual([6, expect.stringContaining(`keys revoke ${old.id}`)]);
  expect((await keys.run(['revoke', old.id, ...of, '--yes'])).code).toBe(0);
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
  // A roll by hand leaves an old key in the same way.
  await keys.run(['import', ...of, '--name', 'Zap', '--successor'], paste('c'));
  const left = async (): Promise<Array<{ id: string; since: string }>> =>
    JSON.parse((await keys.run(['pending', '--json'])).stdout);
  const [before] = await left();
  expect(before).toMatchObject({ id: next.id });
  // Another roll does not move the time of this one, and its old key works on after its successor is revoked.
  const later = { ...paste('d'), aheadMs: 60_000 };
  const last = JSON.parse((await keys.run(['roll', 'Zap', ...of, '--json'], later)).stdout);
  expect((await left()).find(({ id }) => id === next.id)?.since).toBe(before?.since);
  expect((await keys.run(['revoke', last.id, ...of, '--yes'])).code).toBe(0);
  const audited = JSON.parse((await keys.run(['audit', ...of, '--json'])).stdout).findings;
  const overdue = audited.filter(({ rule }: { rule: string }) => rule === 'retiring-overdue');
  expect(new Set(overdue.map(({ key }: { key: Key }) => key.id))).toEqual(
    new Set([next.id, last.rolled_from]),
  );
});

it('remembers when it used a key of a dashboard itself, and calls it so', async () => {
  const keys = await home();
  const of = ['--provider', 'jahuty'];
  await keys.run(['import', ...of, '--name', 'Web'], { stdin: 'fake-jahuty-0001' });
  const show = async () => JSON.parse((await keys.run(['show', 'Web', ...of, '--json'])).stdout);
  expect((await show()).last_used_here).toBeNull();
  const run = ['run', '--key', 'Web', '--'];
  expect((await keys.run([...run, `${keys.home}/missing`])).code).toBe(2);
  const nowhere = ['--base-url', `http://127.0.0.1:${await freePort()}`];
  expect((await keys.run(['api', 'GET', '/x', ...of, ...nowhere, '--key', 'Web'])).code).toBe(5);
  // Neither has used anything.
  expect((await show()).last_used_here).toBeNull();
  const other = await keys.run([...run, 'true'], { env: { JAHUTY_API_KEY: 'fake-other-value' } });
  expect([other.code, other.stderr]).toEqual([
    0,
    expect.stringMatching(/JAHUTY_API_KEY had another value .*; --key '?Web=WEB_API_KEY'? leaves/),
  ]);
  const named = await keys.run(['run', '--key', 'Web=OTHER', '--', 'true'], { env: { OTHER: 'fake' } });
  expect(named.stderr).toMatch(/OTHER had another value .* gets the key's instead$/m);
  const { last_used_here, last_used } = await show();
  expect([Date.parse(last_used_here) > 0, last_used]).toEqual([true, undefined]);
  expect((await keys.run(['show', 'Web', ...of])).stdout).toContain(`last used here\t${last_used_here}`);
  const [listed] = JSON.parse((await keys.run(['list', ...of, '--json'])).stdout);
  expect([listed.last_used_here, listed.last_used]).toEqual([last_used_here, undefined]);
  const row = (await keys.run(['list', ...of, '--columns', 'name,last_used,expires_at'])).stdout;
  expect(row).toMatch(/^Web\t.* \(here\)\t/);
  expect(row.split('\t')[1]).toBe(`${last_used_here} (here)`);
  expect((await keys.run(['show', 'Web', ...of])).stdout).toMatch(/^last_used\t\?$/m);
  expect((await keys.run(['list', ...of, '--unused', '0s', '--columns', 'last_used_here'])).stdout).toBe(
    `${last_used_here}\n`,
  );
  const audit = JSON.parse((await keys.run(['audit', ...of, '--unused', '0s', '--json'])).stdout);
  expect(audit.findings).toContainEqual(
    expect.objectContaining({ rule: 'unused', evidence: expect.objectContaining({ last_used_here }) }),
  );
});

it('opens the page with the program of BROWSER, without a terminal and without our credentials', async () => {
  const keys = await home();
  const seen = `${keys.home}/seen`;
  const browser = `${keys.home}/browser`;
  await writeFile(
    browser,
    `#!/bin/sh\necho "$1 $KEYS_LEDGER_KEY" > "${seen}.new" && mv "${seen}.new" "${seen}"\n`,
  );
  await chmod(browser, 0o755);
  const env = {
    BROWSER: `${keys.home}/missing:false:${browser} %s:other`,
    KEYS_LEDGER_KEY: '00112233445566778899aabbccddeeff'.repeat(2),
  };
  const create = ['create', '--provider', 'jahuty', '--name', 'Web', '--yes'];
  const created = await keys.run(create, { stdin: 'fake-jahuty-0001', env });
  expect([created.code, created.stderr]).toEqual([
    0,
    expect.stringContaining('opening https://www.jahuty.com'),
  ]);
  await expect.poll(() => readFile(seen, 'utf8').catch(() => '')).toBe('https://www.jahuty.com \n');
  const nowhere = await keys.run(['create', '--provider', 'jahuty', '--name', 'Nowhere', '--yes'], {
    stdin: 'fake-jahuty-0009',
    env: { BROWSER: `${keys.home}/missing:false` },
  });
  expect(nowhere.stderr).toContain('no browser opened the page');
  expect(nowhere.stderr).toMatch(/^open https:\/\/www\.jahuty\.com$/m);
  for (const [n, flag] of ['--no-browser', '--no-input'].entries()) {
    const other = ['create', '--provider', 'jahuty', '--name', `Web ${n}`, '--yes', flag];
    const without = await keys.run(other, { stdin: `fake-jahuty-000${n + 2}`, env });
    expect(without).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('open https://www.jahuty.com'),
    });
  }
});

it('says the end of a new key in local time with its zone', async () => {
  const keys = await home();
  const create = ['create', '--provider', 'jahuty', '--name', 'Web', '--yes', '--expires'];
  const { stderr } = await keys.run([...create, '2999-01-31'], {
    stdin: 'fake-jahuty-0001',
    env: { TZ: 'America/New_York', LC_ALL: 'en_US.UTF-8' },
  });
  expect(stderr).toMatch(/Jan 31, 2999, 11:59:59.PM EST \(2999-02-01T04:59:59/);
});

it('names the import of the successor where a known key was pasted', async () => {
  const keys = await home();
  const of = ['--provider', 'jahuty'];
  await keys.run(['create', ...of, '--name', 'Web', '--yes'], { stdin: 'fake-jahuty-0001' });
  const rolled = await keys.run(['roll', 'Web', ...of, '--yes'], { stdin: 'fake-jahuty-0001' });
  expect(rolled).toMatchObject({ code: 6, stderr: expect.stringContaining('this key is known already') });
  expect(rolled.stderr).toContain("keys import --provider jahuty --name 'Web' --successor");
});

it('guides to no third key while the old one of a roll is not revoked', async () => {
  const keys = await home();
  const of = ['--provider', 'swiftsell'];
  await keys.run(['create', ...of, '--name', 'Web', '--yes'], { stdin: `ss_fake_${'a'.repeat(20)}` });
  const roll = (n: string) => keys.run(['roll', 'Web', '--now', ...of], { stdin: `ss_fake_${n.repeat(20)}` });
  expect((await roll('b')).code).toBe(9);
  const again = await roll('c');
  expect([again.code, again.stderr]).toEqual([
    6,
    expect.stringMatching(/a roll of Web is pending[\s\S]*keys resume op_\w+ finishes it/),
  ]);
  expect(again.stderr).not.toContain('A new key');
});

it('names every flag that a key of a service needs, with the environments', async () => {
  const keys = await home();
  const of = ['--provider', 'tylt', '--name', 'Web'];
  const create = await keys.run(['create', ...of], { stdin: 'fake-0001\nfake-0002' });
  expect([create.code, create.stderr]).toEqual([
    2,
    expect.stringContaining('--environment (production or demo) and --service are required'),
  ]);
  const blank = await keys.run(['import', ...of, '--environment', 'demo', '--service', '  '], {
    stdin: 'fake-tylt-key-0000001\nfake-tylt-key-0000002',
  });
  expect(blank).toMatchObject({ code: 2, stderr: expect.stringContaining('the service is empty') });
});

describe('a paste that cannot be right', () => {
  it.each([
    ['another prefix', 'swiftsell', 'fake-0001', /begins with ss_/],
    ['the prefix of another provider', 'swiftsell', 'sk_live_fake', /looks like a key of a key service/],
    ['half a pair', 'tylt', 'fake-0001', /two lines/],
    ['the same half twice', 'tylt', 'fake-0001\nfake-0001', /both parts are the same/],
    ['white space', 'jahuty', 'fake 0001', /white space/],
    ['nothing', 'jahuty', '', /no key/],
    ['a fragment', 'trust-swiftly', 'fake', /4 characters is too short/],
    [
      'a key of another system',
      'jahuty',
      `sk_live_${'fake'.repeat(6)}`,
      /is a key of a key service, not of Jahuty/,
    ],
  ])('%s', async (_, id, stdin, message) => {
    const keys = await home();
    const needs = VENDORS.find((vendor) => vendor.id === id)?.needs ?? [];
    const result = await keys.run(['create', '--provider', id, ...needs, '--name', 'Web', '--yes'], {
      stdin,
    });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
    expect(result.stderr).not.toContain('fake-0001');
    expect(result.stderr).toContain(`once you have the whole key: keys import --provider ${id} --name 'Web'`);
    expect(JSON.parse((await keys.run(['list', '--provider', id, '--json'])).stdout)).toEqual([]);
  });
});

it('takes a key of an unusual form if KEYS_ANY_CREDENTIAL says so, at create and import', async () => {
  const keys = await home();
  const of = ['--provider', 'jahuty', '--name'];
  const other = (n: number) => `re_${'fake'.repeat(7)}${n}`;
  const refused = await keys.run(['import', ...of, 'Web'], { stdin: other(1) });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('is a key of Resend') });
  expect(refused.stderr).toContain('KEYS_ANY_CREDENTIAL=1');
  const env = { KEYS_ANY_CREDENTIAL: '1' };
  expect((await keys.run(['import', ...of, 'Web'], { stdin: other(1), env })).code).toBe(0);
  expect((await keys.run(['create', ...of, 'App', '--yes'], { stdin: other(2), env })).code).toBe(0);
});

it('is not begun where its secret would have no place', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const result = await keys.run(['create', '--provider', 'jahuty', '--name', 'Web'], {
    stdin: 'fake-jahuty-0001',
  });
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('--insecure-storage') });
  expect(result.stderr).not.toContain('New API key');
});

it('saves no secret under --no-escrow: the places alone get it, at create and at a roll', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const file = `${keys.home}/.env`;
  const of = ['--provider', 'jahuty', '--no-escrow'];
  const created = await keys.run(['create', ...of, '--name', 'Web', '--to', file], {
    stdin: 'fake-jahuty-0001',
  });
  expect(created.code, created.stderr).toBe(0);
  expect(await readFile(file, 'utf8')).toBe('JAHUTY_API_KEY=fake-jahuty-0001\n');
  expect(
    JSON.parse((await keys.run(['show', 'Web', '--provider', 'jahuty', '--json'])).stdout),
  ).toMatchObject({
    secret_saved: false,
  });
  const rolled = await keys.run(['roll', 'Web', ...of, '--yes'], { stdin: 'fake-jahuty-0002' });
  expect(rolled.code, rolled.stderr).toBe(0);
  expect(await readFile(file, 'utf8')).toBe('JAHUTY_API_KEY=fake-jahuty-0002\n');
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
  const shown = await keys.run(['create', ...of, '--name', 'Other'], { stdin: 'fake-jahuty-0003' });
  expect(shown.stdout, shown.stderr).toContain('fake-jahuty-0003');
});

describe.skipIf(MISSING_PROGRAMS.length > 0)('in a real keychain', () => {
  it('keeps the secret there, and nowhere else', async () => {
    const session = await keyringSession('unlocked');
    const { HOME: _, ...env } = session.env;
    const keys = await keysInProcess(env);
    onTestFinished(() => keys.remove());
    const made = await keys.run(['create', '--provider', 'jahuty', '--name', 'Web'], {
      stdin: 'fake-jahuty-0001',
    });
    expect(made.code, made.stderr).toBe(0);
    expect((await keys.run(['env', 'Web', '--shell', 'sh'])).stdout).toBe(
      "export JAHUTY_API_KEY='fake-jahuty-0001'\n",
    );
    const { execa } = await import('execa');
    const found = await execa(
      'grep',
      ['-rl', 'fake-jahuty-0001', `${keys.home}/.local/share`, `${keys.home}/.config`],
      { reject: false },
    );
    expect(found.stdout).toBe('');
    expect((await keys.run(['revoke', 'Web', '--provider', 'jahuty', '--yes'])).code).toBe(0);
    expect((await keys.run(['env', 'Web'])).code).toBe(3);
  });
});

it('resume names an old key that a person has to revoke, and the command, as pending does', async () => {
  const keys = await home();
  const of = ['--provider', 'trust-swiftly', '--set', 'sub_domain=one'];
  const old: { id: string } = JSON.parse(
    (await keys.run(['create', ...of, '--name', 'Web', '--json'], { stdin: 'fake_key_of_test_0001' })).stdout,
  );
  const rolled = await keys.run(['roll', 'Web', ...of, '--yes'], { stdin: 'fake_key_of_test_0002' });
  expect(rolled.code, rolled.stderr).toBe(0);
  // One --set was given: the command that is offered repeats it once.
  expect(rolled.stderr).toContain(`keys revoke ${old.id} --provider trust-swiftly --set sub_domain=one\n`);
  const command = `keys revoke ${old.id} --provider trust-swiftly`;
  for (const args of [['resume'], ['resume', old.id], ['pending']]) {
    const said = await keys.run(args);
    expect([said.code, said.stderr]).toEqual([0, expect.stringContaining(command)]);
  }
  const { stdout } = await keys.run(['resume', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    operations: [],
    left: [{ key_id: old.id, name: 'Web', provider: 'trust-swiftly', command }],
  });
  const revoked = await keys.run([...command.split(' ').slice(1), '--yes']);
  expect(revoked.code, revoked.stderr).toBe(0);
  expect(await keys.run(['resume'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('Jahuty: steps, record and the proposed import name the same end, in whole seconds', async () => {
  const keys = await home();
  const of = ['--provider', 'jahuty'];
  await keys.run(['create', ...of, '--name', 'Web', '--expires', '2999-01-31', '--yes'], {
    stdin: 'fake-jahuty-0001',
  });
  const cut = await keys.run(['roll', 'Web', ...of, '--yes'], { stdin: 'fa' });
  const [, proposed = ''] = /keys import .* --expires (\S+)/.exec(cut.stderr) ?? [];
  expect(proposed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(cut.stderr).toMatch(/expiration date \(.*\)/);
  expect(cut.stderr).toContain(localTime(Date.parse(proposed)));
  const rolled = await keys.run(['roll', 'Web', ...of, '--json'], { stdin: 'fake-jahuty-0002' });
  expect(rolled.code, rolled.stderr).toBe(0);
  const { expires_at }: Key = JSON.parse(rolled.stdout);
  expect(rolled.stderr).toContain(localTime(Date.parse(expires_at ?? '')));
});
