import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../../support/vendor-server.js';

const LEDGER_KEY = { KEYS_LEDGER_KEY: Buffer.from('a ledger key of tests only, 32 b').toString('base64') };

let keys: KeysInProcess;
let folder: string;
let env: Record<string, string>;
let server: Awaited<ReturnType<typeof vendorServer>>;
beforeEach(async () => {
  keys = await keysInProcess(LEDGER_KEY);
  folder = join(keys.home, 'app');
  mkdirSync(folder);
  await keys.run(['config', 'set', 'storage', 'file']);
  server = await vendorServer();
  await run(['provider', 'add', writeVendorProvider(folder, { keepsMetadata: true })]);
  env = { KEYS_API_KEY_V: server.admin, KEYS_BASE_URL_V: server.url };
  return () => keys.remove();
});

const run = (args: string[]) => keys.run(args, { cwd: folder, env, timeoutMs: 120_000 });
const byHand = (args: string[]) =>
  keys.run([...args, '--provider', 'vendor', '--base-url', server.url], {
    cwd: folder,
    env: { KEYS_API_KEY: server.admin },
    timeoutMs: 120_000,
  });

/** Writes a file with a key for each name. */
function write(...names: string[]): void {
  const entries = names.map((name) => `  - { name: ${name}, account: v, to: [${name}.env#KEY] }\n`).join('');
  writeFileSync(
    join(folder, 'keys.yaml'),
    `version: 1\naccounts: { v: { provider: vendor, base_url: "${server.url}" } }\nkeys:\n${entries}`,
  );
}

async function planned() {
  const { code, stdout } = await run(['plan', '--json']);
  return { code, ...(JSON.parse(stdout) as { actions: Array<Record<string, unknown>>; to_do: number }) };
}

async function pendingId(): Promise<string> {
  const [operation, ...more] = JSON.parse((await run(['pending', '--json'])).stdout) as Array<{ id: string }>;
  expect(more).toEqual([]);
  return operation?.id ?? '';
}

it('says of a key that left the file that its old key is still to be revoked', async () => {
  write('web', 'job');
  expect((await run(['apply', '--yes'])).code).toBe(0);
  const rolled = await byHand(['roll', 'web', '--grace', '1h', '--yes']);
  expect(rolled.code, rolled.stderr).toBe(0);
  const id = await pendingId();
  write('job');
  const waits = expect.stringMatching(`${id} has still to revoke the old key vk1, at .*‹?keys resume`);
  const { code, to_do, actions } = await planned();
  expect([code, to_do]).toEqual([0, 0]);
  expect(actions).toMatchObject([
    { action: 'unmanaged', key: 'web', id: 'vk1', why: waits },
    { action: 'unmanaged', key: 'web', id: 'vk3', why: waits },
  ]);
  const report = join(folder, 'report.md');
  const applied = await run(['apply', '--yes', '--report', report]);
  expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining(`${id} has still to revoke`)]);
  const [, beside = ''] = readFileSync(report, 'utf8').split('### Not in the file, and not finished');
  expect(beside).toMatch(/<code>v\/web<\/code> <code>vk3<\/code> .*revoke the old key vk1.*keys resume/);
});

it('says of a roll that was begun by hand which places wait, though its keys are gone', async () => {
  write('web', 'job');
  expect((await run(['apply', '--yes'])).code).toBe(0);
  const rolled = await byHand(['roll', 'web', '--yes', '--to', 'exec:exit 3']);
  expect(rolled.code, rolled.stderr).toBe(9);
  const id = await pendingId();
  write('job');
  const unfinished = expect.stringMatching(`its roll ${id} is not finished, for .*exit 3`);
  expect((await planned()).actions).toMatchObject([
    { action: 'unmanaged', id: 'vk1', why: unfinished },
    { action: 'unmanaged', id: 'vk3', why: unfinished },
  ]);
  for (const key of server.keys) if (key.name === 'web') key.revoked = true;
  const gone = await planned();
  expect([gone.code, gone.actions]).toMatchObject([
    0,
    [{ action: 'unmanaged', key: 'web', id: 'vk3', why: unfinished }],
  ]);
  // An operation of an entry is the entry's.
  write('web', 'job');
  expect((await planned()).actions.map(({ action }) => action)).not.toContain('unmanaged');
});

it('names a key that is gone as the ledger does, where the file has a new name for it', async () => {
  write('web');
  expect((await run(['apply', '--yes'])).code).toBe(0);
  for (const key of server.keys) key.revoked = true;
  write('shop');
  const path = join(folder, 'keys.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('name: shop', 'name: shop, renamed_from: web'));
  const refused = await run(['apply', '--yes']);
  expect([refused.code, refused.stderr]).toEqual([
    6,
    expect.stringMatching(
      /^conflict v\/shop .*vk1 is gone at .* Revoke web here too, and apply creates it again/m,
    ),
  ]);
  expect((await byHand(['revoke', 'web', '--yes', '--force'])).code).toBe(0);
  const applied = await run(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
});
