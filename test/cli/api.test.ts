import { beforeEach, describe, expect, it } from 'vitest';
import { faultyServer, sendJson } from '../support/faulty-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

const FAKE = 'sk_live_fake_for_a_test';
let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const server = (status = 200, body: unknown = { ok: true }) =>
  faultyServer((response) => sendJson(response, status, body));

it('sends the request with the key of the environment, and prints the body alone', async () => {
  const { url, seen } = await server();
  const { code, stdout, stderr } = await keys.run(
    [
      'api',
      'post',
      '/v1/x?a=1',
      '--base-url',
      url,
      '--query',
      'b=2 3',
      '--header',
      'X-Trace: 7',
      '--data',
      '-',
    ],
    { env: { KEYS_API_KEY: FAKE }, stdin: '{"n": 1}' },
  );
  expect([code, stdout, stderr]).toEqual([0, '{"ok":true}', '']);
  expect(seen[0]).toMatchObject({
    method: 'POST',
    url: '/v1/x?a=1&b=2+3',
    body: '{"n": 1}',
    headers: { authorization: `Bearer ${FAKE}`, 'x-trace': '7', 'content-type': 'application/json' },
  });
});

it('prints bytes as they come', async () => {
  const { url } = await faultyServer((response) => response.end(Buffer.from([0, 255, 13, 10, 128])));
  const { execa } = await import('execa');
  const { BIN } = await import('../support/keys.js');
  const { stdout } = await execa(process.execPath, [BIN, 'api', 'GET', '/x', '--base-url', url], {
    env: { ...keys.env, KEYS_API_KEY: FAKE },
    extendEnv: false,
    encoding: 'buffer',
  });
  expect([...stdout]).toEqual([0, 255, 13, 10, 128]);
});

it.each([
  [200, 0],
  [204, 0],
  [400, 2],
  [401, 4],
  [403, 4],
  [404, 3],
  [409, 6],
  [418, 1],
])('turns %i into exit %i, and prints the body all the same', async (status, exit) => {
  const { url } = await faultyServer((response) =>
    response.writeHead(status).end(status === 204 ? '' : 'why'),
  );
  const { code, stdout } = await keys.run(['api', 'GET', '/x', '--base-url', url], {
    env: { KEYS_API_KEY: FAKE },
  });
  expect([code, stdout]).toEqual([exit, status === 204 ? '' : 'why']);
});

it('prints status and headers before the body where that is asked for', async () => {
  const { url } = await server(404, { no: 1 });
  const { stdout } = await keys.run(['api', 'GET', '/x', '--include', '--base-url', url], {
    env: { KEYS_API_KEY: FAKE },
  });
  expect(stdout).toMatch(/^HTTP 404\n(.+\n)*content-type: application\/json\n(.+\n)*\n\{"no":1\}$/);
});

describe('refuses', () => {
  it.each([
    ['an address', ['GET', 'https://evil.example/x']],
    ['two slashes', ['GET', '//evil.example/x']],
    ['a backslash', ['GET', '/\\evil.example/x']],
    ['a path without a slash', ['GET', 'x']],
    ['a way out of the base URL', ['GET', '/../x']],
    ['another method', ['TRACE', '/x']],
    ['a credential header', ['GET', '/x', '--header', 'Authorization: Bearer x']],
    ['another one', ['GET', '/x', '--header', 'x-api-key: x']],
    ["a signature's", ['GET', '/x', '--header', 'X-TLP-SIGNATURE: x']],
    ['a cookie', ['GET', '/x', '--header', 'cookie: a=b']],
    ['a header with a line break', ['GET', '/x', '--header', 'a: b\r\nc: d']],
    ['a body in the command line', ['POST', '/x', '--data', '{"a":1}']],
    ['stdin twice', ['POST', '/x', '--data', '-', '--key', '-']],
  ])('%s, and sends nothing', async (_, args) => {
    const { url, seen } = await server();
    const { code } = await keys.run(['api', ...args, '--base-url', `${url}/team`], {
      env: { KEYS_API_KEY: FAKE },
    });
    expect([code, seen]).toEqual([2, []]);
  });
});

it("uses the provider's own variables, a saved key, and says what is missing", async () => {
  const { url, seen } = await server();
  const jahuty = ['--provider', 'jahuty', '--base-url', url];
  expect(await keys.run(['api', 'GET', '/x', ...jahuty])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('JAHUTY_API_KEY'),
  });
  await keys.run(['api', 'GET', '/x', ...jahuty], { env: { JAHUTY_API_KEY: 'fake-from-variable' } });
  await storeSecretsInFile(keys);
  await keys.run(['import', '--provider', 'jahuty', '--name', 'saved'], { stdin: 'fake-from-ledger' });
  await keys.run(['api', 'GET', '/x', ...jahuty, '--key', 'saved']);
  expect(seen.map(({ headers }) => headers['authorization'])).toEqual([
    'Bearer fake-from-variable',
    'Bearer fake-from-ledger',
  ]);
});

