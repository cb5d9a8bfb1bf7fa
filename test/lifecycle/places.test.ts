import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);
const valueIn = (file: string, name: string) =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(readFileSync(join(keys.home, file), 'utf8'))?.[1];

it('remembers the places of a key, and a roll delivers to every one of them', async () => {
  const at = (file: string, name: string) => `${join(keys.home, file)}#${name}`;
  expect((await keys.run(['create', 'web', '--to', at('a.env', 'A'), '--to', 'keychain'])).code).toBe(0);
  expect((await keys.run(['places', 'add', 'web', '--to', at('b.env', 'B')])).code).toBe(0);
  expect(
    (await json(['places', 'list', 'web'])).map(
      ({ delivered }: { delivered: string | null }) => delivered === null,
    ),
  ).toEqual([false, false, true]);
  expect((await keys.run(['deliver', 'web', '--to', at('c.env', 'C')])).code).toBe(0);
  expect(valueIn('c.env', 'C')).toBe(valueIn('a.env', 'A'));
  const old = valueIn('a.env', 'A');
  expect((await keys.run(['roll', 'web', '--now', '--yes'])).code).toBe(0);
  const fresh = valueIn('a.env', 'A');
  expect(fresh).not.toBe(old);
  expect([valueIn('b.env', 'B'), valueIn('c.env', 'C')]).toEqual([fresh, fresh]);
  expect((await keys.run(['env', 'web', '--shell', 'sh'])).stdout).toContain(fresh);
  const [{ place }] = await json(['places', 'list', 'web']);
  expect((await keys.run(['places', 'remove', 'web', place])).code).toBe(0);
  await keys.run(['roll', 'web', '--now', '--yes']);
  expect(valueIn('a.env', 'A')).toBe(fresh);
  expect(valueIn('b.env', 'B')).not.toBe(fresh);
});

it('refuses a place that holds the secret of another key, or a value that keys did not write', async () => {
  const file = join(keys.home, 'a.env');
  await keys.run(['create', 'one', '--to', `${file}#A`]);
  const held = readFileSync(file, 'utf8');
  expect((await keys.run(['create', 'two', '--to', `${file}#A`])).code).toBe(6);
  expect((await json(['list'])).map(({ name }: { name: string }) => name)).toEqual(['one']);
  expect(readFileSync(file, 'utf8')).toBe(held);
  writeFileSync(file, 'B=typed-by-hand\n');
  expect((await keys.run(['create', 'two', '--to', `${file}#B`])).code).toBe(6);
  expect((await keys.run(['create', 'two', '--to', `${file}#B`, '--replace'])).code).toBe(0);
});

it('refuses a place that waits for the secret of a create that is not finished', async () => {
  const server = await vendorServer();
  await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
  const env = { KEYS_API_KEY: server.admin };
  const at = `${join(keys.home, 'a.env')}#A`;
  const run = (...args: string[]) =>
    keys.run([...args, '--provider', 'vendor', '--base-url', server.url], { env, timeoutMs: 120_000 });
  server.loseResponse();
  expect((await run('create', 'one', '--to', at)).code).toBe(9);
  const [{ id }] = await json(['pending']);
  const waits = `a.env#A waits for the secret of one, whose create ${id} is not finished`;
  await run('create', 'two', '--to', 'keychain');
  writeFileSync(join(keys.home, 'by-hand.env'), 'KEY=bnc_fake_of_another_key\n');
  for (const args of [
    ['create', 'three', '--to', at],
    ['deliver', 'two', '--to', at],
    ['places', 'add', 'two', '--to', at],
    ['roll', 'two', '--to', at, '--yes'],
    ['import', '--name', 'four', '--from', `${join(keys.home, 'by-hand.env')}#KEY`, '--to', at],
  ]) {
    const refused = await run(...args);
    expect([args, refused.code, refused.stderr]).toEqual([args, 6, expect.stringContaining(waits)]);
  }
  expect(existsSync(join(keys.home, 'a.env'))).toBe(false);
  expect((await run('create', 'three', '--to', at, '--replace')).code).toBe(0);
});

it('a place that is replaced is no longer a place of its former owner, and each spelling of it can be removed', async () => {
  const env = { cwd: keys.home };
  const taken = (await keys.run(['create', 'one', '--to', '.env#A'], env)).code;
  expect(taken).toBe(0);
  const replaced = await keys.run(['create', 'two', '--to', './.env#A', '--replace'], env);
  expect([replaced.code, replaced.stderr]).toEqual([
    0,
    expect.stringContaining(`.env#A is no longer a place of one`),
  ]);
  const owners = async () => (await json(['places', 'list'])).map(({ name }: { name: string }) => name);
  expect(await owners()).toEqual(['two']);
  // A place that has no secret yet is another key's all the same.
  await keys.run(['places', 'add', 'two', '--to', 'b.env#B'], env);
  const shared = await keys.run(['places', 'add', 'one', '--to', 'b.env#B'], env);
  expect([shared.code, shared.stderr]).toEqual([6, expect.stringContaining('b.env#B is a place of two')]);
  expect((await keys.run(['places', 'remove', 'two', './.env'], env)).code).toBe(0);
  expect((await keys.run(['places', 'remove', 'two', 'file:b.env#B'], env)).code).toBe(0);
  expect(await owners()).toEqual([]);
});

