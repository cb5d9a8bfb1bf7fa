import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { homeAtVendor } from '../support/home-at-vendor.js';
import type { ListedBy } from '../support/vendor-server.js';

/** What another person, another machine or a restored backup has done to a key that this ledger knows. */

type Home = Awaited<ReturnType<typeof homeAtVendor>>;

/** A key with a place and a saved secret, and another key of the account. */
async function savedKey(listed: ListedBy = {}) {
  const home = await homeAtVendor(listed);
  const { keys, at } = home;
  expect(await keys.run(['create', 'other', '--to', 'keychain'])).toMatchObject({ code: 0 });
  expect(await keys.run(['create', 'web', '--to', at, '--to', 'keychain'])).toMatchObject({ code: 0 });
  return home;
}

const keyOf = ({ vendor }: Home, id: string) => {
  const key = vendor.keys.find((one) => one.id === id);
  if (key === undefined) throw new Error(`the vendor never had ${id}`);
  return key;
};

it.each([
  ['list', ['list'], 0, ''],
  ['show', ['show', 'web'], 6, ''],
  ['roll', ['roll', 'web', '--yes'], 6, ''],
  ['verify', ['verify'], 7, 'its secret'],
] as const)(
  'after %s has seen that a key is gone, env does not print its secret',
  async (_, args, code, stdin) => {
    const home = await savedKey();
    const { keys, secret } = home;
    keyOf(home, 'vk2').revoked = true;
    expect(await keys.run(args, stdin === '' ? {} : { stdin: secret() ?? '' })).toMatchObject({ code });
    const env = await keys.run(['env', 'web']);
    expect(env).toMatchObject({ code: 6, stdout: '' });
    expect(env.stderr).toContain('web (vk2) is revoked at its vendor: its saved secret is not used');
    expect((await keys.run(['env', 'other'])).code).toBe(0);
    // The vendor has it again, such as a list that was late: a further look is believed as well.
    keyOf(home, 'vk2').revoked = false;
    expect((await keys.run(['show', 'web'])).code).toBe(0);
    expect((await keys.run(['env', 'web'])).stdout).toContain(secret());
  },
);

/** What a vendor says of a key: that it works; nothing, where its list has no revoked keys; or `revoked`. */
const SAID = [
  { old: 'works', fresh: 'works' },
  ...(['gone', 'revoked'] as const).flatMap((word) => [
    { old: 'works', fresh: word },
    { old: word, fresh: 'works' },
    { old: word, fresh: word },
  ]),
] as const;

/** Who has which version after a roll: at the vendor, and the step of the roll in the ledger. */
const TABLE = (['retiring', 'revoked'] as const).flatMap((ledger) =>
  SAID.map((vendor) => ({ ledger, ...vendor })),
);

it.each(TABLE)(
  'a roll that is finished, its old key $ledger in the ledger; at the vendor the old key: $old, the new key: $fresh',
  async ({ ledger, old, fresh }) => {
    const home = await savedKey({ saysRevoked: [old, fresh].includes('revoked') });
    const { keys, at, secret, live } = home;
    const grace = ledger === 'retiring' ? ['--grace', '1d'] : ['--now'];
    expect(await keys.run(['roll', 'web', '--yes', ...grace])).toMatchObject({ code: 0 });
    keyOf(home, 'vk2').revoked = old !== 'works';
    keyOf(home, 'vk3').revoked = fresh !== 'works';
    const rolled = await keys.run(['roll', 'web', '--yes', '--now']);
    if (fresh === 'works') expect(rolled, rolled.stderr).toMatchObject({ code: 0 });
    else {
      expect(rolled, rolled.stderr).toMatchObject({ code: 6 });
      // What the hint names works, in this order.
      const steps = [...rolled.stderr.matchAll(/keys (revoke|roll|create) (web|vk\d+)/g)].map(
        ([, verb = '', key = '']) => [verb, key],
      );
      expect(steps.length).toBeGreaterThan(0);
      for (const [verb = '', key = ''] of steps) {
        const to = verb === 'create' ? ['--to', at, '--to', 'keychain', '--replace'] : ['--yes'];
        const done = await keys.run([verb, key, ...to]);
        expect(done, `${verb} ${key}: ${done.stderr}`).toMatchObject({ code: 0 });
      }
      if (!steps.some(([verb]) => verb !== 'revoke'))
        expect(await keys.run(['create', 'web', '--to', at, '--to', 'keychain', '--replace'])).toMatchObject({
          code: 0,
        });
    }
    const works = live()
      .filter(({ name }) => name === 'web')
      .map((key) => key.secret);
    expect(works).toContain(secret());
    expect((await keys.run(['env', 'web'])).stdout).toContain(secret());
  },
);

