import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { resend } from '../../providers/fixtures/resend.js';
import { startTestService } from '../../support/key-service-server.js';
import type { KeysProgram } from '../../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { testClient } from '../../support/test-client.js';
import { vendorApi } from '../../support/vendor-api.js';
import { vendorServer, writeVendorProvider } from '../../support/vendor-server.js';

const DAY_MS = 86_400_000;
const LEDGER_KEY = { KEYS_LEDGER_KEY: Buffer.from('a ledger key of tests only, 32 b').toString('base64') };

let keys: KeysInProcess;
let folder: string;
beforeEach(async () => {
  keys = await keysInProcess(LEDGER_KEY);
  folder = join(keys.home, 'app');
  mkdirSync(folder);
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

type Options = NonNullable<Parameters<KeysProgram['run']>[1]>;
const write = (text: string) => writeFileSync(join(folder, 'keys.yaml'), text);
const run = (args: string[], options: Options = {}) =>
  keys.run(args, { cwd: folder, timeoutMs: 120_000, ...options });
const apply = (options: Options = {}) => run(['apply', '--yes'], options);
const value = (file: string, name: string) =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync(join(folder, file), 'utf8'))?.[1];

interface Line {
  readonly action: string;
  readonly account: string;
  readonly key: string;
  readonly why: string;
}
/** The plan as lines such as `create own/web`, and its exit code. */
async function plan(options: Options = {}): Promise<{ code: number; lines: string[]; actions: Line[] }> {
  const { code, stdout } = await run(['plan', '--json'], options);
  const { actions } = JSON.parse(stdout) as { actions: Line[] };
  return { code, actions, lines: actions.map(({ action, account, key }) => `${action} ${account}/${key}`) };
}

/** The second apply does nothing. */
async function expectDone(options: Options = {}): Promise<void> {
  const { code, stderr } = await apply(options);
  expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([0, 'nothing to do']);
  expect(stderr).not.toContain(': done');
}

const own = (entries: string) => `version: 1
defaults: { rotate: 90d, grace: 12h }
accounts:
  own: { provider: keys }
keys:
${entries}`;

it('follows the file from its first key to its last change', async () => {
  write(own('  - { name: web, account: own, scopes: [a:read], to: [web.env#WEB] }\n'));
  expect(await plan()).toMatchObject({ code: 10, lines: ['create own/web'] });
  expect((await apply()).code).toBe(0);
  await expectDone();
  const first = value('web.env', 'WEB');

  write(own('  - { name: web, account: own, scopes: [b:read], to: [web.env#WEB, two.env#WEB] }\n'));
  expect((await plan()).lines).toEqual(['update own/web', 'deliver own/web']);
  expect((await apply()).code).toBe(0);
  await expectDone();
  expect([value('web.env', 'WEB'), value('two.env', 'WEB')]).toEqual([first, first]);

  write(own('  - { name: shop, renamed_from: web, account: own, scopes: [b:read], to: [two.env#WEB] }\n'));
  expect((await plan()).lines).toEqual(['update own/shop', 'forget own/shop']);
  expect((await apply()).code).toBe(0);
  await expectDone();

  const later = { aheadMs: 91 * DAY_MS };
  expect((await plan(later)).lines).toEqual(['roll own/shop']);
  expect((await apply(later)).code).toBe(0);
  await expectDone(later);
  expect(value('two.env', 'WEB')).not.toBe(first);
  expect(value('web.env', 'WEB')).toBe(first);

  write(own('  - { name: shop, account: own, revoked: true }\n'));
  expect((await apply(later)).code).toBe(0);
  await expectDone(later);
  const { stdout } = await run(['list', '--json', '--status', 'active'], later);
  expect(JSON.parse(stdout)).toEqual([]);
});

it('rolls what expires before the next run, and what the vendor cannot change', async () => {
  const server = await vendorServer();
  const path = writeVendorProvider(folder, { keepsMetadata: true });
  expect((await run(['provider', 'add', path])).code).toBe(0);
  const env = { KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url };
  const file = (entry: string) =>
    write(`version: 1
accounts: { v: { provider: vendor, base_url: "${server.url}" } }
keys:
  - ${entry}
`);
  file('{ name: web, account: v, grace: 1s, metadata: { team: a }, to: [web.env#WEB] }');
  expect((await apply({ env })).code).toBe(0);
  await expectDone({ env });
  file('{ name: web, account: v, grace: 1s, metadata: { team: b }, to: [web.env#WEB] }');
  const { actions } = await plan({ env });
  expect(actions).toMatchObject([
    { action: 'roll', why: 'the file has other metadata, which Vendor cannot change' },
  ]);
  const report = join(folder, 'report.json');
  const applied = await run(['apply', '--yes', '--report', report], { env });
  expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining('the old key vk1 works until')]);
  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
    actions: [{ action: 'roll', result: 'done', id: 'vk2', previous: { id: 'vk1', ended_by: 'keys' } }],
    to_do: [],
  });
  expect(server.keys.map(({ metadata }) => metadata['team'])).toEqual(['a', 'b']);
  // The grace is over after a second.
  while ((await plan({ env })).lines.join() !== 'revoke v/web') expect(server.keys[0]?.revoked).toBe(false);
  expect((await apply({ env })).code).toBe(0);
  expect(server.keys.map(({ revoked }) => revoked)).toEqual([true, false]);
  await expectDone({ env });
});

