import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { dockerHub } from '../providers/fixtures/docker-hub.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';

async function program() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  return keys;
}

it('pauses a key of the embedded service, refuses its roll, and unpauses it', async () => {
  const keys = await program();
  const run = async (args: readonly string[], stdin = '') => await keys.run(args, { stdin });
  const created = JSON.parse((await run(['create', 'web', '--json'])).stdout);
  const unasked = await run(['pause', 'web']);
  expect([unasked.code, unasked.stderr.includes('--yes')]).toEqual([2, true]);
  const paused = await run(['pause', 'web', '--yes', '--json']);
  expect(JSON.parse(paused.stdout)).toMatchObject({ id: created.id, status: 'paused' });
  const rolled = await run(['roll', 'web', '--yes', '--json']);
  expect([rolled.code, JSON.parse(rolled.stderr).error.message]).toEqual([
    6,
    `web (${created.id}) is paused: its successor would work at once`,
  ]);
  const refused = await run(['verify', '--json'], created.secret);
  expect([refused.code, JSON.parse(refused.stdout).reason]).toEqual([7, 'disabled']);
  const listed = await run(['list', '--status', 'paused', '--json']);
  expect(JSON.parse(listed.stdout).map(({ name }: { name: string }) => name)).toEqual(['web']);
  const active = await run(['unpause', 'web', '--json']);
  expect(JSON.parse(active.stdout)).toMatchObject({ id: created.id, status: 'active' });
  expect((await run(['verify'], created.secret)).code).toBe(0);
});

it('pauses an old key in its grace with the key of its name, and one alone by its id', async () => {
  const keys = await program();
  const run = async (args: readonly string[], stdin = '') => await keys.run(args, { stdin });
  const old = JSON.parse((await run(['create', 'web', '--json'])).stdout);
  const now = JSON.parse((await run(['roll', 'web', '--yes', '--json'])).stdout);
  const accepted = async () =>
    await Promise.all([old, now].map(async ({ secret }) => (await run(['verify'], secret)).code === 0));
  expect(await accepted()).toEqual([true, true]);
  const dry = JSON.parse((await run(['pause', 'web', '--dry-run', '--json'])).stdout);
  expect(dry.ids.toSorted()).toEqual([old.id, now.id].toSorted());
  const paused = await run(['pause', 'web', '--yes']);
  expect([paused.code, paused.stderr]).toEqual([
    0,
    expect.stringContaining(`paused ${old.id} too: web means every version that works`),
  ]);
  expect(await accepted()).toEqual([false, false]);
  expect((await run(['unpause', 'web'])).code).toBe(0);
  expect(await accepted()).toEqual([true, true]);
  expect((await run(['pause', old.id, '--yes'])).code).toBe(0);
  expect(await accepted()).toEqual([false, true]);
});

it('pauses the successor of a pending roll too, and refuses to pause the old key alone', async () => {
  const keys = await program();
  const run = async (args: readonly string[], stdin = '') => await keys.run(args, { stdin });
  const flag = join(keys.home, 'taken');
  await writeFile(flag, '');
  const sink = join(keys.home, 'sink');
  const created = JSON.parse(
    (await run(['create', 'web', '--to', `exec:cat > ${sink} && test -e ${flag}`, '--json'])).stdout,
  );
  await rm(flag);
  expect((await run(['roll', 'web', '--yes'])).code).toBe(9);
  for (const how of ['--dry-run', '--yes']) {
    const refused = await run(['pause', created.id, how, '--json']);
    expect([refused.code, JSON.parse(refused.stderr).error.message]).toEqual([
      6,
      'web cannot be paused: its roll is pending',
    ]);
  }
  expect((await run(['pause', 'web', '--yes'])).code).toBe(0);
  await writeFile(flag, '');
  await run(['resume']);
  const [secret = ''] = /sk_live_\w+/.exec(await readFile(sink, 'utf8')) ?? [];
  expect((await run(['verify'], secret)).code).toBe(7);
  expect((await run(['unpause', 'web'])).code).toBe(0);
  expect((await run(['verify'], secret)).code).toBe(0);
});

it('pauses a key of a vendor, and says which vendor cannot', async () => {
  const keys = await program();
  await keys.run(['config', 'set', 'storage', 'file']);
  const api = await vendorApi(dockerHub);
  const env = { KEYS_API_KEY: dockerHub.credential };
  const target = ['--provider', 'docker-hub', '--base-url', api.url, '--json'];
  await keys.run(['create', 'ci', '--scope', 'repo:read', ...target], { env });
  const tried = await keys.run(['pause', 'ci', '--dry-run', ...target], { env });
  expect(JSON.parse(tried.stdout)).toMatchObject({ dry_run: true, status: 'paused' });
  const paused = await keys.run(['pause', 'ci', '--yes', ...target], { env });
  expect(JSON.parse(paused.stdout)).toMatchObject({ name: 'ci', status: 'paused' });
  expect(api.exchanges.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
    '{"is_active":false}',
  ]);
  const other = ['--provider', 'resend', '--base-url', api.url, '--json'];
  const refused = await keys.run(['pause', 'ci', '--yes', ...other], { env });
  expect(JSON.parse(refused.stderr).error).toMatchObject({
    code: 'unsupported',
    message: 'Resend has no way to pause a key',
  });
});
