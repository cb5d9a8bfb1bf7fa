import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { type VendorServer, vendorServer, writeVendorProvider } from '../support/vendor-server.js';

let keys: KeysInProcess;
let vendor: VendorServer;
beforeEach(async () => {
  keys = await keysInProcess();
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

it('leaves nothing pending where its create fails before a request', async () => {
  const path = writeVendorProvider(keys.home, { keepsMetadata: false });
  writeFileSync(path, readFileSync(path, 'utf8').replace('body: { name, metadata }', 'body: name.not.there'));
  await keys.run(['provider', 'add', path]);
  const made = await run(['create', '--name', 'web', '--raw']);
  expect([made.code, vendor.keys]).toEqual([1, []]);
  expect(made.stderr).toContain('create: endpoints.create.call() throws TypeError');
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
});

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
  const rolled = await run(['roll', 'web', '--now', '--yes', '--to', 'keychain']);
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
  ['stored', '{ throw 5; }', 'throws what is no error'],
  ['stored', '7', 'returns what is no text'],
  ['successor', '{ throw new Error("odd"); }', 'throws Error'],
  ['successor', '[]', 'returns what is no text'],
])('says of names.%s, which is %s, where it is: %s', async (name, body, said) => {
  const path = writeVendorProvider(keys.home, { keepsMetadata: false });
  const names = `names: { rule: 'unique', ${name}: () => ${body} },`;
  writeFileSync(path, readFileSync(path, 'utf8').replace('keepsMetadata: false,', names));
  await keys.run(['provider', 'add', path]);
  const made = await run(['create', '--name', 'web', '--json']);
  const rolled = await run(['roll', 'web', '--now', '--yes', '--raw']);
  const failed = made.code === 0 ? rolled : made;
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining(`names.${name}`) });
  expect(failed.stderr).toContain(said);
  expect(failed.stderr).toContain(path);
  // Nothing was made without a name that the vendor takes.
  expect(vendor.keys).toHaveLength(made.code === 0 ? 1 : 0);
});

const defined = (members: string) => `import { bearer, defineProvider, operation } from 'keys';
const list = operation({ call: () => ({ method: 'GET', path: '/' }), read: () => ({ keys: [], next_cursor: null }) });
export default defineProvider({ title: 'Odd', documentation: 'https://odd.example', variables: { secret: 'ODD' }, auth: bearer, ${members} });`;
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

it.each([
  ['no module', 'this is { no module', 'Unexpected'],
  ['a syntax error', 'export default { a: 1 b: 2 }', "Unexpected identifier 'b'\nkeys: hint: node --check"],
  ['no definition', 'export default 7', 'no definition'],
  ['an id that is taken', defined("id: 'tylt'"), 'id: taken: tylt'],
  ['an id that is none', defined("id: 'My Vendor'"), 'id: lower-case'],
  ['a member that is not known', defined("id: 'odd', colour: 'red'"), 'no such member: colour'],
  ['a member of another kind', defined("id: 'odd', notes: 'one'"), 'notes: '],
  ['a base URL with a slash at its end', defined("id: 'odd', baseUrl: 'https://a.example/'"), 'baseUrl: '],
  [
    'an operation that is not known',
    defined("id: 'odd', endpoints: { creat: list }"),
    'no such operation: creat; one of create',
  ],
  [
    'an operation that is none',
    defined("id: 'odd', endpoints: { create: { call: 7, read() {} } }"),
    'endpoints.create.call: no function',
  ],
  ['an error of its own', 'throw new Error("mine")', 'mine'],
])('is refused where its file has %s', async (_, text, told) => {
  const path = join(keys.home, 'odd.mjs');
  writeFileSync(path, text);
  expect(await keys.run(['provider', 'add', path])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(new RegExp(`${escaped(path)}: .*${escaped(told)}`, 's')),
  });
  const ids = (await json(['provider', 'list'])).map((one: { id: string }) => one.id);
  expect(ids).not.toContain('vendor');
  expect(ids).not.toContain('odd');
});

it('says at its removal which keys and operations need it', async () => {
  await add(true);
  await run(['create', 'web', '--to', join(keys.home, '.env')]);
  await run(['create', 'old', '--raw']);
  await run(['revoke', 'old', '--yes']);
  vendor.refuseRevokes(true);
  expect((await run(['roll', 'web', '--now', '--yes'])).code).toBe(9);
  const removed = await keys.run(['provider', 'remove', 'vendor']);
  expect([removed.code, removed.stderr]).toEqual([
    0,
    expect.stringContaining('1 key and 1 unfinished operation of vendor in the ledger cannot be rolled'),
  ]);
});