it('sends a pending secret to another place', async () => {
  await keys.run(['create', 'web', '--to', 'exec:false']);
  const redirected = await keys.run(['deliver', 'web', '--to', `${join(keys.home, 'a.env')}#A`]);
  expect([redirected.code, valueIn('a.env', 'A')]).toEqual([9, expect.stringMatching(/^sk_live_/)]);
  const [{ id }] = await json(['pending']);
  expect((await keys.run(['pending', 'drop', id, '--yes'])).code).toBe(0);
  expect(await json(['pending'])).toEqual([]);
});

it('finds the key of the account that is named, where two accounts have a key of one name', async () => {
  const service = await startTestService({ clock: { now: Date.now } });
  const env = { KEYS_API_KEY: service.managementKey };
  const there = ['--base-url', service.url];
  const at = (file: string) => ['--to', `${join(keys.home, file)}#KEY`];
  await keys.run(['create', 'web', ...at('here.env'), '--to', 'keychain']);
  await keys.run(['create', 'web', ...there, ...at('there.env'), '--to', 'keychain'], { env });
  expect((await keys.run(['places', 'list', 'web'])).code).toBe(2);
  expect(await json(['places', 'list', 'web', ...there])).toEqual([
    expect.objectContaining({ place: `file:${join(keys.home, 'there.env')}#KEY` }),
    expect.objectContaining({ place: 'keychain' }),
  ]);
  expect((await keys.run(['deliver', 'web', ...there, ...at('more.env')], { env })).code).toBe(0);
  expect(valueIn('more.env', 'KEY')).toBe(valueIn('there.env', 'KEY'));
  const printed = await keys.run(['env', 'web', '--shell', 'sh', ...there]);
  expect(printed.stdout).toContain(String(valueIn('there.env', 'KEY')));
});

it('tests a place without a delivery, and shows one kind of place', async () => {
  const file = join(keys.home, 'a.env');
  expect(await json(['places', 'test', `${file}#A`])).toMatchObject({
    kind: 'a variable in an env file',
    holds: [],
  });
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, 'A=typed-by-hand\n');
  expect(await json(['places', 'test', `${file}#A`])).toMatchObject({
    place: `file:${file}#A`,
    holds: ['A'],
  });
  expect((await keys.run(['places', 'test', 'exec:no-such-command-here'])).code).toBe(2);
  expect(await json(['places', 'kinds', 'file'])).toMatchObject({
    id: 'file',
    holds: 'variables',
    local: true,
  });
  expect((await keys.run(['places', 'kinds', 'fil'])).code).toBe(3);
});

it('removes the secret with its place only on request, and never another value', async () => {
  const file = join(keys.home, 'a.env');
  const place = `file:${file}#A`;
  await keys.run(['create', 'web', '--to', `${file}#A`, '--to', `${file}#B`]);
  const held = readFileSync(file, 'utf8');
  const refused = await keys.run(['places', 'remove', 'web', place, '--erase']);
  expect([refused.code, readFileSync(file, 'utf8')]).toEqual([2, held]);
  expect((await keys.run(['places', 'remove', 'web', place, '--erase', '--yes'])).code).toBe(0);
  expect([valueIn('a.env', 'A'), valueIn('a.env', 'B')]).toEqual([
    undefined,
    expect.stringMatching(/^sk_live_/),
  ]);
  writeFileSync(file, 'B=typed-by-hand\n');
  expect((await keys.run(['places', 'remove', 'web', `file:${file}#B`, '--erase', '--yes'])).code).toBe(6);
  expect(await json(['places', 'list', 'web'])).toHaveLength(1);
  expect((await keys.run(['places', 'remove', 'web', `file:${file}#B`])).code).toBe(0);
  expect(valueIn('a.env', 'B')).toBe('typed-by-hand');
});

it('removes the secret of a revoked key from each place that can, and says what stays', async () => {
  const at = (name: string) => `${join(keys.home, name)}#${name[0]?.toUpperCase()}`;
  const places = [at('a.env'), at('b.env'), 'keychain', 'exec:cat > taken'];
  await keys.run(['create', 'web', ...places.flatMap((place) => ['--to', place])], { cwd: keys.home });
  await keys.run(['create', 'other', '--to', at('c.env')]);
  writeFileSync(join(keys.home, 'b.env'), 'B=typed-by-hand\n');
  const revoked = await keys.run(['revoke', 'web', '--erase', '--yes', '--json'], { cwd: keys.home });
  expect([revoked.code, revoked.stderr]).toEqual([0, expect.stringContaining('is still at')]);
  const { erased, left } = JSON.parse(revoked.stdout);
  expect([erased.length, left.map(({ message }: { message: string }) => message)]).toEqual([
    2,
    [
      expect.stringContaining('holds a value that keys did not write'),
      expect.stringContaining('cannot remove'),
    ],
  ]);
  expect([valueIn('a.env', 'A'), valueIn('b.env', 'B')]).toEqual([undefined, 'typed-by-hand']);
  expect(valueIn('c.env', 'C')).toMatch(/^sk_live_/);
  expect((await json(['places', 'list', 'web'])).length).toBe(2);
  expect((await keys.run(['env', 'web', '--shell', 'sh'])).code).not.toBe(0);
});