it('touches no key that nobody here created, and says which the file does not name', async () => {
  const server = await vendorServer();
  await run(['provider', 'add', writeVendorProvider(folder, { keepsMetadata: true })]);
  const env = { KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url };
  for (const name of ['web', 'other']) {
    await fetch(`${server.url}/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.admin}` },
      body: JSON.stringify({ name }),
    });
  }
  const file = (more: string) =>
    write(`version: 1
accounts: { v: { provider: vendor, base_url: "${server.url}" } }
keys:
  - { name: web, account: v, to: [web.env#WEB]${more} }
  - { name: job, account: v, to: [job.env#JOB] }
`);
  file('');
  expect((await plan({ env })).lines).toEqual(['conflict v/web', 'create v/job', 'unmanaged v/other']);
  const refused = await apply({ env });
  expect([refused.code, existsSync(join(folder, 'web.env'))]).toEqual([6, false]);
  const again = await run(['apply', '--yes', '--report', join(folder, 'report.md')], { env });
  expect([again.code, again.stderr]).toEqual([6, expect.stringMatching(/^conflict v\/web .*adopt/m)]);
  expect(again.stderr).not.toContain('nothing to do');
  expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('0 not finished, **1 with a conflict**');
  expect(server.keys.map(({ name }) => name)).toEqual(['web', 'other', 'job']);
  file(', adopt: vk1');
  expect((await plan({ env })).lines).toEqual(['adopt v/web', 'unmanaged v/other']);
  expect((await apply({ env })).code).toBe(0);
  expect((await plan({ env })).lines).toEqual(['unmanaged v/other']);
  expect((await apply({ env })).code).toBe(0);
  // Nobody here has seen the secret of web: what stands at a new place may be it.
  writeFileSync(join(folder, 'two.env'), 'WEB=typed\n');
  const edited = (more: string) =>
    write(`version: 1
accounts: { v: { provider: vendor, base_url: "${server.url}" } }
keys: [{ name: web, account: v, to: [web.env#WEB, two.env#WEB]${more} }, { name: job, account: v, to: [job.env#JOB] }]
`);
  edited('');
  expect((await plan({ env })).lines).toEqual(['update v/web', 'unmanaged v/other']);
  expect((await apply({ env })).code).toBe(0);
  edited(', metadata: { team: b }');
  expect((await plan({ env })).lines).toEqual(['roll v/web', 'unmanaged v/other']);
  const held = await apply({ env });
  expect([held.code, held.stderr]).toEqual([
    9,
    expect.stringContaining('holds a value that keys did not write'),
  ]);
  expect([server.keys.length, value('two.env', 'WEB')]).toEqual([3, 'typed']);
  expect((await run(['apply', '--yes', '--replace'], { env })).code).toBe(0);
  expect(value('two.env', 'WEB')).toBe(value('web.env', 'WEB'));
  expect(server.keys.every(({ revoked }) => !revoked)).toBe(true);
});