describe('somebody has revoked the old key of a roll and the new one', () => {
  const AFTER_GRACE = { aheadMs: 70_000 };

  it('resume ends the roll where another key shows the account, and env does not print the dead secret', async () => {
    const home = await savedKey();
    const { keys } = home;
    expect(await keys.run(['roll', 'web', '--yes', '--grace', '1m'])).toMatchObject({ code: 0 });
    for (const id of ['vk2', 'vk3']) keyOf(home, id).revoked = true;
    const resumed = await keys.run(['resume'], AFTER_GRACE);
    expect(resumed, resumed.stderr).toMatchObject({ code: 0 });
    expect(resumed.stderr).toContain('does not know the new key vk3 of web any more either');
    expect(resumed.stderr).toContain('finished roll of web (vk3); revoked the old key vk2');
    expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
    expect(await keys.run(['env', 'web'])).toMatchObject({ code: 6, stdout: '' });
  });

  it('resume believes nothing where no key shows the account', async () => {
    const home = await homeAtVendor();
    const { keys, at } = home;
    expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
    expect(await keys.run(['roll', 'web', '--yes', '--grace', '1m'])).toMatchObject({ code: 0 });
    for (const id of ['vk1', 'vk2']) keyOf(home, id).revoked = true;
    const resumed = await keys.run(['resume'], AFTER_GRACE);
    expect(resumed, resumed.stderr).toMatchObject({ code: 9 });
    expect(resumed.stderr).toContain('knows neither the old key vk1 nor the new one vk2');
    // Another account's credential sees neither. With the right one, the roll is finished.
    keyOf(home, 'vk2').revoked = false;
    expect(await keys.run(['resume'], AFTER_GRACE)).toMatchObject({ code: 0 });
  });

  it('the operation that nothing can prove is forgotten by its id', async () => {
    const home = await homeAtVendor();
    const { keys, at } = home;
    expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
    expect(await keys.run(['roll', 'web', '--yes', '--grace', '1m'])).toMatchObject({ code: 0 });
    for (const id of ['vk1', 'vk2']) keyOf(home, id).revoked = true;
    const { stderr } = await keys.run(['resume'], AFTER_GRACE);
    const [, drop = ''] = /keys (pending drop op_\w+) forgets it/.exec(stderr) ?? [];
    expect(await keys.run([...drop.split(' '), '--yes'])).toMatchObject({ code: 0 });
    const again = await keys.run(['resume'], AFTER_GRACE);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    const forgotten = await keys.run(['revoke', 'web', '--yes', '--force']);
    expect(forgotten, forgotten.stderr).toMatchObject({ code: 0 });
    const made = await keys.run(['create', 'web', '--to', at]);
    expect(made, made.stderr).toMatchObject({ code: 0 });
  });
});

it('resume revokes no old key whose successor is gone: it is the only one that works, and the hint leads on', async () => {
  const home = await savedKey();
  const { keys, live, secret } = home;
  expect(await keys.run(['roll', 'web', '--yes', '--grace', '1m'])).toMatchObject({ code: 0 });
  keyOf(home, 'vk3').revoked = true;
  const resumed = await keys.run(['resume'], { aheadMs: 70_000 });
  expect(resumed, resumed.stderr).toMatchObject({ code: 9 });
  expect(resumed.stderr).toContain('the old key vk2 works, and is not revoked');
  expect(live().map(({ id }) => id)).toEqual(['vk1', 'vk2']);
  for (const [, line = ''] of resumed.stderr.matchAll(/keys ((?:revoke|roll) \w+) (?:forgets|delivers)/g)) {
    const followed = await keys.run([...line.split(' '), '--yes'], { aheadMs: 70_000 });
    expect(followed, `${line}: ${followed.stderr}`).toMatchObject({ code: 0 });
  }
  expect(live().map(({ id }) => id)).toEqual(['vk1', 'vk2', 'vk4']);
  expect(live().at(-1)?.secret).toBe(secret());
  expect((await keys.run(['env', 'web'])).stdout).toContain(secret());
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toMatchObject([
    { key_id: 'vk4', retires: 'vk2' },
  ]);
});

it('what a later resume cannot finish either is forgotten by the command that its hint names', async () => {
  const { keys, vendor, at } = await homeAtVendor();
  expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
  expect(await keys.run(['roll', 'web', '--yes', '--grace', '1m'])).toMatchObject({ code: 0 });
  vendor.refuseRevokes(true);
  const resumed = await keys.run(['resume'], { aheadMs: 70_000 });
  expect(resumed, resumed.stderr).toMatchObject({ code: 9 });
  const [, drop = ''] = /if it can never be finished, keys (pending drop op_\w+)/.exec(resumed.stderr) ?? [];
  expect(await keys.run([...drop.split(' '), '--yes'])).toMatchObject({ code: 0 });
  expect(await keys.run(['resume'], { aheadMs: 70_000 })).toMatchObject({ code: 0 });
});

