import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type KeysProgram, keysProgram } from '../support/keys.js';
import { type VendorServer, vendorServer, writeVendorProvider } from '../support/vendor-server.js';

let keys: KeysProgram;
let vendor: VendorServer;
beforeEach(async () => {
  keys = await keysProgram();
  vendor = await vendorServer();
  await keys.run(['config', 'set', 'storage', 'file']);
  return () => keys.remove();
});

const run = (args: string[], stdin = '') =>
  keys.run([...args, '--provider', 'vendor', '--base-url', vendor.url], {
    env: { KEYS_API_KEY: vendor.admin },
    stdin,
  });
const add = (keepsMetadata: boolean) =>
  keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata })]);
const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);

it('is added from a file, and is then a provider like any other', async () => {
  expect(await add(true)).toMatchObject({ code: 0, stderr: 'added Vendor (vendor)\n' });
  expect(await json(['provider', 'show', 'vendor'])).toMatchObject({
    operations: {
      create: 'endpoint',
      list: 'endpoint',
      get: 'endpoint',
      update: null,
      roll: 'composed',
      revoke: 'endpoint',
    },
  });
  const made = JSON.parse((await run(['create', '--name', 'web', '--json'])).stdout);
  expect(made.secret).toBe(vendor.keys[0]?.secret);
  expect((await run(['verify'], made.secret)).code).toBe(0);
  const rolled = await run(['roll', 'web', '--now', '--yes', '--save']);
  expect([rolled.code, vendor.keys.map(({ revoked }) => revoked)]).toEqual([0, [true, false]]);
  expect(await run(['update', 'web', '--name', 'x'])).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('no way to update'),
  });
  expect((await run(['revoke', 'web', '--yes'])).code).toBe(0);
  expect(JSON.parse((await run(['list', '--json'])).stdout)).toEqual([]);
  expect((await keys.run(['provider', 'remove', 'vendor'])).code).toBe(0);
  expect((await run(['list'])).code).toBe(3);
});

it.each([
  ['no module', 'this is { no module'],
  ['no function', 'export default 7'],
  ['no definition', 'export default () => ({})'],
  [
    'an id that is taken',
    "export default ({ defineProvider, bearer }) => defineProvider({ id: 'tylt', title: 'x', documentation: 'x', variables: { secret: 'X' }, auth: bearer })",
  ],
  ['an error of its own', 'throw new Error("mine")'],
])('is refused where its file has %s', async (_, text) => {
  const path = join(keys.home, 'odd.mjs');
  writeFileSync(path, text);
  expect(await keys.run(['provider', 'add', path])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(path),
  });
  const ids = (await json(['provider', 'list'])).map((one: { id: string }) => one.id);
  expect(ids).not.toContain('vendor');
  expect(ids).not.toContain('odd');
});

describe('a vendor that recognises no repeat', () => {
  it('is refused without a place for the answer, unless that risk is taken', async () => {
    await add(true);
    await keys.run(['config', 'set', 'storage', 'keychain']);
    const refused = await run(['create', '--name', 'web']);
    expect([refused.code, refused.stderr, vendor.keys]).toEqual([
      1,
      expect.stringContaining('--no-escrow'),
      [],
    ]);
    expect((await run(['create', '--name', 'web', '--no-escrow'])).code).toBe(0);
  });

  it('has the answer again from escrow, and the escrow is gone after the last delivery', async () => {
    await add(true);
    const ready = join(keys.home, 'ready');
    const owed = await run([
      'create',
      '--name',
      'web',
      '--exec',
      `test -e ${ready} && cat > ${keys.home}/got`,
    ]);
    expect([owed.code, vendor.keys.length]).toEqual([9, 1]);
    writeFileSync(ready, '');
    expect((await run(['resume'])).code).toBe(0);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(keys.home, 'got'), 'utf8')).toBe(vendor.keys[0]?.secret);
    expect(vendor.keys).toHaveLength(1);
    expect(readFileSync(join(keys.home, '.config/keys/credentials.json'), 'utf8')).not.toContain(
      vendor.keys[0]?.secret,
    );
  });
});