it('finishes what a failing place and a kill have left', async () => {
  const killed = 'exec:if [ -e ok ]; then cat > got; else touch ok; kill -9 $PPID; fi';
  write(
    own(`  - { name: one, account: own, to: ["exec:test -e fixed && cat > one"] }
  - { name: two, account: own, to: ["${killed}"] }
`),
  );
  const { code } = await keys.start(['apply', '--yes'], { cwd: folder });
  expect(code).not.toBe(0);
  const failed = await apply();
  expect([failed.code, failed.stderr]).toEqual([9, expect.stringContaining('deliver own/one')]);
  expect(existsSync(join(folder, 'got'))).toBe(true);
  writeFileSync(join(folder, 'fixed'), '');
  expect((await plan()).lines).toEqual(['deliver own/one']);
  expect((await apply()).code).toBe(0);
  await expectDone();
  const { stdout } = await run(['list', '--json']);
  expect(JSON.parse(stdout)).toHaveLength(2);
});

it('resumes with the credential of the account, where its variable and its address are given', async () => {
  const server = await vendorServer();
  await run(['provider', 'add', writeVendorProvider(folder, { keepsMetadata: true })]);
  write(
    `version: 1\naccounts:\n  v: { provider: vendor, base_url: "${server.url}" }\nkeys:\n  - { name: web, account: v, to: ["exec:test -e fixed && cat > web"] }\n`,
  );
  const key = { KEYS_API_KEY_V: server.admin };
  const env = { ...key, KEYS_BASE_URL_V: server.url };
  expect((await apply({ env })).code).toBe(9);
  writeFileSync(join(folder, 'fixed'), '');
  for (const missing of [{}, key, { ...key, KEYS_BASE_URL_V: 'https://elsewhere.example' }])
    expect((await run(['resume'], { env: missing })).stderr).toMatch(
      /could not be finished \(the create of web.* at http:\/\/127[^)]*\): no credential for .*; .*keys login/,
    );
  expect((await run(['resume'], { env: {} })).stderr).toContain('hint: log in where it says so');
  expect(existsSync(join(folder, 'web'))).toBe(false);
  expect((await run(['resume'], { env })).code).toBe(0);
  expect(readFileSync(join(folder, 'web'), 'utf8')).toContain(server.keys[0]?.secret);
});

it('does each thing once when two of it run at once', async () => {
  write(own([1, 2, 3, 4].map((n) => `  - { name: k${n}, account: own, to: [all.env#K${n}] }\n`).join('')));
  const codes = (await Promise.all([apply(), apply()])).map(({ code }) => code);
  expect(codes).toEqual([0, 0]);
  await expectDone();
  const { stdout } = await run(['list', '--json']);
  expect(JSON.parse(stdout)).toHaveLength(4);
});

it('works on 30 keys of two accounts, with more than one page', async () => {
  const mail = await vendorApi(resend);
  const entries = Array.from({ length: 30 }, (_, i) =>
    i % 6 === 0
      ? `  - { name: k${i}, account: own, to: [all.env#K${i}] }\n`
      : `  - { name: k${i}, account: mail, scopes: [sending_access], to: [all.env#K${i}] }\n`,
  );
  write(`version: 1
accounts:
  own: { provider: keys }
  mail: { provider: resend, base_url: "${mail.url}" }
keys:
${entries.join('')}`);
  const env = { KEYS_API_KEY_MAIL: resend.credential, KEYS_BASE_URL_MAIL: mail.url };
  const first = await apply({ env });
  expect([first.code, first.stderr.match(/: done$/gm)?.length]).toEqual([0, 30]);
  const posts = () => mail.exchanges.filter(({ method }) => method === 'POST').length;
  expect(posts()).toBe(25);
  // Both lists of the run are of an empty account: that of the plan, and one for all creates.
  expect(mail.exchanges.filter(({ method }) => method === 'GET')).toHaveLength(2);
  await expectDone({ env });
  expect(posts()).toBe(25);
  expect(new Set(Array.from({ length: 30 }, (_, i) => value('all.env', `K${i}`))).size).toBe(30);
});

it('sends no credential to an address that the file alone names, and works on the other accounts', async () => {
  const mail = await vendorApi(resend);
  write(`version: 1
accounts:
  mail: { provider: resend, base_url: "${mail.url}" }
  own: { provider: keys }
keys:
  - { name: web, account: mail, scopes: [sending_access], to: [web.env#WEB] }
  - { name: job, account: own, to: [job.env#JOB] }
`);
  const env = { KEYS_API_KEY_MAIL: resend.credential };
  const planned = await run(['plan'], { env });
  expect([planned.code, planned.stderr]).toEqual([5, expect.stringContaining('mail could not be read')]);
  expect(planned.stderr).toMatch(/ in the accounts that could be read: keys apply$/m);
  expect((await run(['plan', '--only', 'web'], { env: {} })).stderr).toMatch(
    /KEYS_API_KEY_MAIL[\s\S]*nothing to do in the accounts that could be read$/m,
  );
  expect((await apply({ env })).code).toBe(5);
  expect(mail.exchanges).toEqual([]);
  expect(existsSync(join(folder, 'job.env'))).toBe(true);
});

