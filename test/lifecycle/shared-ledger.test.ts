import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';
import { HOUR } from '../support/settable-clock.js';
import { type VendorServer, vendorServer, writeVendorProvider } from '../support/vendor-server.js';

const { own: server } = await testPostgres({ onTestClock: true });

/** Longest that the test may take, with some twenty starts of the program on a busy machine. */
const MOST_MS = 300_000;

interface Team {
  readonly vendor: VendorServer;
  readonly password: string;
  readonly desk: KeysProgram;
  readonly laptop: KeysProgram;
}

/** Two homes on one ledger, each logged in to the same vendor under a profile name of its own. */
async function team(address: string): Promise<Team> {
  const vendor = await vendorServer();
  const url = new URL(address);
  const { password } = url;
  url.password = '';
  const env = {
    KEYS_LEDGER_URL: url.href,
    PGPASSWORD: password,
    KEYS_LEDGER_KEY: randomBytes(32).toString('base64'),
  };
  const machine = async (name: string) => {
    const keys = await keysInProcess({ ...env, KEYS_MACHINE: name });
    onTestFinished(() => keys.remove());
    await keys.run(['config', 'set', 'storage', 'file']);
    await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
    const service = ['--provider', 'vendor', '--base-url', vendor.url, '--profile', `of-${name}`];
    const login = await keys.run(['login', ...service, '--with-token', '--insecure-storage'], {
      stdin: vendor.admin,
    });
    expect([login.code, login.stderr]).toEqual([0, expect.any(String)]);
    await keys.run(['profile', 'use', `of-${name}`]);
    return keys;
  };
  return { vendor, password, desk: await machine('desk'), laptop: await machine('laptop') };
}

const valueAt = ({ home }: KeysProgram, name: string) =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync(join(home, '.env'), 'utf8'))?.[1];

/** One machine rolls the key of the other, whose place waits until its machine resumes. */
async function rollElsewhere({ vendor, desk, laptop }: Team): Promise<void> {
  const created = await desk.run(['create', 'web', '--to', `${desk.home}/.env#WEB`]);
  expect([created.code, created.stderr]).toEqual([0, expect.any(String)]);
  const roll = ['roll', 'web', '--now', '--yes', '--to', `${laptop.home}/.env#WEB`];
  const refused = await laptop.run(roll);
  const misnamed = await laptop.run([...roll, '--skip', 'attic']);
  expect([refused.code, misnamed.code, vendor.keys.length]).toEqual([6, 2, 1]);
  const [, on = ''] = /only (\S+@desk) can deliver to file:/.exec(refused.stderr) ?? [];
  expect(refused.stderr).toContain(`--skip ${on}`);
  const old = valueAt(desk, 'WEB');
  const rolled = await laptop.run([...roll, '--skip', on]);
  expect([rolled.code, rolled.stderr]).toEqual([9, expect.stringContaining('still pending')]);
  const [first, second] = vendor.keys;
  expect([first?.revoked, valueAt(desk, 'WEB'), valueAt(laptop, 'WEB')]).toEqual([
    false,
    old,
    second?.secret,
  ]);
  expect((await laptop.run(['resume'])).code).toBe(9);
  const resumed = await desk.run(['resume']);
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('finished roll of web')]);
  expect([first?.revoked, valueAt(desk, 'WEB')]).toEqual([true, second?.secret]);
  expect(JSON.parse((await laptop.run(['pending', '--json'])).stdout)).toEqual([]);
}

/** apply on one machine leaves the place of the other to it, where --skip says so. */
async function applyElsewhere({ vendor, desk, laptop }: Team): Promise<void> {
  const file = join(laptop.home, 'keys.yaml');
  const account = `{ provider: vendor, base_url: "${vendor.url}" }`;
  const key = `{ name: web, account: of-laptop, rotate: 1d, grace: 1h, to: ["${laptop.home}/.env#WEB"] }`;
  writeFileSync(file, `version: 1\naccounts:\n  of-laptop: ${account}\nkeys:\n  - ${key}\n`);
  const before = vendor.keys.length;
  const apply = (...skip: string[]) => laptop.run(['apply', file, '--yes', ...skip], { aheadMs: 48 * HOUR });
  const refused = await apply();
  const misnamed = await apply('--skip', 'attic');
  expect([misnamed.code, vendor.keys.length], misnamed.stderr).toEqual([2, before]);
  const [, on = ''] = /only (\S+@desk) can deliver to file:/.exec(refused.stderr) ?? [];
  expect(on, refused.stderr).not.toBe('');
  const applied = await apply('--skip', on);
  expect([applied.code, vendor.keys.length], applied.stderr).toEqual([9, before + 1]);
  expect(valueAt(laptop, 'WEB')).toBe(vendor.keys.at(-1)?.secret);
  expect((await desk.run(['resume'])).stderr).toContain('web');
  expect(valueAt(desk, 'WEB')).toBe(vendor.keys.at(-1)?.secret);
}