it('says that its file is gone, and what helps', async () => {
  await add(true);
  rmSync(join(keys.home, 'vendor.mjs'));
  const shown = await keys.run(['provider', 'show', 'vendor']);
  expect([shown.code, shown.stderr]).toEqual([
    2,
    expect.stringContaining('vendor.mjs: there is no such file'),
  ]);
  expect(shown.stderr).toContain('put the file back');
  expect((await keys.run(['provider', 'remove', 'vendor'])).code).toBe(0);
});

describe('a vendor that recognises no repeat', () => {
  it('is refused without a place for the response, unless that risk is taken', async () => {
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

  it('has the response again from escrow, and the escrow is gone after the last delivery', async () => {
    await add(true);
    const ready = join(keys.home, 'ready');
    const failed = await run([
      'create',
      '--name',
      'web',
      '--to',
      `exec:test -e ${ready} && cat > ${keys.home}/got`,
    ]);
    expect([failed.code, vendor.keys.length]).toEqual([9, 1]);
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

it('is not taken from the network, nor from a file that others may write to', async () => {
  expect(await keys.run(['provider', 'add', 'https://vendor.example/vendor.mjs'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not loaded from the network'),
  });
  const path = writeVendorProvider(keys.home, { keepsMetadata: true });
  for (const mode of [0o620, 0o602]) {
    chmodSync(path, mode);
    expect(await keys.run(['provider', 'add', path])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`chmod go-w ${path}`),
    });
  }
  chmodSync(path, 0o600);
  expect((await keys.run(['provider', 'add', path])).code).toBe(0);
  // Whoever may write to it later is noticed at the next load.
  chmodSync(path, 0o666);
  expect((await run(['list'])).code).toBe(2);
});

it('is not run where others may write to a folder above it, or to what it imports', async () => {
  const folder = join(keys.home, 'open');
  mkdirSync(folder);
  const path = writeVendorProvider(folder, { keepsMetadata: true });
  const marker = join(keys.home, 'ran');
  const [helper, required, between] = ['helper.mjs', 'required.cjs', 'between.cjs'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const marks = `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '');`;
  writeFileSync(required, marks, { mode: 0o600 });
  writeFileSync(between, "require('./required.cjs');", { mode: 0o600 });
  writeFileSync(helper, "import './between.cjs';", { mode: 0o600 });
  writeFileSync(path, `import './helper.mjs';\n${readFileSync(path, 'utf8')}`);
  chmodSync(folder, 0o777);
  // Processes of their own: Node remembers in each what it has imported.
  const refused = await keys.start(['provider', 'add', path]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`chmod go-w ${folder}`) });
  chmodSync(folder, 0o700);
  for (const file of [helper, required]) {
    chmodSync(file, 0o666);
    const imported = await keys.start(['provider', 'add', path]);
    expect(imported).toMatchObject({ code: 2, stderr: expect.stringContaining(`chmod go-w ${file}`) });
    expect(existsSync(marker)).toBe(false);
    chmodSync(file, 0o600);
  }
  expect(await keys.start(['provider', 'add', path])).toMatchObject({ code: 0 });
  expect(existsSync(marker)).toBe(true);
});

it('is begun with a file that says what to fill in, and is whole as it is', async () => {
  expect(await keys.run(['provider', 'new', 'acme'], { cwd: keys.home })).toMatchObject({ code: 0 });
  expect((await keys.run(['provider', 'new', 'acme'], { cwd: keys.home })).code).toBe(6);
  expect((await keys.run(['provider', 'new', 'Acme!'], { cwd: keys.home })).code).toBe(2);
  const path = join(keys.home, 'acme.mjs');
  chmodSync(path, 0o600);
  expect(await keys.run(['provider', 'add', path])).toMatchObject({ code: 0, stderr: 'added Acme (acme)\n' });
});

it('may tell no id of a new key: its secret is delivered, and the newest of its name is it', async () => {
  const path = writeVendorProvider(keys.home, { keepsMetadata: true });
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('key: record(made), cred', "key: { ...record(made), id: '' }, cred"));
  await keys.run(['provider', 'add', path]);
  // A key of the same name that this machine does not know of.
  await fetch(`${vendor.url}/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${vendor.admin}` },
    body: JSON.stringify({ name: 'web' }),
  });
  const made = JSON.parse((await run(['create', '--name', 'web', '--json'])).stdout);
  expect([made.id, made.secret]).toEqual([vendor.keys[1]?.id, vendor.keys[1]?.secret]);
});

it('whose list is late gets no other key of the name for the new one', async () => {
  const path = writeVendorProvider(keys.home, { keepsMetadata: true });
  const text = readFileSync(path, 'utf8')
    .replace('key: record(made), cred', "key: { ...record(made), id: '' }, cred")
    .replace('keys: keys.map(record)', 'keys: keys.slice(0, 1).map(record)');
  writeFileSync(path, text);
  await keys.run(['provider', 'add', path]);
  await fetch(`${vendor.url}/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${vendor.admin}` },
    body: JSON.stringify({ name: 'web' }),
  });
  const made = JSON.parse((await run(['create', '--name', 'web', '--json'])).stdout);
  expect([made.id, made.secret]).toEqual(['web', vendor.keys[1]?.secret]);
});

