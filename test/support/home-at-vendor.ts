import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { keysInProcess } from './keys-in-process.js';
import { type ListedBy, type VendorServer, vendorServer, writeVendorProvider } from './vendor-server.js';

/** A home at a vendor, and what saves and restores its ledger as a backup of the disk would. */
export async function homeAtVendor(listed: ListedBy = {}) {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const vendor = await vendorServer(listed);
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
    live: (): VendorServer['keys'] => vendor.keys.filter(({ revoked }) => !revoked),
    save: () => copyFileSync(ledger, join(keys.home, 'ledger.copy')),
    restore() {
      for (const rest of ['-wal', '-shm']) rmSync(`${ledger}${rest}`, { force: true });
      copyFileSync(join(keys.home, 'ledger.copy'), ledger);
    },
  };
}