it('says in its report why it did nothing, and a mistake in the defaults once', async () => {
  write(`version: 1
defaults: { rotate: 1h, grace: 2h, every: 1h }
accounts: { own: { provider: keys } }
keys:
  - { name: a, account: own, to: [a.env] }
  - { name: b, account: own, to: [b.env] }
`);
  for (const report of ['report.md', 'report.json']) {
    const failed = await run(['apply', '--yes', '--report', join(folder, report)]);
    expect([failed.code, failed.stderr.match(/rotate is not longer than grace/g)?.length]).toEqual([2, 1]);
  }
  const markdown = readFileSync(join(folder, 'report.md'), 'utf8');
  expect(markdown).toContain('<code>keys.yaml</code>: **failed**: keys.yaml:2:');
  expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({
    file: 'keys.yaml',
    error: { code: 'usage', message: expect.stringContaining('rotate is not longer') },
  });
});

it('does nothing that was not in the plan that was saved', async () => {
  write(own('  - { name: web, account: own, to: [web.env#WEB] }\n'));
  expect((await run(['plan', '--out', 'plan.json'])).code).toBe(10);
  await run(['create', 'web', '--to', 'web.env#WEB']);
  await run(['roll', 'web', '--to', 'other.env#WEB', '--now', '--yes']);
  const skipped = await run(['apply', 'plan.json', '--yes']);
  expect([skipped.code, skipped.stderr]).toEqual([9, expect.stringContaining('was not in the plan')]);
  write(own('  - { name: web, account: own, to: [web.env#WEB, b.env#WEB] }\n'));
  const stale = await run(['apply', 'plan.json', '--yes']);
  expect([stale.code, stale.stderr]).toEqual([
    6,
    expect.stringContaining('has changed since it was planned'),
  ]);
  rmSync(join(folder, 'plan.json'));
});

it('asks before it does anything, and tells mistakes of the file', async () => {
  write(own('  - { name: web, account: own, to: [web.env#WEB] }\n'));
  const asked = await run(['apply']);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  write(
    own(
      '  - { name: web, account: owm, too: [web.env#WEB] }\n  - { nam: job, account: own, to: [a.env#A] }\n',
    ),
  );
  const wrong = await run(['plan']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('keys.yaml:6:32: unknown field too; did you mean to?');
  expect(wrong.stderr).toContain('keys.yaml has 3 mistakes');
  write(
    own('  - { name: web, account: own, environment: moon, to: [a.env#A] }\n').replace(
      'provider: keys',
      'provider: resent',
    ),
  );
  expect((await run(['plan'])).stderr).toContain(
    'keys.yaml:4:20: unknown provider resent; did you mean resend?',
  );
});

it('writes a first file for the keys that there are, after which nothing is to be done', async () => {
  const server = await vendorServer();
  await run(['provider', 'add', writeVendorProvider(folder, { keepsMetadata: true })]);
  for (const name of ['a', 'b'])
    await fetch(`${server.url}/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.admin}` },
      body: JSON.stringify({ name }),
    });
  const vendor = ['--provider', 'vendor', '--base-url', server.url];
  const env = { KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url };
  expect((await run(['adopt', 'v.yaml', '--account', 'v', ...vendor], { env })).code).toBe(0);
  const text = readFileSync(join(folder, 'v.yaml'), 'utf8');
  expect(text).toContain('adopt: vk1');
  expect(text).not.toContain(server.admin);
  expect((await run(['plan', 'v.yaml'], { env })).code).toBe(0);
  expect((await run(['adopt', 'v.yaml', '--account', 'v', ...vendor], { env })).code).toBe(6);

  await run([
    'create',
    'web',
    '--scope',
    'a:read',
    '--rotate',
    '30d',
    '--to',
    'web.env#WEB',
    '--to',
    'keychain',
  ]);
  await run(['create', 'job', '--to', 'exec:cat > job']);
  await run(['create', 'shown', '--raw']);
  expect((await run(['adopt'])).code).toBe(0);
  const own = readFileSync(join(folder, 'keys.yaml'), 'utf8');
  expect(own).toContain('the ledger rolls it after 30d');
  expect(own).toContain('file:web.env#WEB');
  expect((await plan()).lines).toEqual([]);
  expect((await apply()).code).toBe(0);
  writeFileSync(join(folder, 'keys.yaml'), own.replace('to: unknown', 'to: [shown.env#SHOWN]'));
  expect((await plan()).lines).toEqual(['roll keys/shown']);
  expect((await apply()).code).toBe(0);
  await expectDone();
});

