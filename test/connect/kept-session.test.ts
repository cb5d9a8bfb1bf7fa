import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

const CREDENTIAL = 'client:fake_client_secret_for_tests';
/** A vendor that limits logins, and so keeps its session. */
const DEFINITION = `import { bearer, clientCredentials, provider } from 'keys';
export default provider({
  id: 'limited', title: 'Limited', documentation: 'https://limited.example', variable: 'LIMITED_KEY',
  auth: bearer, managedBy: 'pair',
  login: clientCredentials({ path: '/token', parameters: { audience: 'keys' }, keep: true }),
  keys: { path: '/keys', secret: 'secret', fields: { name: 'name' }, create: {} },
});
`;

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
  const file = join(keys.home, 'limited.mjs');
  writeFileSync(file, DEFINITION);
  await keys.run(['provider', 'add', file]);
  return () => keys.remove();
});

/** A vendor whose tokens are numbered. `end()` ends all of them. */
async function limited() {
  let count = 0;
  let valid = 0;
  const { url, seen } = await faultyServer((response, { url: path, headers }) => {
    if (path === '/token') {
      valid = ++count;
      return sendJson(response, 200, { access_token: `fake_token_${valid}`, expires_in: 3600 });
    }
    if (headers.authorization === `Bearer fake_token_${valid}`) return sendJson(response, 200, []);
    sendJson(response, 401, { message: 'the token has ended' });
  });
  const list = async (credential = CREDENTIAL) =>
    await keys.run(['list', '--json', '--provider', 'limited', '--base-url', url], {
      env: { KEYS_API_KEY: credential },
    });
  const logins = () => seen.filter(({ url: path }) => path === '/token').map(({ body }) => body);
  return { logins, list, end: () => (valid = -1) };
}

it('is used by the next command, and replaced once it is refused', async () => {
  const { logins, list, end } = await limited();
  expect((await list()).code).toBe(0);
  expect((await list()).code).toBe(0);
  expect(logins().map((body) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
    {
      grant_type: 'client_credentials',
      client_id: 'client',
      client_secret: 'fake_client_secret_for_tests',
      audience: 'keys',
    },
  ]);
  end();
  expect((await list()).code).toBe(0);
  expect((await list()).code).toBe(0);
  expect(logins()).toHaveLength(2);
});

it('belongs to one credential', async () => {
  const { logins, list } = await limited();
  await list();
  await list('other:fake_client_secret_for_tests');
  expect(logins()).toHaveLength(2);
});

it.each([
  ['a time that is no number', { expiresAt: null }],
  ['a time as text', { expiresAt: '2099-01-01T00:00:00Z' }],
  ['headers that are a list', { headers: ['Bearer fake'] }],
  ['a header that is no text', { headers: { authorization: 7 } }],
])('with %s is none: the next command logs in', async (_, damage) => {
  const { logins, list } = await limited();
  await list();
  const path = join(keys.home, '.config/keys/credentials.json');
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Record<string, { secret: string }>;
  const [item = ''] = Object.keys(kept).filter((name) => name.startsWith('session:'));
  const session = { ...JSON.parse(kept[item]?.secret ?? ''), ...damage };
  writeFileSync(
    path,
    JSON.stringify({ ...kept, [item]: { ...kept[item], secret: JSON.stringify(session) } }),
  );
  expect((await list()).code).toBe(0);
  expect(logins()).toHaveLength(2);
});
