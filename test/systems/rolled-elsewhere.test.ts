import { afterEach, expect, it } from 'vitest';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService, type TestService } from '../support/key-service-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
afterEach(() => keys?.remove());

interface Shown {
  readonly id: string;
  readonly secret: string;
}

/**
 * A service under a policy, the program that has logged in to it, and what another machine does over HTTP.
 */
async function serviceOf(policy: string) {
  const service: TestService = await startTestService({ policy, encryptionKey: testEncryptionKey() });
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  const login = [
    'login',
    '--base-url',
    service.url,
    '--profile',
    'team',
    '--with-token',
    '--insecure-storage',
  ];
  await keys.run(login, { stdin: service.managementKey });
  const post = async (path: string, body: object): Promise<Shown> => {
    const response = await fetch(`${service.url}/v1/api-keys${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.managementKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { data: Shown }).data;
  };
  return {
    create: (name: string) => post('', { name }),
    roll: (id: string) => post(`/${id}/roll`, {}),
    run: (...args: string[]) => keys.run([...args, '--profile', 'team']),
    isAccepted: async (key: string) => {
      const { stdout } = await keys.run(['verify', '--profile', 'team', '--json'], { stdin: key });
      return JSON.parse(stdout).valid as boolean;
    },
  };
}

it.each(['keys', 'jahuty'])(
  '%s: revokes every version of a key that was rolled over HTTP',
  async (policy) => {
    const { create, roll, run, isAccepted } = await serviceOf(policy);
    const first = await create('A1');
    const stranger = await create('A2');
    const second = await roll(first.id);
    const dry = await run('revoke', 'A1', '--dry-run', '--json');
    const ids = (text: string, of: string) =>
      JSON.parse(text)
        [of].map(({ id }: Shown) => id)
        .sort();
    expect(ids(dry.stdout, 'revoke')).toEqual([first.id, second.id].sort());
    const { code, stderr } = await run('revoke', 'A1', '--yes');
    expect(code, stderr).toBe(0);
    for (const { id } of [first, second]) expect(stderr).toContain(`revoked A1 (${id})`);
    for (const { secret } of [first, second]) expect(await isAccepted(secret)).toBe(false);
    expect(await isAccepted(stranger.secret)).toBe(true);
  },
);

it('takes a version that was rolled over HTTP into the ledger: show, env, roll and revoke by name', async () => {
  const { roll, run, isAccepted } = await serviceOf('jahuty');
  const file = `${keys.home}/.env`;
  const created = await run('create', 'R1', '--to', `${file}#R1`, '--to', 'keychain', '--json');
  const first = JSON.parse(created.stdout);
  const second = await roll(first.id);
  const shown = await run('show', 'R1', '--json');
  expect([shown.code, JSON.parse(shown.stdout).id]).toEqual([0, second.id]);
  expect(shown.stderr).toContain(`R1 was rolled elsewhere: its newest version is ${second.id}`);
  expect((await run('show', 'R1', '--json')).stderr).toBe('');
  const env = await run('env', 'R1', '--shell', 'dotenv');
  expect(env.stderr).toContain(`this is the secret of ${first.id}, which retires`);
  // What uses the second version would stop, and only its own machine knows what that is.
  const refused = await run('roll', 'R1', '--yes', '--json');
  expect([refused.code, await isAccepted(second.secret)]).toEqual([6, true]);
  const rolled = await run('roll', second.id, '--yes', '--json');
  expect(rolled.code, rolled.stderr).toBe(0);
  const revoked = await run('revoke', 'R1', '--yes');
  expect([revoked.code, revoked.stderr.match(/^revoked R1/gm)?.length]).toEqual([0, 3]);
  expect(await isAccepted(second.secret)).toBe(false);
  expect(JSON.parse((await run('list', '--status', 'active', '--name', 'R1', '--json')).stdout)).toEqual([]);
});

it('says "2 keys" of two keys that only share a name', async () => {
  const { create, run } = await serviceOf('keys');
  await create('Same');
  await create('Same');
  expect(await run('revoke', 'Same', '--yes')).toMatchObject({ code: 2 });
});