it('finds what its vendors cannot do before anything is sent', async () => {
  const mail = await vendorApi(resend);
  const env = { KEYS_API_KEY_MAIL: resend.credential, KEYS_BASE_URL_MAIL: mail.url };
  write(`version: 1
accounts:
  mail: { provider: resend, base_url: "${mail.url}" }
  own: { provider: keys }
keys:
  - { name: a, account: mail, scopes: [everything], to: [a.env#A] }
  - { name: b, account: mail, scopes: [sending_access], expires: 30d, to: [b.env#B] }
  - { name: c, account: own, to: [c.env#C] }
  - { name: d, account: own, to: [c.env#C] }
`);
  const { code, stderr } = await apply({ env });
  expect(code).toBe(2);
  for (const mistake of [
    'keys.yaml:6:40: Resend has no scope everything',
    'keys.yaml:7:66: keys of Resend cannot have an expiry',
    'keys.yaml:9:35: c and d would share a place',
  ])
    expect(stderr).toContain(mistake);
  for (const command of [['plan'], ['schedule', 'github']])
    expect(await run(command, { env })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('keys.yaml:6:40: Resend has no scope everything'),
    });
  expect(mail.exchanges).toEqual([]);
});

it('runs the command after a delivery, and without it the old key works on', async () => {
  const server = await vendorServer();
  await run(['provider', 'add', writeVendorProvider(folder, { keepsMetadata: true })]);
  const env = { KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url };
  const file = (command: string, rotate: string) =>
    write(`version: 1
defaults: { rotate: ${rotate}, grace: 1s, every: 1s }
accounts: { v: { provider: vendor, base_url: "${server.url}" } }
keys: [{ name: web, account: v, to: [{ place: web.env#WEB, then: "${command}" }] }]
`);
  const command = 'test -e ok && env > ran && cat >> ran';
  file(command, '90d');
  const failed = await apply({ env });
  expect([failed.code, failed.stderr]).toEqual([
    9,
    expect.stringContaining(`command ${command} ended with 1`),
  ]);
  writeFileSync(join(folder, 'ok'), '');
  expect((await apply({ env })).code).toBe(0);
  const ran = readFileSync(join(folder, 'ran'), 'utf8');
  expect(ran).toMatch(/^KEYS_NAME=web$/m);
  expect(ran).not.toContain(value('web.env', 'WEB'));
  await expectDone({ env });

  rmSync(join(folder, 'ok'));
  file(command, '2s');
  const later = { env, aheadMs: 5_000 };
  expect((await apply(later)).code).toBe(9);
  expect((await apply({ env, aheadMs: 60_000 })).code).toBe(9);
  expect(server.keys.map(({ revoked }) => revoked)).toEqual([false, false]);
  file('true', '90d');
  expect((await plan({ env })).lines).toEqual(['deliver v/web', 'update v/web']);
});

it('says with each failure what helps, on the screen and in the report', async () => {
  write(own('  - { name: web, account: own, to: ["github:acme/web#WEB"] }\n'));
  const env = { PATH: folder };
  const report = join(folder, 'report.json');
  const { code, stderr } = await run(['apply', '--yes', '--report', report], { env });
  expect([code, stderr]).toEqual([
    9,
    expect.stringContaining(
      'create own/web: failed: gh is not installed; install it: https://cli.github.com\n',
    ),
  ]);
  expect(JSON.parse(readFileSync(report, 'utf8')).to_do).toEqual([
    expect.stringMatching(/; install it: https:\/\/cli\.github\.com$/),
  ]);
  writeFileSync(join(folder, 'used.env'), 'WEB=a-value-of-somebody\n');
  write(own('  - { name: web, account: own, to: ["used.env#WEB"] }\n'));
  const helps =
    /; to: '[^']+#\w+' is a place of its own, and --replace takes this one over; nothing was changed$/m;
  expect((await run(['apply', '--yes', '--report', report])).stderr).toMatch(helps);
  expect(JSON.parse(readFileSync(report, 'utf8')).to_do).toEqual([expect.stringMatching(helps)]);
  write('version: 1\naccounts: { mail: { provider: resend } }\nkeys: []\n');
  const unread = await apply();
  expect([unread.code, unread.stderr]).toEqual([
    5,
    expect.stringMatching(/^keys: hint: no credential for the account mail; set KEYS_API_KEY_MAIL/m),
  ]);
});