it('a revoke of one version names the places that have its secret', async () => {
  const home = await savedKey();
  const { keys, at } = home;
  const broken = 'exec:exit 3';
  expect(await keys.run(['roll', 'web', '--yes', '--to', broken])).toMatchObject({ code: 9 });
  const revoked = await keys.run(['revoke', 'vk3', '--yes']);
  expect(revoked, revoked.stderr).toMatchObject({ code: 0 });
  expect(revoked.stderr).toContain(
    `the secret of web at file:${at}, keychain (0600 file) does not work any more`,
  );
  expect(revoked.stderr).toContain('a roll of web delivers a new one');
  expect(await keys.run(['roll', 'web', '--yes'])).toMatchObject({ code: 0 });
  const whole = await keys.run(['revoke', 'web', '--yes']);
  expect(whole.stderr).toContain(`the secret of web at file:${at} does not work any more\n`);
});

it('a place that is removed says until when its secret works', async () => {
  const { keys, at } = await savedKey();
  const first = await keys.run(['places', 'remove', 'web', at]);
  expect(first.stderr).toContain(
    'the secret there stays, and works until the key is rolled and its grace is over',
  );
  expect(readFileSync(at.slice(0, at.indexOf('#')), 'utf8')).toContain('vnd_');
});

it('an update is refused while a roll is pending, by name and by either id', async () => {
  const { keys } = await savedKey();
  expect(await keys.run(['roll', 'web', '--yes', '--to', 'exec:exit 3'])).toMatchObject({ code: 9 });
  for (const reference of ['web', 'vk2', 'vk3']) {
    const updated = await keys.run(['update', reference, '--name', 'shop']);
    expect([reference, updated.code]).toEqual([reference, 6]);
  }
});

it('--profile without a credential says that KEYS_API_KEY is used without it', async () => {
  const { keys, vendor } = await homeAtVendor();
  const base = ['--provider', 'vendor', '--base-url', vendor.url];
  expect(await keys.run(['profile', 'add', 'p1', ...base])).toMatchObject({ code: 0 });
  const env = { KEYS_API_KEY: vendor.admin };
  const refused = await keys.run(['list', '--profile', 'p1'], { env });
  expect(refused.stderr).toContain(
    'KEYS_API_KEY is used without --profile: leave it out, and set KEYS_PROVIDER and KEYS_BASE_URL',
  );
});

it('the name of a managed key that its vendor does not list means no key that begins with it', async () => {
  const home = await homeAtVendor();
  const { keys, at, vendor } = home;
  expect(await keys.run(['create', 'imp', '--to', at])).toMatchObject({ code: 0 });
  const created = new Date().toISOString();
  const theirs = { id: 'vk2', name: 'imp2', secret: 'vnd_fake_of_others', metadata: {}, created };
  vendor.keys.push({ ...theirs, revoked: false });
  expect((await keys.run(['show', 'imp', '--json'])).stdout).toContain('"vk1"');
  keyOf(home, 'vk1').revoked = true;
  const shown = await keys.run(['show', 'imp']);
  expect(shown).toMatchObject({ code: 6, stdout: '', stderr: expect.stringContaining('imp') });
  expect(shown.stderr).not.toContain('imp2');
  expect((await keys.run(['show', 'imp2', '--json'])).stdout).toContain('"vk2"');
});

it('the id of a version that was revoked is not called unknown, and the one that works is named', async () => {
  const { keys } = await savedKey();
  expect(await keys.run(['roll', 'web', '--yes', '--now'])).toMatchObject({ code: 0 });
  const old = await keys.run(['revoke', 'vk2', '--yes']);
  expect(old, old.stderr).toMatchObject({ code: 3 });
  expect(old.stderr).toContain('vk2 of web was revoked or has expired');
  expect(old.stderr).toContain('web is vk3 now');
  expect(await keys.run(['revoke', 'vk3', '--yes'])).toMatchObject({ code: 0 });
  const again = await keys.run(['revoke', 'vk3', '--yes']);
  expect(again, again.stderr).toMatchObject({ code: 3 });
  expect(again.stderr).toContain('vk3 of web was revoked or has expired');
});

it('a place with the secret of a key that has ended is free for another key', async () => {
  const { keys, at, secret } = await savedKey();
  expect(await keys.run(['create', 'shop', '--to', at])).toMatchObject({ code: 6 });
  const before = secret();
  expect(await keys.run(['revoke', 'web', '--yes'])).toMatchObject({ code: 0 });
  const made = await keys.run(['create', 'shop', '--to', at]);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  expect(secret()).not.toBe(before);
});

it('a dry run of a revoke is refused where the revoke is: nothing shows the account', async () => {
  const home = await homeAtVendor();
  const { keys, at } = home;
  expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
  keyOf(home, 'vk1').revoked = true;
  for (const dry of [['--dry-run'], []]) {
    const refused = await keys.run(['revoke', 'web', '--yes', ...dry]);
    expect(refused, refused.stderr).toMatchObject({ code: 6 });
    expect(refused.stderr).toContain("none of the ledger's keys of this account are visible");
  }
  expect(await keys.run(['revoke', 'web', '--yes', '--force'])).toMatchObject({ code: 0 });
});
