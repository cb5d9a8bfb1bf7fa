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

type Program = Awaited<ReturnType<typeof program>>;

/** What the command says with `--dry-run`, which must be what it says without. */
async function refusal(keys: Program, args: readonly string[], env: Record<string, string> = {}) {
  const json = [...args, '--json'];
  const dry = await keys.run([...json, '--dry-run'], { env });
  const real = await keys.run(json, { env });
  const { code, message } = JSON.parse(dry.stderr.trim().split('\n').at(-1) ?? '').error;
  expect(JSON.parse(real.stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({ code, message });
  expect(dry.code).toBe(real.code);
  expect(dry.stdout).toBe('');
  return [dry.code, message];
}

it('refuses a create where the create is refused: a taken name, a taken place, a bad place', async () => {
  const keys = await program();
  const env = join(keys.home, '.env');
  await keys.run(['create', 'web', '--to', `${env}#WEB`]);
  expect(await refusal(keys, ['create', 'web'])).toEqual([
    6,
    expect.stringContaining('is named web already'),
  ]);
  expect(await refusal(keys, ['create', 'other', '--to', `${env}#WEB`])).toEqual([
    6,
    expect.stringContaining('WEB'),
  ]);
  expect(await refusal(keys, ['create', 'other', '--environment', 'staging'])).toEqual([
    2,
    expect.stringContaining('no environment staging'),
  ]);
  expect((await refusal(keys, ['create', 'other', '--type', 'public', '--scope', '*']))[0]).not.toBe(0);
  const gone = join(keys.home, 'none', '.env');
  expect((await refusal(keys, ['create', 'other', '--to', `${gone}#OTHER`]))[0]).not.toBe(0);
});

it('refuses an update where the update is refused: a taken name, a revoked key, what a vendor cannot change', async () => {
  const keys = await program();
  for (const name of ['web', 'other']) await keys.run(['create', name, '--raw']);
  expect(await refusal(keys, ['update', 'web', '--name', 'other'])).toEqual([
    6,
    expect.stringContaining('is named other'),
  ]);
  await keys.run(['revoke', 'other', '--yes']);
  expect(await refusal(keys, ['update', 'other', '--owner', 'team'])).toEqual([
    6,
    expect.stringContaining('a revoked key cannot be changed'),
  ]);
  await keys.run(['config', 'set', 'storage', 'file']);
  const { url } = await vendorApi(dockerHub);
  const env = { KEYS_API_KEY: dockerHub.credential };
  const hub = ['--provider', 'docker-hub', '--base-url', url];
  await keys.run(['create', 'ci', '--scope', 'repo:read', '--json', ...hub], { env });
  expect(await refusal(keys, ['update', 'ci', '--expires', '30d', ...hub], env)).toEqual([
    6,
    expect.stringContaining("cannot change a key's expiry"),
  ]);
});

it('says which pending create it would finish, and refuses other rights', async () => {
  const keys = await program();
  const place = ['--to', 'exec:false'];
  const begun = await keys.run(['create', 'web', ...place, '--json']);
  expect(begun.code).toBe(9);
  const [operation] = JSON.parse((await keys.run(['pending', '--json'])).stdout);
  const dry = await keys.run(['create', 'web', ...place, '--dry-run', '--json']);
  expect(JSON.parse(dry.stdout)).toEqual({
    ...{ dry_run: true, create: { name: 'web' }, resumes: operation.id },
  });
  expect(await refusal(keys, ['create', 'web', '--scope', 'a:read', ...place])).toEqual([
    6,
    expect.stringContaining('with other rights is pending'),
  ]);
});

it('says at a service elsewhere that the service was not asked, and nothing of it on this machine', async () => {
  const keys = await program();
  await keys.run(['config', 'set', 'storage', 'file']);
  const { url } = await vendorApi(dockerHub);
  const env = { KEYS_API_KEY: dockerHub.credential };
  const hub = ['--provider', 'docker-hub', '--base-url', url];
  const asked = ['create', 'ci', '--scope', 'repo:read', '--to', 'keychain', '--dry-run'];
  const there = await keys.run([...asked, ...hub], { env });
  expect(there.stdout).toContain('not asked\tthe service: it may still refuse this');
  expect(JSON.parse((await keys.run([...asked, '--json', ...hub], { env })).stdout)).toMatchObject({
    ...{ dry_run: true, service_asked: false },
  });
  await keys.run(['create', 'ci', '--scope', 'repo:read', '--to', 'keychain', ...hub], { env });
  const changed = await keys.run(['update', 'ci', '--name', 'cd', '--dry-run', ...hub], { env });
  expect(changed.stdout).toContain('not asked\tthe service: it may still refuse this');
  const here = await keys.run(asked);
  expect([here.code, here.stdout]).toEqual([0, expect.not.stringContaining('not asked')]);
});