it('leaves a dashboard to a person, and says so', async () => {
  write(
    'version: 1\naccounts: { j: { provider: jahuty } }\nkeys: [{ name: web, account: j, to: [a.env#A] }]\n',
  );
  expect(await plan()).toMatchObject({ code: 10, lines: ['by_hand j/web'] });
  const { code, stderr } = await apply();
  expect([code, stderr]).toEqual([9, expect.stringContaining('create it in the dashboard of Jahuty')]);
});

it('says that the file has changed while it ran', async () => {
  write(own('  - { name: web, account: own, to: ["exec:cat > got; echo >> keys.yaml"] }\n'));
  const { code, stderr } = await apply();
  expect([code, stderr]).toEqual([9, expect.stringContaining('has changed while apply ran')]);
  await expectDone();
});

it('runs no command of a file that others can change, even by a link', async () => {
  const open = join(keys.home, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  writeFileSync(join(open, 'keys.yaml'), own('  - { name: web, account: own, to: ["exec:touch ran"] }\n'));
  symlinkSync(join(open, 'keys.yaml'), join(folder, 'keys.yaml'));
  const { code, stderr } = await apply();
  expect([code, stderr]).toEqual([6, expect.stringContaining('others can change')]);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

it('restores what somebody changed at the vendor and what is gone from a place', async () => {
  const { url, managementKey, clock } = await startTestService();
  clock.advance(Date.now() - clock.now());
  const env = { KEYS_API_KEY_OWN: managementKey, KEYS_BASE_URL_OWN: url };
  write(`version: 1
accounts: { own: { provider: keys, base_url: "${url}" } }
keys:
  - { name: web, account: own, scopes: [a:read], to: [web.env#WEB, copy.env#WEB] }
`);
  expect((await apply({ env })).code).toBe(0);
  const secret = value('web.env', 'WEB');
  rmSync(join(folder, 'copy.env'));
  const { service } = testClient(url, managementKey);
  const { keys: there } = await service.list({ name: 'web' });
  await service.update(there[0]?.id ?? '', { scopes: ['b:read'] });
  const ours = async () => (await plan({ env })).lines.filter((line) => !line.startsWith('unmanaged'));
  expect(await ours()).toEqual(['drift own/web', 'deliver own/web']);
  expect((await apply({ env })).code).toBe(0);
  await expectDone({ env });
  expect(value('copy.env', 'WEB')).toBe(secret);
  writeFileSync(join(folder, 'copy.env'), 'WEB=typed\n');
  expect(await ours()).toEqual(['drift own/web']);
  expect((await apply({ env })).code).toBe(0);
  expect(value('copy.env', 'WEB')).toBe('typed');
});

it('delivers to a new place before it leaves the old one, which alone has the secret', async () => {
  const at = (place: string) => own(`  - { name: web, account: own, to: ["${place}"] }\n`);
  write(at('.env#WEB'));
  expect((await apply()).code).toBe(0);
  const secret = value('.env', 'WEB');
  write(at('moved.env#WEB'));
  const { lines } = await plan();
  expect(lines).toEqual(['deliver own/web', 'forget own/web']);
  const moved = await apply();
  expect(moved.code, moved.stderr).toBe(0);
  expect(value('moved.env', 'WEB')).toBe(secret);
  await expectDone();
});

it('leaves a key its place where the new one holds the secret of another key', async () => {
  const both = (web: string, mail: string) =>
    own(
      `  - { name: web, account: own, to: ["${web}"] }\n  - { name: mail, account: own, to: ["${mail}"] }\n`,
    );
  write(both('.env#WEB', '.env#MAIL'));
  expect((await apply()).code).toBe(0);
  write(both('other.env#WEB', '.env#WEB'));
  expect((await apply()).code).toBe(9);
  const { stdout } = await run(['show', 'mail', '--json']);
  expect(JSON.parse(stdout).delivered_to).toEqual([expect.stringMatching(/\.env#MAIL$/)]);
  const replaced = await run(['apply', '--yes', '--replace']);
  expect(replaced.code, replaced.stderr).toBe(0);
  await expectDone();
});

it('delivers to no place that has left the file while a roll waited for it', async () => {
  const broken = `exec:touch '${join(folder, 'ran')}'; exit 3`;
  const at = (...places: string[]) => own(`  - { name: web, account: own, to: ${JSON.stringify(places)} }\n`);
  write(at('.env#WEB'));
  expect((await apply()).code).toBe(0);
  write(at('.env#WEB', broken));
  await run(['roll', 'web', '--yes', '--to', broken]);
  rmSync(join(folder, 'ran'), { force: true });
  write(at('.env#WEB'));
  expect((await plan()).lines).toEqual(['forget own/web', 'deliver own/web']);
  const { code, stderr } = await apply();
  expect(code, stderr).toBe(0);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
  await expectDone();
});

it('delivers to the account of the first delivery, and to no other that is logged in later', async () => {
  const shelf = join(keys.home, 'shelf');
  mkdirSync(shelf);
  const account = (name: string) => writeFileSync(join(shelf, 'account'), name);
  const kind = join(keys.home, 'shelf.mjs');
  writeFileSync(
    kind,
    `import { place } from 'keys';
export default place({
  id: 'shelf', title: 'a shelf', target: '{app}', program: 'sh', install: 'https://shelf.example',
  account: { args: () => ['-c', 'cat ${shelf}/account'], name: (printed) => printed.trim() },
  probe: () => ['-c', 'true'],
  deliver: ({ app }) => ['-c', 'cat > ${shelf}/$(cat ${shelf}/account)-' + app],
});
`,
    { mode: 0o600 },
  );
  expect((await run(['places', 'kinds', 'add', kind])).code).toBe(0);
  write(own('  - { name: web, account: own, to: ["shelf:web#WEB", web.env#WEB] }\n'));
  account('anna');
  expect((await apply()).code).toBe(0);
  const first = readFileSync(join(shelf, 'anna-web'), 'utf8');
  account('bob');
  await expectDone();
  const later = { aheadMs: 91 * DAY_MS };
  const refused = /shelf:web#WEB is of account anna, and this is bob.*log in with sh to the right one/s;
  expect((await run(['plan'], later)).stderr).toMatch(refused);
  const applied = await apply(later);
  expect([applied.code, applied.stderr]).toEqual([9, expect.stringMatching(refused)]);
  expect([existsSync(join(shelf, 'bob-web')), value('web.env', 'WEB')]).toEqual([false, first]);
  account('anna');
  expect((await apply(later)).code).toBe(0);
  await expectDone(later);
  expect(readFileSync(join(shelf, 'anna-web'), 'utf8')).toBe(value('web.env', 'WEB'));
  expect(value('web.env', 'WEB')).not.toBe(first);
  // It has moved for good: the place is removed, and added again.
  account('bob');
  expect((await run(['places', 'remove', 'web', 'shelf:web#WEB'], later)).code).toBe(0);
  expect((await apply(later)).code).toBe(0);
  expect(readFileSync(join(shelf, 'bob-web'), 'utf8')).toBe(value('web.env', 'WEB'));
});

it('names the plan where a dry run is asked for', async () => {
  const asked = await run(['apply', '--dry-run']);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('did you mean keys plan?')]);
});

it('sees a change of an env file at once, although it is parsed once for all of its variables', async () => {
  write(
    own(
      '  - { name: web, account: own, to: [all.env#WEB] }\n  - { name: job, account: own, to: [all.env#JOB] }\n',
    ),
  );
  expect((await apply()).code).toBe(0);
  await expectDone();
  const secret = value('all.env', 'WEB') ?? '';
  const text = readFileSync(join(folder, 'all.env'), 'utf8');
  writeFileSync(join(folder, 'all.env'), text.replace(secret, `${secret.slice(0, -4)}xxxx`));
  expect((await plan()).lines).toEqual(['drift own/web']);
  writeFileSync(join(folder, 'all.env'), text);
  expect((await plan()).lines).toEqual([]);
});
