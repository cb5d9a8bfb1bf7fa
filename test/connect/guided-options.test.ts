import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommand } from '../../src/cli/commands/create.js';
import { rollCommand } from '../../src/cli/commands/roll.js';
import type { Key } from '../../src/domain/key.js';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';

/** A line of a dashboard's steps: nothing is refused after it. */
const STEP = /Settings → API/;

type System = 'jahuty' | 'swiftsell' | 'tylt';

const SLOT = ['--service', 'shop', '--environment', 'demo'];
const slotOf = (system: System) => (system === 'tylt' ? SLOT : []);

let turn = 0;
/** A key as it would be pasted, another one each time: obviously fake. */
function paste(system: System): string {
  turn += 1;
  const text = `fake_key_of_test_${String(turn).padStart(4, '0')}`;
  return { jahuty: text, swiftsell: `ss_${text}`, tylt: `${text}_api\n${text}_secret` }[system];
}

let keys: KeysInProcess;
beforeAll(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  for (const system of ['jahuty', 'swiftsell', 'tylt'] as const) {
    const made = await keys.run(['create', 'Old', '--provider', system, ...slotOf(system), '--yes'], {
      stdin: paste(system),
    });
    expect(made.code, made.stderr).toBe(0);
  }
});
afterAll(() => keys.remove());

interface Row {
  readonly system: System;
  readonly args: readonly string[];
}
const row = (system: System, ...args: string[]): Row => ({ system, args });
const refused = (system: System, reason: RegExp, ...args: string[]) => ({ ...row(system, ...args), reason });

const CREATE_REFUSED = [
  refused('swiftsell', /has no public keys/, '--type', 'public'),
  refused('swiftsell', /has no environment test/, '--environment', 'test'),
  refused('jahuty', /cannot have an owner/, '--owner', 'me'),
  refused('swiftsell', /cannot have an expiry/, '--expires', '30d'),
  refused('tylt', /cannot have an expiry/, '--expires', '30d'),
  refused('swiftsell', /ends no key by itself after a grace/, '--grace', '1h'),
  refused('tylt', /has no grace/, '--grace', '1h'),
  refused('jahuty', /works for 12 hours, no more and no less/, '--grace', '1h'),
  refused('jahuty', /cannot have scopes/, '--scope', 'read'),
  refused('jahuty', /restrictions to addresses/, '--allow-ip', '10.0.0.1'),
  refused('jahuty', /restrictions to referrers/, '--allow-referrer', 'https://shop.test'),
  refused('jahuty', /restrictions to endpoints/, '--allow-endpoint', 'GET /v1/x'),
  refused('jahuty', /cannot have limits/, '--rate', '5/min'),
  refused('jahuty', /cannot have limits/, '--quota', '5/day'),
  refused('jahuty', /cannot have limits/, '--uses', '5'),
] as const;

const ROLL_REFUSED = [
  refused('swiftsell', /leave out --grace/, '--grace', '1h'),
  refused('tylt', /has no grace/, '--grace', '1h'),
  refused('jahuty', /works for 12 hours, no more and no less/, '--grace', '1h'),
  refused('jahuty', /works for 12 hours, no more and no less/, '--until', '2999-01-31'),
  refused('jahuty', /works for 12 hours, no more and no less/, '--now'),
  refused('tylt', /leave out --revoke-first/, '--revoke-first'),
  refused('swiftsell', /no roll of its own/, '--in-place'),
  refused('swiftsell', /cannot have an expiry/, '--expires', '30d'),
  refused('tylt', /cannot have an expiry/, '--expires', '30d'),
  refused('jahuty', /cannot have scopes/, '--scope', 'read'),
  refused('swiftsell', /cannot have scopes/, '--scope', 'read'),
  refused('jahuty', /does not tell when a key was last used/, '--watch', '1s'),
  refused('swiftsell', /exclude each other/, '--watch', '1s', '--now'),
  refused('swiftsell', /exclude each other/, '--watch', '1s', '--revoke-first'),
  refused('jahuty', /exclude each other/, '--in-place', '--revoke-first'),
  refused('swiftsell', /--abort takes no other option/, '--abort', '--dry-run'),
  refused('swiftsell', /nothing is pending/, '--abort'),
] as const;

