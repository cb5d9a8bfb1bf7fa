import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

type Listed = { readonly id: string; readonly name: string; readonly status: string };

const code = async (...args: string[]) => (await keys.run(args)).code;
const list = async (...args: string[]): Promise<Listed[]> =>
  JSON.parse((await keys.run(['list', '--json', ...args])).stdout);
const active = async () => (await list('--status', 'active')).map(({ name }) => name).sort();
const at = (name: string) => `${join(keys.home, '.env')}#${name}`;
const valueIn = (name: string) =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync(join(keys.home, '.env'), 'utf8'))?.[1];

it('creates a name once, and again after its revoke; a second revoke touches no key of a similar name', async () => {
  for (const name of ['web', 'web2', 'Web']) expect(await code('create', name, '--raw')).toBe(0);
  expect(await code('create', 'web', '--raw')).toBe(6);
  expect(await active()).toEqual(['Web', 'web', 'web2']);
  expect(await code('revoke', 'web', '--yes')).toBe(0);
  expect(await active()).toEqual(['Web', 'web2']);
  await keys.run(['revoke', 'web', '--yes']);
  expect(await code('roll', 'WEB', '--now', '--yes')).toBe(3);
  expect(await code('roll', 'web', '--now', '--yes')).not.toBe(0);
  expect(await active()).toEqual(['Web', 'web2']);
  expect(await code('create', 'web', '--raw')).toBe(0);
  expect(await active()).toEqual(['Web', 'web', 'web2']);
});

it('rolls two keys of one file twice, alone and together; each keeps its own variable', async () => {
  for (const name of ['ONE', 'TWO']) await keys.run(['create', name.toLowerCase(), '--to', at(name)]);
  const seen = new Set([valueIn('ONE'), valueIn('TWO')]);
  for (const names of [['one', 'two'], ['two', 'one'], ['one'], ['one']]) {
    expect(await code('roll', ...names, '--now', '--yes')).toBe(0);
    for (const name of names) {
      const value = valueIn(name.toUpperCase());
      expect(seen.has(value)).toBe(false);
      seen.add(value);
    }
  }
  expect(await active()).toEqual(['one', 'two']);
  const valid = async (name: string) => (await keys.run(['verify'], { stdin: String(valueIn(name)) })).code;
  expect([await valid('ONE'), await valid('TWO')]).toEqual([0, 0]);
});

it('refuses two keys of one command whose secrets would go into one variable, and changes nothing', async () => {
  for (const name of ['ONE', 'TWO']) await keys.run(['create', name.toLowerCase(), '--to', at(name)]);
  const before = [valueIn('ONE'), valueIn('TWO')];
  for (const first of [[], ['--revoke-first']]) {
    const { code, stderr } = await keys.run(['roll', 'one', 'two', '--yes', '--to', at('BOTH'), ...first]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('one and two would share a place')]);
  }
  expect([valueIn('ONE'), valueIn('TWO'), valueIn('BOTH')]).toEqual([...before, undefined]);
  expect(await active()).toEqual(['one', 'two']);
});

it('a roll that prints the secret serves the places too, and stdout is no place of the key', async () => {
  await keys.run(['create', 'one', '--to', at('ONE')]);
  const old = valueIn('ONE');
  const printed = await keys.run(['roll', 'one', '--now', '--yes', '--raw']);
  expect([printed.code, printed.stdout.trim()]).toEqual([0, valueIn('ONE')]);
  expect(valueIn('ONE')).not.toBe(old);
  const places = JSON.parse((await keys.run(['places', 'list', 'one', '--json'])).stdout);
  expect(places).toHaveLength(1);
  const silent = await keys.run(['roll', 'one', '--now', '--yes', '--json']);
  expect(JSON.parse(silent.stdout).delivered_to).toEqual([expect.stringContaining('#ONE')]);
  expect(silent.stdout).not.toContain(String(valueIn('ONE')));
});

it('delivers to another place while one fails, and the same secret to that one once it works', async () => {
  const ready = join(keys.home, 'ready');
  const fails = `exec:test -e '${ready}' && cat > '${join(keys.home, 'got')}'`;
  expect(await code('create', 'web', '--to', at('WEB'), '--to', fails)).toBe(9);
  expect(await code('deliver', 'web', '--to', at('MORE'))).toBe(9);
  expect(valueIn('MORE')).toBe(valueIn('WEB'));
  expect(await code('create', 'web', '--to', at('WEB'), '--to', fails)).toBe(9);
  writeFileSync(ready, '');
  expect(await code('resume')).toBe(0);
  expect(readFileSync(join(keys.home, 'got'), 'utf8')).toBe(valueIn('WEB'));
  expect(await code('resume')).toBe(0);
  expect(await active()).toEqual(['web']);
});

it('limits the last key that can manage keys only with --force', async () => {
  await keys.run(['create', 'admin', '--scope', '*', '--raw']);
  const refused = await keys.run(['update', 'admin', '--expires', '1d']);
  expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('give --force')]);
  expect(await code('update', 'admin', '--expires', '1d', '--force')).toBe(0);
});

it('refuses to roll a key that another machine has rolled, and sends nothing', async () => {
  const service = await startTestService({ clock: { now: Date.now } });
  const env = { KEYS_API_KEY: service.managementKey };
  const there = ['--base-url', service.url];
  const other = await keysInProcess();
  try {
    await keys.run(['create', 'web', ...there, '--to', at('WEB')], { env });
    expect((await other.run(['roll', 'web', ...there, '--now', '--yes', '--raw'], { env })).code).toBe(0);
    const before = valueIn('WEB');
    const refused = await keys.run(['roll', 'web', ...there, '--now', '--yes'], { env });
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('another machine')]);
    expect(valueIn('WEB')).toBe(before);
  } finally {
    await other.remove();
  }
});

/** Logs in to a vendor, which is the profile in use from then on. */
async function atVendor() {
  const vendor = await vendorServer();
  await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
  const service = ['--provider', 'vendor', '--base-url', vendor.url, '--profile', 'at-vendor'];
  await keys.run(['login', ...service, '--with-token', '--insecure-storage'], { stdin: vendor.admin });
  await keys.run(['profile', 'use', 'at-vendor']);
  return vendor;
}

it('names the places that still have a revoked secret where a new key gets its name', async () => {
  const vendor = await atVendor();
  expect(await code('create', 'web', '--to', at('WEB'), '--to', 'keychain')).toBe(0);
  expect(await code('revoke', 'web', '--yes')).toBe(0);
  const created = await keys.run(['create', 'web', '--to', at('SHOP')]);
  expect([created.code, created.stderr]).toEqual([
    0,
    expect.stringContaining('#WEB still has the secret of'),
  ]);
  expect(created.stderr).not.toMatch(/keychain.* still/);
  expect(await code('revoke', 'web', '--yes')).toBe(0);
  const byHand = { id: 'vk9', name: 'web', secret: `vnd_${'5'.repeat(48)}`, metadata: {}, created: '' };
  vendor.keys.push({ ...byHand, created: new Date().toISOString(), revoked: false });
  const imported = await keys.run(['import', '--name', 'web'], { stdin: byHand.secret });
  expect([imported.code, imported.stderr]).toEqual([0, expect.stringContaining('#SHOP still has the old')]);
  expect(await code('deliver', 'web', '--to', at('SHOP'))).toBe(0);
  expect(valueIn('SHOP')).toBe(byHand.secret);
});