it('is asked nothing for a key that it cannot have', async () => {
  await add(true);
  const asked = [
    'create',
    '--name',
    'web',
    '--expires',
    '3d',
    '--provider',
    'vendor',
    '--base-url',
    'http://127.0.0.1:9',
  ];
  for (const dry of [[], ['--dry-run']]) {
    expect(await keys.run([...asked, ...dry], { env: { KEYS_API_KEY: vendor.admin } })).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('cannot have an expiry'),
    });
  }
});

describe('the contract of a provider of one’s own', () => {
  const test = (...more: string[]) =>
    keys.run(
      ['provider', 'test', 'vendor', '--provider', 'vendor', '--base-url', vendor.url, '--json', ...more],
      {
        env: { KEYS_API_KEY: vendor.admin },
      },
    );

  it('is tried rule by rule, and what it has made is ended', async () => {
    await add(true);
    const { code, stdout } = await test();
    const rows: Array<{ rule: string; outcome: string }> = JSON.parse(stdout);
    expect([code, rows.filter(({ outcome }) => outcome === 'broken')]).toEqual([0, []]);
    const held = rows.filter(({ outcome }) => outcome === 'holds').map(({ rule }) => rule);
    expect(held.length).toBeGreaterThan(6);
    expect(held).toContain('a secret arrives at a place as it was shown');
    expect(held).toContain('the secret of a successor takes its place');
    expect(readdirSync(keys.home, { recursive: true }).join()).not.toContain('contract-');
    expect(vendor.keys.filter(({ revoked }) => !revoked)).toEqual([]);
  });

  it('names the rules that do not hold', async () => {
    const path = writeVendorProvider(keys.home, { keepsMetadata: true });
    // A definition that takes a key's name for its id, and asks a path that is not there to end it.
    writeFileSync(path, readFileSync(path, 'utf8').replace("'/keys/' + segment(id)", "'/keys/none'"));
    await keys.run(['provider', 'add', path]);
    const { code, stdout, stderr } = await test();
    const broken = JSON.parse(stdout).filter((row: { outcome: string }) => row.outcome === 'broken');
    expect([code, broken.map((row: { rule: string }) => row.rule)]).toEqual([
      1,
      expect.arrayContaining(['a revoked key stops working', 'a revoked key is accepted no more']),
    ]);
    expect(stderr).toContain('contract_broken');
    expect(stdout).not.toContain(vendor.keys[0]?.secret);
  });

  it('says which option tries scopes, unless it was given', async () => {
    const accepts = { scopes: { about: 'such as docs:read' } };
    const path = writeVendorProvider(keys.home, { keepsMetadata: true, accepts });
    await keys.run(['provider', 'add', path]);
    const hint = '--scope SCOPE tries scopes';
    expect((await test()).stderr).toContain(hint);
    expect((await test('--scope', 'docs:read')).stderr).not.toContain(hint);
  });

  it('is tried where calls go, and nowhere else', async () => {
    await add(true);
    expect((await keys.run(['provider', 'test', 'vendor'])).code).toBe(2);
    expect((await keys.run(['provider', 'test', 'keys'])).code).toBe(2);
  });
});