it('imports a key to places; a roll then delivers to each of them', async () => {
  const file = join(keys.home, 'a.env');
  const { secret } = await json(['create', 'web']);
  writeFileSync(file, `A=${secret}\nB=typed-by-hand\n`);
  const from = ['import', '--from', `${file}#A`];
  expect((await keys.run([...from, '--to', `${file}#B`])).code).toBe(6);
  expect((await keys.run([...from, '--to', `${file}#A`, '--to', 'keychain'])).code).toBe(0);
  expect((await json(['places', 'list', 'web'])).map(({ place }: { place: string }) => place).sort()).toEqual(
    [`file:${file}#A`, 'keychain'],
  );
  const { delivered_to: reached } = await json(['roll', 'web', '--now', '--yes']);
  expect(reached.sort()).toEqual([`file:${file}#A`, expect.stringMatching(/^keychain/)]);
  expect(valueIn('a.env', 'A')).not.toBe(secret);
  expect((await keys.run(['env', 'web', '--shell', 'sh'])).stdout).toContain(String(valueIn('a.env', 'A')));
  expect(valueIn('a.env', 'B')).toBe('typed-by-hand');
});

it('imports no key under the name of another active key, unless it is said to be its successor', async () => {
  const file = join(keys.home, 'a.env');
  const of = ['--provider', 'jahuty'];
  const take = (secret: string, ...more: string[]) =>
    keys.run(['import', ...of, '--name', 'Web', ...more], { stdin: secret });
  const old = JSON.parse(
    (await take('fake-jahuty-0001', '--to', 'keychain', '--to', `${file}#A`, '--json')).stdout,
  );
  const refused = await take('fake-jahuty-0002');
  expect([refused.code, refused.stderr]).toEqual([
    6,
    expect.stringMatching(/is active: key_\w+\n.*--successor/s),
  ]);
  expect(refused.stderr).toContain(old.id);
  const saved = async () => (await keys.run(['env', 'Web', '--shell', 'sh'])).stdout;
  expect(await saved()).toContain('fake-jahuty-0001');
  const said = await take('fake-jahuty-0002', '--successor');
  expect([said.code, said.stderr]).toEqual([0, expect.stringContaining(`the old key ${old.id} works until`)]);
  expect(said.stderr).toMatch(/a\.env#A still has the old secret: keys deliver Web --to PLACE/);
  expect(await saved()).toContain('fake-jahuty-0002');
  expect((await keys.run(['deliver', 'Web', ...of, '--to', `${file}#A`])).code).toBe(0);
  expect(valueIn('a.env', 'A')).toBe('fake-jahuty-0002');
});

it('rolls keys of one vendor in one command, each with the setting that it was created with', async () => {
  const vendor = await vendorServer();
  const path = writeVendorProvider(keys.home, { keepsMetadata: false });
  const text = readFileSync(path, 'utf8')
    .replace(
      'auth: bearer,',
      "auth: bearer, context: [{ name: 'domain', about: 'its domain', required: false }],",
    )
    .replace('({ name, metadata }) =>', '({ name }, { set }) =>')
    .replace('body: { name, metadata }', "body: { name, metadata: { domain: set.domain ?? 'none' } }");
  writeFileSync(path, text);
  await keys.run(['provider', 'add', path]);
  const at = ['--provider', 'vendor', '--base-url', vendor.url];
  await keys.run(['login', ...at, '--with-token', '--insecure-storage'], { stdin: vendor.admin });
  for (const name of ['one', 'two']) {
    const made = await keys.run(['create', name, ...at, '--set', `domain=${name}`, '--to', 'keychain']);
    expect(made.code, made.stderr).toBe(0);
  }
  const rolled = await keys.run(['roll', 'one', 'two', ...at, '--now', '--yes']);
  expect(rolled.code, rolled.stderr).toBe(0);
  const live = vendor.keys.filter(({ revoked }) => !revoked);
  expect(live.map(({ name, metadata }) => [name, metadata['domain']])).toEqual([
    ['one', 'one'],
    ['two', 'two'],
  ]);
  expect(vendor.keys).toHaveLength(4);
});

it.runIf(process.getuid?.() === 0)('runs no command that a ledger of another user names', async () => {
  const ran = join(keys.home, 'ran');
  expect((await keys.run(['create', 'web', '--to', `exec:cat > ${ran}`])).code).toBe(0);
  const before = readFileSync(ran, 'utf8');
  chownSync(join(keys.home, '.local/share/keys'), 65534, 65534);
  const { code, stderr } = await keys.run(['roll', 'web', '--now', '--yes']);
  expect([code, stderr]).toEqual([6, expect.stringContaining('another user owns')]);
  expect(readFileSync(ran, 'utf8')).toBe(before);
});
