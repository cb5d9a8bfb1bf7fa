import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAtVendor } from '../support/home-at-vendor.js';

it('an older copy of the ledger revokes nothing: a key that was rolled since is not rolled by its name', async () => {
  const { keys, at, secret, live, save, restore } = await homeAtVendor();
  expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
  save();
  expect(await keys.run(['roll', 'web', '--now', '--yes'])).toMatchObject({ code: 0 });
  const [held, ids] = [secret(), live().map(({ id }) => id)];
  restore();
  for (const args of [['roll', 'web', '--now', '--yes'], ['roll', 'web', '--dry-run'], ['resume']]) {
    const { code, stderr } = await keys.run(args);
    expect([args[0], code]).toEqual([args[0], args[0] === 'resume' ? 0 : 6]);
    if (code === 6) expect(stderr).toContain('web');
  }
  expect([secret(), live().map(({ id }) => id)]).toEqual([held, ids]);
});

it('an older copy of the ledger with a pending delivery leaves one live key, which is at every place', async () => {
  for (const failing of ['last', 'only'] as const) {
    const { keys, at, secret, live, save, restore } = await homeAtVendor();
    const ready = join(keys.home, 'ready');
    const got = join(keys.home, 'got');
    const late = `exec:test -e '${ready}' && cat > '${got}'`;
    const places = failing === 'last' ? ['--to', at, '--to', late] : ['--to', late];
    expect(await keys.run(['create', 'web', ...places])).toMatchObject({ code: 9 });
    save();
    writeFileSync(ready, '');
    expect(await keys.run(['resume'])).toMatchObject({ code: 0 });
    restore();
    const resumed = await keys.run(['resume']);
    const values = new Set([readFileSync(got, 'utf8'), ...(failing === 'last' ? [secret()] : [])]);
    expect([failing, resumed.stderr, [...values]]).toEqual([
      ...[failing, resumed.stderr, live().map((key) => key.secret)],
    ]);
  }
});

it('an older copy of the ledger: the newest version is not rolled by its id while the places hold its secret', async () => {
  const { keys, at, secret, live, save, restore } = await homeAtVendor();
  const got = join(keys.home, 'got');
  const places = ['--to', at, '--to', 'keychain', '--to', `exec:cat > '${got}'`];
  expect(await keys.run(['create', 'web', ...places])).toMatchObject({ code: 0 });
  save();
  expect(await keys.run(['roll', 'web', '--now', '--yes'])).toMatchObject({ code: 0 });
  const [held, ids] = [secret(), live().map(({ id }) => id)];
  restore();
  const refused = await keys.run(['roll', ids[0] ?? '', '--now', '--yes']);
  expect(refused).toMatchObject({ code: 6, stdout: '' });
  expect(refused.stderr).toMatch(
    /vk2 may be the newest version of web: .*\.env#WEB, keychain \(0600 file\) hold a secret/,
  );
  expect([secret(), live().map(({ id }) => id)]).toEqual([held, ids]);
  for (const place of [at, 'keychain']) await keys.run(['places', 'remove', 'web', place]);
  const unread = await keys.run(['roll', ids[0] ?? '', '--now', '--yes']);
  expect(unread).toMatchObject({ code: 6, stderr: expect.stringContaining('what cannot be read') });
  expect(live().map(({ id }) => id)).toEqual(ids);
});

it('a key of a stranger with the name of a managed key is rolled by its id', async () => {
  const { keys, at, live, vendor } = await homeAtVendor();
  expect(
    await keys.run(['create', 'web', '--to', at, '--to', `exec:cat > '${keys.home}/got'`]),
  ).toMatchObject({
    code: 0,
  });
  const { metadata, created } = vendor.keys[0] ?? { metadata: {}, created: '' };
  const secret = 'vnd_fake_of_a_stranger';
  vendor.keys.push({ id: 'vk9', name: 'web', secret, metadata, created, revoked: false });
  const rolled = await keys.run(['roll', 'vk9', '--now', '--yes', '--to', `${keys.home}/other.env#OTHER`]);
  expect([rolled.code, rolled.stderr]).toEqual([0, expect.any(String)]);
  expect(live().map(({ id }) => id)).toEqual(['vk1', 'vk3']);
});

it('after two rolls that an older copy does not know, its name means none of the new keys', async () => {
  const { keys, vendor, save, restore } = await homeAtVendor();
  expect(await keys.run(['create', 'web', '--to', 'keychain'])).toMatchObject({ code: 0 });
  save();
  expect(await keys.run(['roll', 'web', '--yes', '--now'])).toMatchObject({ code: 0 });
  expect(await keys.run(['roll', 'web', '--yes', '--grace', '1d'])).toMatchObject({ code: 0 });
  restore();
  const before = JSON.stringify(vendor.keys);
  for (const args of [
    ['roll', 'web', '--yes'],
    ['revoke', 'web', '--yes'],
    ['update', 'web', '--name', 'shop'],
  ]) {
    const refused = await keys.run(args);
    expect(refused, refused.stderr).toMatchObject({ code: 6 });
    expect(refused.stderr).toContain('vk2, vk3 have the name of the managed key web (vk1)');
  }
  expect(JSON.stringify(vendor.keys)).toBe(before);
});
