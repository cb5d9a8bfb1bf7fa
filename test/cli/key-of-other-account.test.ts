import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

/** Each command that finds a key by its name. */
const COMMANDS = [
  ['roll', 'web'],
  ['show', 'web'],
  ['update', 'web', '--expires', '9d', '--yes'],
  ['revoke', 'web', '--yes'],
  ['deliver', 'web', '--to', 'more.env'],
  ['places', 'list', 'web'],
  ['env', 'web'],
  ['run', '--key', 'web', '--', 'true', '--profile', 'of the program'],
] as const;

/** A service with a key `web` of the profile `team`, beside which `other` is in use. */
async function twoProfiles() {
  const { url, managementKey } = await startTestService();
  const login = ['login', '--with-token', '--insecure-storage', '--base-url', url, '--profile', 'team'];
  expect((await keys.run(login, { stdin: managementKey })).code).toBe(0);
  const to = ['--to', 'keychain', '--to', 'web.env#WEB'];
  const made = await keys.run(['create', 'web', '--profile', 'team', ...to], { cwd: keys.home });
  expect(made.code, made.stderr).toBe(0);
  const other = await keys.run(['profile', 'add', 'other', '--policy', 'tylt']);
  expect(other.code, other.stderr).toBe(0);
  expect((await keys.run(['profile', 'use', 'other'])).code).toBe(0);
  return url;
}

it('names the account that has a name, and the command that reaches it, whatever the command', async () => {
  const url = await twoProfiles();
  for (const command of COMMANDS) {
    const { code, stderr } = await keys.run(command, { cwd: keys.home });
    expect(code, stderr).toBe(3);
    expect(stderr).toContain(`the ledger has this key at another account: keys at ${url}`);
    const [verb, ...rest]: readonly string[] = command;
    const end = rest.indexOf('--');
    const words = end < 0 ? rest : rest.slice(0, end);
    const program = end < 0 ? '' : " -- true --profile 'of the program'";
    const line = `there: keys ${verb} ${words.join(' ')} --profile team${program}\n`;
    expect(stderr).toContain(line);
  }
  const there = await keys.run(['roll', 'web', '--profile', 'team', '--yes'], { cwd: keys.home });
  expect(there.code, there.stderr).toBe(0);
});

it('puts the account in the place of the one that was named, and says it in JSON', async () => {
  const url = await twoProfiles();
  const { stderr } = await keys.run(['show', 'web', '--profile=other', '--json']);
  const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
  expect(error).toMatchObject({ code: 'not_found', details: { reference: 'web' } });
  expect(error.hint).toBe(
    `the ledger has this key at another account: keys at ${url}; there: keys show web --json --profile team`,
  );
});

it('names the variables of an account of keys.yaml, and the login where nothing is there', async () => {
  const { url, managementKey } = await startTestService();
  const env = { KEYS_API_KEY_CORE: managementKey, KEYS_BASE_URL_CORE: url };
  const text = `version: 1
accounts: { core: { provider: keys, base_url: "${url}" } }
keys: [{ name: web, account: core, to: [web.env#WEB] }]
`;
  writeFileSync(join(keys.home, 'keys.yaml'), text, { mode: 0o600 });
  const applied = await keys.run(['apply', '--yes'], { env, cwd: keys.home });
  expect(applied.code, applied.stderr).toBe(0);
  const roll = async (more = {}) => await keys.run(['roll', 'web'], { cwd: keys.home, env: more });
  const known = await roll(env);
  expect(known.code).toBe(3);
  expect(known.stderr).toContain(
    `there: KEYS_API_KEY="$KEYS_API_KEY_CORE" KEYS_BASE_URL=${url} keys roll web --provider keys\n`,
  );
  expect((await roll({ KEYS_API_KEY: managementKey, KEYS_BASE_URL: url })).code).toBe(0);
  const unknown = await roll();
  expect(unknown.stderr).toContain(`at another account: keys at ${url}`);
  expect(unknown.stderr).toContain(`keys login --provider keys --base-url ${url}`);
  expect(unknown.stderr).not.toContain('there: ');
});

it('names a way to the embedded service that reaches it, whatever names another one', async () => {
  await twoProfiles();
  expect((await keys.run(['profile', 'use', '--embedded'])).code).toBe(0);
  expect((await keys.run(['create', 'own', '--raw'])).code).toBe(0);
  const shown = async (env = {}) => (await keys.run(['show', 'own'], { env })).stderr;
  expect(await shown({ KEYS_PROFILE: 'team' })).toContain(
    'there: env -u KEYS_BASE_URL -u KEYS_PROFILE -u KEYS_PROVIDER keys show own --provider keys\n',
  );
  expect((await keys.run(['profile', 'use', 'team'])).code).toBe(0);
  expect(await shown()).toContain('there: keys profile use --embedded && keys show own\n');
  await keys.run(['profile', 'use', '--embedded']);
  expect((await keys.run(['show', 'own'])).code).toBe(0);
});
