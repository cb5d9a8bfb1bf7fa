import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

/** A home at a vendor, and what saves and restores its ledger as a backup of the disk would. */
async function homeAtVendor() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const vendor = await vendorServer();
  await keys.run(['config', 'set', 'storage', 'file']);
  await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
  const service = ['--provider', 'vendor', '--base-url', vendor.url, '--profile', 'at-vendor'];
  await keys.run(['login', ...service, '--with-token', '--insecure-storage'], { stdin: vendor.admin });
  await keys.run(['profile', 'use', 'at-vendor']);
  const ledger = join(keys.home, '.local', 'share', 'keys', 'ledger.db');
  const env = join(keys.home, '.env');
  return {
    keys,
    vendor,
    at: `${env}#WEB`,
    secret: () => /^WEB=(.*)$/m.exec(readFileSync(env, 'utf8'))?.[1],
    live: () => vendor.keys.filter(({ revoked }) => !revoked),
    save: () => copyFileSync(ledger, join(keys.home, 'ledger.copy')),
    restore() {
      for (const rest of ['-wal', '-shm']) rmSync(`${ledger}${rest}`, { force: true });
      copyFileSync(join(keys.home, 'ledger.copy'), ledger);
    },
  };
}

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