/**
 * The line of a job on two machines, each time twice: each rolls its own key once, and the second run rolls
 * nothing.
 */
async function dueOnBoth({ vendor, desk, laptop }: Team): Promise<void> {
  const before = vendor.keys.length;
  for (const [machine, name] of [[desk, 'desks'] as const, [laptop, 'laptops'] as const]) {
    const made = await machine.run([
      ...['create', name, '--rotate', '1d', '--grace', '1h', '--to', `${machine.home}/.env#DUE`],
    ]);
    expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);
  }
  const created = new Date(Date.now() - 48 * HOUR).toISOString();
  for (const key of vendor.keys.slice(before)) Object.assign(key, { created });
  for (const [machine, code, rolled] of [
    ...([[laptop, 6, 1] as const, [laptop, 6, 0] as const] as const),
    ...([[desk, 0, 1] as const, [desk, 0, 0] as const, [laptop, 0, 0] as const] as const),
  ]) {
    const due = await machine.run(['roll', '--due', '--yes']);
    expect([due.code, due.stdout.match(/^rolled\t/gm)?.length ?? 0], due.stderr).toEqual([code, rolled]);
  }
  expect(vendor.keys).toHaveLength(before + 4);
  const newest = vendor.keys.slice(-2).map(({ secret }) => secret);
  expect([valueAt(laptop, 'DUE'), valueAt(desk, 'DUE')]).toEqual(newest);
}

/** Pending secrets stay sealed when the ledger moves back: the command says what opens them. */
async function movesBack({ desk }: Team): Promise<void> {
  const isRepaired = join(desk.home, 'repaired');
  const sink = join(desk.home, 'sink');
  const to = `exec:test -e '${isRepaired}' && cat > '${sink}'`;
  expect((await desk.run(['create', 'sealed', '--to', to])).code).toBe(9);
  const moved = await desk.run(['ledger', 'move', 'sqlite']);
  expect([moved.code, moved.stderr]).toEqual([
    0,
    expect.stringContaining('keep KEYS_LEDGER_KEY until keys resume has ended with 0'),
  ]);
  writeFileSync(isRepaired, '');
  const here = { KEYS_LEDGER_URL: '' };
  const without = await desk.run(['resume'], { env: { ...here, KEYS_LEDGER_KEY: '' } });
  expect([without.code, without.stderr]).toEqual([9, expect.stringContaining('set KEYS_LEDGER_KEY')]);
  const resumed = await desk.run(['resume'], { env: here });
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('finished create of sealed')]);
  expect(readFileSync(sink, 'utf8')).not.toBe('');
}

/** One clear error each: no key, another key, a password in the settings. */
async function refusals({ desk }: Team): Promise<void> {
  const withoutKey = await desk.run(['pending'], { env: { KEYS_LEDGER_KEY: '' } });
  expect([withoutKey.code, withoutKey.stderr]).toEqual([
    2,
    expect.stringContaining('a shared ledger needs KEYS_LEDGER_KEY'),
  ]);
  const otherKey = await desk.run(['pending'], { env: { KEYS_LEDGER_KEY: randomBytes(32).toString('hex') } });
  expect([otherKey.code, otherKey.stderr]).toEqual([
    6,
    expect.stringMatching(/is not the key of the ledger at postgres:[\s\S]*created this ledger at/),
  ]);
  const withPassword = await desk.run(['config', 'set', 'ledger', 'postgres://keys:fake-pass@db.example/x']);
  expect([withPassword.code, withPassword.stderr]).toEqual([2, expect.not.stringContaining('fake-pass')]);
}

/** A machine two hours ahead of the database: the new secret is delivered, and the old key lives on. */
async function farOffClock({ vendor, laptop, password }: Team): Promise<void> {
  await laptop.run(['create', 'late', '--to', `${laptop.home}/.env#LATE`]);
  const late = await laptop.run(['roll', 'late', '--grace', '1h', '--yes'], { aheadMs: 2 * HOUR });
  expect([late.code, late.stderr]).toEqual([9, expect.stringContaining('120 minutes')]);
  expect(late.stderr).toContain('the grace of the old key');
  const ofLate = vendor.keys.filter(({ name }) => name === 'late');
  expect(ofLate.map(({ revoked }) => revoked)).toEqual([false, false]);
  expect((await laptop.run(['resume'])).code).toBe(0);
  const shown = await laptop.run(['ledger', 'show', '--json']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ keys: 2, unfinished: 1 });
  expect(shown.stdout).not.toContain(password);
}

it.skipIf(server === null)(
  'two machines on one ledger roll each other’s keys, and refuse what would lose one',
  async () => {
    const machines = await team((await server?.freshAddress()) ?? '');
    await rollElsewhere(machines);
    await refusals(machines);
    await farOffClock(machines);
    await applyElsewhere(machines);
    await dueOnBoth(machines);
    await movesBack(machines);
  },
  MOST_MS,
);