describe('an option that a dashboard cannot follow is refused before anything is done', () => {
  const line = ({ system, args }: Row) => `${system} ${args.join(' ')}`;
  const run = async (command: 'create' | 'roll', { system, args }: Row, more: readonly string[] = []) => {
    const named = command === 'create' ? ['New', ...slotOf(system)] : ['Old'];
    // A choice of an environment stands for that of the slot.
    const said = [command, ...named, '--provider', system, ...args, '--yes', ...more];
    return await keys.run(said, { stdin: paste(system) });
  };

  it.each(CREATE_REFUSED.map((one) => [line(one), one] as const))('create: %s', async (_, one) => {
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await run('create', one, more);
      expect([code === 0, stderr]).toEqual([false, expect.stringMatching(one.reason)]);
      expect(stderr).not.toMatch(STEP);
    }
  });

  it.each(ROLL_REFUSED.map((one) => [line(one), one] as const))('roll: %s', async (_, one) => {
    const { code, stderr } = await run('roll', one);
    expect([code === 0, stderr]).toEqual([false, expect.stringMatching(one.reason)]);
    expect(stderr).not.toMatch(STEP);
  });
});

describe('an option that a dashboard can follow is in the steps, the record, the ledger or the places', () => {
  const done = async (
    command: 'create' | 'roll',
    name: string,
    system: System,
    ...args: string[]
  ): Promise<{ readonly stdout: string; readonly stderr: string; readonly pasted: string }> => {
    const pasted = paste(system);
    const { code, stdout, stderr } = await keys.run([command, name, '--provider', system, ...args, '--yes'], {
      stdin: pasted,
    });
    expect([code, stderr]).toEqual([0, expect.stringMatching(STEP)]);
    return { stdout, stderr, pasted };
  };
  const show = async (name: string, system: System) =>
    JSON.parse((await keys.run(['show', name, '--provider', system, '--json'])).stdout);
  const lifetime = ({ created_at, expires_at }: Key) =>
    Math.round((Date.parse(expires_at ?? '') - Date.parse(created_at ?? '')) / 86_400_000);

  it('create: --type, --expires and --rotate', async () => {
    const { stderr } = await done(
      'create',
      'Typed',
      'jahuty',
      ...['--type', 'public', '--expires', '30d', '--rotate', '10d', '--grace', '12h'],
    );
    expect(stderr).toMatch(/choose public; an expiration date if it should end \(.*\d{4}-/);
    const key = await show('Typed', 'jahuty');
    expect([key.type, lifetime(key), key.next.event]).toEqual(['public', 30, 'roll']);
    expect(key.roll_by).toBe(key.next.at);
    expect(Date.parse(key.roll_by) - Date.parse(key.created_at)).toBe(10 * 86_400_000);
  });

  it('create: --environment, --service and --metadata', async () => {
    const { stderr } = await done('create', 'Slot', 'tylt', ...SLOT, '--metadata', 'team=web');
    expect(stderr).toContain('select the service (shop)');
    expect(await show('Slot', 'tylt')).toMatchObject({
      ...{ environment: 'demo', service: 'shop', metadata: { team: 'web' } },
    });
  });

  it('create and roll: --to, --replace, --env, --shell, --raw and --dry-run', async () => {
    const file = `${keys.home}/options.env`;
    await writeFile(file, 'SWIFTSELL_API_KEY=other\n');
    const taken = await keys.run(['create', 'Put', '--provider', 'swiftsell', '--to', file, '--yes'], {
      stdin: paste('swiftsell'),
    });
    expect([taken.code, taken.stderr]).toEqual([6, expect.stringContaining('--replace')]);
    expect(taken.stderr).not.toMatch(STEP);
    const put = await done(
      'create',
      'Put',
      'swiftsell',
      '--to',
      file,
      '--replace',
      '--env',
      '--shell',
      'fish',
    );
    expect(await readFile(file, 'utf8')).toContain(put.pasted);
    expect(put.stdout).toMatch(/^set -gx SWIFTSELL_API_KEY/);
    const raw = await done('roll', 'Put', 'swiftsell', '--raw');
    expect([raw.stdout, await readFile(file, 'utf8')]).toEqual([
      `${raw.pasted}\n`,
      expect.stringContaining(raw.pasted),
    ]);
    const plan = await keys.run(['roll', 'Put', '--provider', 'swiftsell', '--dry-run']);
    expect([plan.code, plan.stderr]).toEqual([0, '']);
  });

  it('create and roll: --no-escrow, where the secret is shown and not saved', async () => {
    for (const command of ['create', 'roll'] as const) {
      const { stdout, pasted } = await done(command, 'Unsaved', 'swiftsell', '--no-escrow', '--raw');
      expect(stdout).toBe(`${pasted}\n`);
      expect((await show('Unsaved', 'swiftsell')).secret_saved).toBe(false);
    }
  });

  it('revoke of an old key whose successor has not reached its place: a warning names the roll', async () => {
    await done('create', 'Held', 'swiftsell');
    const old = (await show('Held', 'swiftsell')).id;
    const order = ['roll', 'Held', '--provider', 'swiftsell', '--to', 'exec:exit 3', '--yes'];
    expect((await keys.run(order, { stdin: paste('swiftsell') })).code).toBe(9);
    const [pending] = JSON.parse((await keys.run(['pending', '--json'])).stdout);
    const revoke = ['revoke', old, '--provider', 'swiftsell'];
    for (const more of ['--dry-run', '--yes']) {
      const { code, stderr } = await keys.run([...revoke, more]);
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(
          /new key key_\w+ of Held has not reached exec:exit 3: keys resume op_\w+ delivers it/,
        ),
      ]);
    }
    expect((await keys.run(['pending', 'drop', pending.id, '--yes'])).code).toBe(0);
  });

  it('an old key whose successor has not reached its place: retiring in list, and its roll is pending in audit', async () => {
    await done('create', 'Waits', 'swiftsell');
    const old = (await show('Waits', 'swiftsell')).id;
    const order = ['roll', 'Waits', '--provider', 'swiftsell', '--to', 'exec:exit 3', '--yes'];
    expect((await keys.run(order, { stdin: paste('swiftsell') })).code).toBe(9);
    const [pending] = JSON.parse((await keys.run(['pending', '--json'])).stdout);
    const listed = JSON.parse((await keys.run(['list', '--provider', 'swiftsell', '--json'])).stdout);
    expect(listed.find(({ id }: Key) => id === old)).toMatchObject({
      status: 'retiring',
      next: { event: 'deliver' },
    });
    const retiring = ['list', '--provider', 'swiftsell', '--status', 'retiring', '--json'];
    expect(JSON.parse((await keys.run(retiring)).stdout).map(({ id }: Key) => id)).toContain(old);
    const audit = await keys.run(['audit', '--provider', 'swiftsell', '--json'], {
      aheadMs: 91 * 86_400_000,
    });
    const findings = JSON.parse(audit.stdout).findings.filter(
      ({ key }: { key: Key | null }) => key?.id === old,
    );
    expect(findings).toMatchObject([
      {
        rule: 'retiring-overdue',
        message: expect.stringMatching(/its roll is pending: key_\w+ has not reached exec:exit 3/),
        fix: `keys resume ${pending.id}`,
      },
    ]);
    expect((await keys.run(['pending', 'drop', pending.id, '--yes'])).code).toBe(0);
  });

  it.each(['jahuty', 'swiftsell'] as const)('roll of an imported key: %s', async (system) => {
    const order = ['import', '--provider', system, '--name', 'Taken', '--json'];
    const { stdout } = await keys.run(order, { stdin: paste(system) });
    expect(JSON.parse(stdout).metadata).toEqual({ imported_at: expect.any(String) });
    await done('roll', 'Taken', system);
    // The successor was pasted new.
    const fresh = await show('Taken', system);
    expect([fresh.metadata.imported_at, typeof fresh.created_at]).toEqual([undefined, 'string']);
  });

  it('create: --insecure-storage, where there is no keychain', async () => {
    const bare = await keysInProcess();
    const order = ['create', 'Bare', '--provider', 'swiftsell', '--yes'];
    expect((await bare.run([...order, '--insecure-storage'], { stdin: paste('swiftsell') })).code).toBe(0);
    await bare.remove();
  });

  it('roll: --expires, in the steps and in the record; its successor has the same lifetime', async () => {
    await done('create', 'Ends', 'jahuty');
    const { stderr } = await done('roll', 'Ends', 'jahuty', '--expires', '20d');
    expect(stderr).toMatch(/asks for an expiration date \(.*\d{4}-\d\d-\d\dT/);
    expect(lifetime(await show('Ends', 'jahuty'))).toBe(20);
    await done('roll', 'Ends', 'jahuty');
    expect(lifetime(await show('Ends', 'jahuty'))).toBe(20);
    const never = await done('roll', 'Ends', 'jahuty', '--expires', 'never', '--in-place', '--grace', '12h');
    expect(never.stderr).toContain('(none was asked for)');
    expect((await show('Ends', 'jahuty')).expires_at).toBeNull();
  });

  it('roll --revoke-first: revokes the old key, and resume asks again for a new one that cannot be right', async () => {
    const file = `${keys.home}/resumed.env`;
    await done('create', 'Cut', 'swiftsell', '--to', file);
    const cut = await keys.run(['roll', 'Cut', '--provider', 'swiftsell', '--revoke-first', '--yes'], {
      stdin: 'ss',
    });
    expect([cut.code, cut.stderr]).toEqual([
      9,
      expect.stringMatching(/The end of Cut[\s\S]*A new key of[\s\S]*keys resume/),
    ]);
    // The home is of the whole file: other keys may have something pending.
    const ofCut = async () =>
      JSON.parse((await keys.run(['pending', '--json'])).stdout).filter(({ name }: Key) => name === 'Cut');
    expect(await ofCut()).toMatchObject([{ kind: 'roll', step: 'intended' }]);
    const pasted = paste('swiftsell');
    const resumed = await keys.run(['resume'], { stdin: pasted });
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('finished roll of Cut')]);
    expect(await readFile(file, 'utf8')).toContain(pasted);
    const all = JSON.parse(
      (await keys.run(['list', ...['--provider', 'swiftsell'], '--all', '--json'])).stdout,
    );
    const versions = all.filter(({ name }: Key) => name === 'Cut');
    expect(versions.map(({ status }: Key) => status)).toEqual(['active', 'revoked']);
    expect(await ofCut()).toEqual([]);
  });

  it('revoke after a roll of a pair: asks once, and names the pair by its end', async () => {
    const of = ['Pair', '--provider', 'tylt', '--yes'];
    const pair = (end: string) => ({ stdin: `fake_pair_api_key_${end}\nfake_pair_secret_${end}` });
    const [before, after] = ['aaaa', 'bbbb'];
    const slot = ['--service', 'pair', '--environment', 'demo'];
    expect((await keys.run(['create', ...of, ...slot], pair(before))).code).toBe(0);
    expect((await keys.run(['roll', ...of, '--now'], pair(after))).code).toBe(0);
    const revoked = await keys.run(['revoke', 'Pair', '--provider', 'tylt', '--yes']);
    expect(revoked.code, revoked.stderr).toBe(0);
    expect(revoked.stderr.match(/The end of Pair/g)).toHaveLength(1);
    expect(revoked.stderr).toContain(`the pair to end is the one that ends in …${after}`);
    expect(revoked.stderr).not.toContain(`…${before}`);
  });

  it('create without the sub-domain of Trust Swiftly: the warning names the option', async () => {
    const made = await keys.run(['create', 'Sub', '--provider', 'trust-swiftly', '--yes'], {
      stdin: `fake${'a'.repeat(30)}`,
    });
    expect(made.stderr).toContain('needs the sub-domain of your account: --set sub_domain=…');
  });

  it('roll: --now and --due', async () => {
    await done('create', 'Now', 'tylt', ...['--service', 'now', '--environment', 'demo']);
    const { stderr } = await done('roll', 'Now', 'tylt', '--now');
    expect(stderr).toMatch(/the old key key_\w+ has ended/);
    const due = await keys.run(['roll', '--due', '90d', '--provider', 'tylt', '--dry-run'], {
      aheadMs: 91 * 86_400_000,
    });
    expect([due.code, due.stdout]).toEqual([0, expect.stringContaining('would roll\tNow')]);
  });
});

/**
 * Options that a dashboard does not bear on: they are about the clipboard, other machines, and how this file
 * calls the program.
 */
const ELSEWHERE = ['--copy', '--name', '--skip', '--yes'];

it.each([
  ['create', createCommand({} as never), CREATE_REFUSED],
  ['roll', rollCommand({} as never), ROLL_REFUSED],
] as const)('tries every option of %s', async (name, command, rows) => {
  const source = await readFile(new URL(import.meta.url), 'utf8');
  const used = source.slice(source.indexOf("describe('an option that a dashboard can follow"));
  const tried = (option: string) =>
    ELSEWHERE.includes(option) ||
    rows.some(({ args }) => (args as readonly string[]).includes(option)) ||
    used.includes(`${option},`) ||
    used.includes(`'${option}'`) ||
    used.includes(`${option} and`);
  const options = command.options.map(({ long }) => long ?? '');
  expect(options.length, name).toBeGreaterThan(10);
  expect(options.filter((option) => !tried(option))).toEqual([]);
});