it('sends a demo pair to a demo address only, from stdin, from variables and from the ledger', async () => {
  const { url, seen } = await server();
  const tylt = ['--provider', 'tylt'];
  const pair = (name: string) => `fake-${name}-api-key\nfake-${name}-secret-key\n`;
  const variables = (name: string) => ({
    TYLT_API_KEY: `fake-${name}-api-key`,
    TYLT_SECRET_KEY: `fake-${name}-secret-key`,
  });
  await storeSecretsInFile(keys);
  const named = ['--name', 'shop', '--service', 'shop', '--environment', 'demo'];
  await keys.run(['import', ...tylt, ...named], { stdin: pair('demo') });
  const get = (args: readonly string[], options = {}) =>
    keys.run(['api', 'GET', '/x', ...tylt, ...args, '--debug'], options);
  const refused = [
    // The ledger knows that it is of demo, whatever the command says.
    [await get(['--key', '-'], { stdin: pair('demo') }), 6],
    [await get(['--key', '-', '--environment', 'production'], { stdin: pair('demo') }), 6],
    [await get([], { env: variables('demo') }), 6],
    [await get(['--base-url', 'https://api.tylt.money', '--key', 'shop']), 6],
    // The environment of these is unknown.
    [await get(['--key', '-'], { stdin: pair('new') }), 2],
    [await get([], { env: variables('new') }), 2],
    // The vendor publishes no address for demo.
    [await get(['--key', '-', '--environment', 'demo'], { stdin: pair('new') }), 2],
  ] as const;
  for (const [{ code, stderr }, expected] of refused) {
    expect([code, stderr]).toEqual([expected, expect.stringMatching(/demo/)]);
    expect(stderr).not.toMatch(/GET https/);
  }
  // Where no address is known for demo, the hint has the whole option.
  for (const index of [0, 6]) expect(refused[index]?.[0].stderr).toContain('demo --base-url https://…');
  const demo = ['--environment', 'demo', '--base-url', url];
  expect((await get([...demo, '--key', '-'], { stdin: pair('demo') })).code).toBe(0);
  expect((await get(demo, { env: variables('new') })).code).toBe(0);
  expect(seen.map(({ headers }) => headers['x-tlp-apikey'])).toEqual([
    'fake-demo-api-key',
    'fake-new-api-key',
  ]);
  const asked = await keys.run(['verify', ...tylt, '--debug'], { stdin: pair('new') });
  expect([asked.code, asked.stderr]).toEqual([6, expect.stringContaining('say which with --environment')]);
  expect(asked.stderr).not.toMatch(/GET https/);
});

it('takes the environment of a pair from no profile that the command does not name', async () => {
  const { url, seen } = await server();
  await storeSecretsInFile(keys);
  const tylt = ['--provider', 'tylt'];
  const stdin = 'fake-demo-api-key-1\nfake-demo-secret-key-1\n';
  await keys.run(['profile', 'add', 'till', ...tylt, '--environment', 'production']);
  await keys.run(['profile', 'add', 'elsewhere', ...tylt, '--base-url', url, '--environment', 'production']);
  const shop = ['--name', 'shop', '--service', 'shop'];
  const get = ['api', 'GET', '/x', '--key'];
  const asked = [
    await keys.run(['import', ...tylt, ...shop], { stdin }),
    await keys.run(['profile', 'use', 'till']),
    await keys.run(['import', ...shop], { stdin }),
    await keys.run([...get, '-', '--debug'], { stdin }),
    await keys.run([...get, '-', ...tylt, '--debug'], { stdin }),
  ];
  expect(asked.map(({ code }) => code)).toEqual([2, 0, 2, 2, 2]);
  for (const { code, stderr } of asked) if (code !== 0) expect(stderr).toMatch(/--environment/);
  const named = await keys.run(['import', ...shop, '--environment', 'demo'], { stdin });
  expect(named.code, named.stderr).toBe(0);
  // A profile says that this address is of production.
  for (const target of [
    ['--profile', 'elsewhere'],
    [...tylt, '--base-url', url],
  ]) {
    const refused = await keys.run([...get, 'shop', ...target]);
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('this is a demo key')]);
    expect(await keys.run(['verify', ...target], { stdin })).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('wrong environment'),
    });
  }
  expect(seen).toEqual([]);
  const other = await keys.run(
    ['import', '--profile', 'till', ...shop, '--successor'].concat('--environment', 'production'),
    { stdin: stdin.replaceAll('demo', 'new') },
  );
  expect([other.code, other.stderr]).toEqual([6, expect.stringContaining('a key of another environment')]);
});

it('shows no credential in a trace', async () => {
  const { url } = await server();
  const { stderr } = await keys.run(
    ['api', 'GET', '/x', '--provider', 'tylt', '--base-url', url, '--key', '-', '--debug'],
    {
      stdin: 'fake-api-key-1\nfake-secret-key-1\n',
    },
  );
  expect(stderr).toContain('GET');
  expect(stderr).not.toMatch(/fake-(api|secret)-key-1/);
});
