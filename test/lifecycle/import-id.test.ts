import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import { resend } from '../providers/fixtures/resend.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { terminal } from '../support/terminal.js';
import { loopbackApi } from '../support/vendor-api.js';

/**
 * README's recipe “Replace a key that was pasted into .env” at vendors that need to be told which key it
 * is.
 */

interface AcmeKey {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  readonly tail: string;
}

const ADMIN = 'acme_fake_admin_for_tests';

/** A vendor of a file of the user's own, which shows the last four characters of each secret. */
async function acme(keys: AcmeKey[], tellsHolder: boolean) {
  const app = new Hono();
  const shown = ({ secret: _, ...rest }: AcmeKey) => ({ ...rest, created_at: '2026-01-02T03:04:05Z' });
  app.get('/me', (context) => {
    const key = keys.find(({ secret }) => context.req.header('authorization') === `Bearer ${secret}`);
    if (key === undefined) return context.json({ error: 'unknown key' }, 401);
    // Of this response only the id is needed.
    return context.json(tellsHolder ? { id: key.id } : {});
  });
  app.use('/keys/*', async (context, next) =>
    context.req.header('authorization') === `Bearer ${ADMIN}` ? await next() : context.json({}, 401),
  );
  app.get('/keys', (context) => context.json({ keys: keys.map(shown) }));
  app.post('/keys', async (context) => {
    const secret = `acme_fake_${crypto.randomUUID()}`;
    const key = {
      id: `k${keys.length + 10}`,
      name: (await context.req.json()).name,
      secret,
      tail: secret.slice(-4),
    };
    keys.push(key);
    return context.json({ ...shown(key), secret }, 201);
  });
  app.delete('/keys/:id', (context) => {
    const at = keys.findIndex(({ id }) => id === context.req.param('id'));
    if (at < 0) return context.json({ error: 'no such key' }, 404);
    keys.splice(at, 1);
    return context.body(null, 204);
  });
  return (await loopbackApi((request) => app.fetch(request))).url;
}

const acmeFile = (tellsHolder: boolean) => `import { provider, text } from 'keys';
export default provider({
  id: 'acme', title: 'Acme', documentation: 'https://acme.example/docs', variable: 'ACME_API_KEY',
  prefixes: ['acme_'], check: 'GET /me',
  keys: {
    path: '/keys', list: { in: 'keys' }, get: false, secret: 'secret',
    fields: { hint: text('tail') },
    ${tellsHolder ? "own: { at: 'GET /me' }," : ''}
  },
});
`;

/** A home that is logged in at a vendor, and a pasted secret in its env file. */
async function home(provider: string, url: string, credential: string, pasted: string, file?: string) {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const env = join(keys.home, '.env');
  writeFileSync(env, `SHOP=${pasted}\n`);
  await keys.run(['config', 'set', 'storage', 'file']);
  if (file !== undefined) {
    const path = join(keys.home, 'acme.mjs');
    writeFileSync(path, file, { mode: 0o600 });
    expect(await keys.run(['provider', 'add', path])).toMatchObject({ code: 0 });
  }
  const login = ['login', '--provider', provider, '--base-url', url, '--profile', 'at', '--with-token'];
  const done = await keys.run([...login, '--insecure-storage'], { stdin: credential });
  expect(done, done.stderr).toMatchObject({ code: 0 });
  await keys.run(['profile', 'use', 'at']);
  const inFile = () => /^SHOP=(.*)$/m.exec(readFileSync(env, 'utf8'))?.[1];
  return { keys, at: `${env}#SHOP`, inFile };
}

/** A vendor with the pasted key and two others; one ends as the pasted secret does. */
function threeKeys(): AcmeKey[] {
  const key = (id: string, name: string, secret: string) => ({ id, name, secret, tail: secret.slice(-4) });
  return [
    key('k1', 'shop', 'acme_fake_pasted_wxyz'),
    key('k2', 'shop 2', 'acme_fake_other_abcd'),
    key('k3', 'till', 'acme_fake_third_wxyz'),
  ];
}

async function rollsToTheEnd(
  { keys, at, inFile }: Awaited<ReturnType<typeof home>>,
  more: readonly string[] = [],
) {
  const rolled = await keys.run(['roll', 'shop', '--to', at, '--now', '--yes', ...more]);
  expect(rolled, rolled.stderr).toMatchObject({ code: 0 });
  const { stdout } = await keys.run(['env', 'shop']);
  expect(stdout).toContain(inFile());
  return inFile();
}

it('a vendor that tells the holder of a secret which key it is needs no id', async () => {
  const vendor = threeKeys();
  const at = await home('acme', await acme(vendor, true), ADMIN, 'acme_fake_pasted_wxyz', acmeFile(true));
  const imported = await at.keys.run(['import', '--name', 'shop', '--from', at.at, '--json']);
  expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(imported.stdout)).toMatchObject({ id: 'k1', name: 'shop' });
  const fresh = await rollsToTheEnd(at);
  expect(vendor.map(({ id, secret }) => (secret === fresh ? 'fresh' : id))).toEqual(['k2', 'k3', 'fresh']);
  const other = await at.keys.run(['import', '--id', 'k3'], { stdin: 'acme_fake_other_abcd' });
  expect(other).toMatchObject({ code: 6, stderr: expect.stringContaining('its secret is that of k2') });
});

it('an id is checked by the end of the secret and by the name, and fixes an import without one', async () => {
  const vendor = threeKeys();
  const at = await home('acme', await acme(vendor, false), ADMIN, 'acme_fake_pasted_wxyz', acmeFile(false));
  const { keys } = at;
  const first = await keys.run(['import', '--name', 'shop', '--from', at.at]);
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('--id ID') });
  const refused = await keys.run(['roll', 'shop', '--now', '--yes']);
  expect(refused).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('keys import --name shop --id ID'),
  });
  for (const [id, why] of [
    ['k2', '…abcd, and this one is another'],
    ['k3', 'k3 is named till at Acme, not shop'],
    ['k9', 'no such key: k9'],
  ] as const) {
    const wrong = await keys.run(['import', '--name', 'shop', '--id', id]);
    expect([id, wrong.code, wrong.stderr]).toEqual([id, id === 'k9' ? 3 : 6, expect.stringContaining(why)]);
  }
  const fixed = await keys.run(['import', '--name', 'shop', '--id', 'k1', '--json']);
  expect(fixed, fixed.stderr).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(fixed.stdout)).toMatchObject({ id: 'k1' });
  expect((await keys.run(['env', 'shop'])).stdout).toContain('acme_fake_pasted_wxyz');
  const fresh = await rollsToTheEnd(at);
  expect(vendor.map(({ id, secret }) => (secret === fresh ? 'fresh' : id))).toEqual(['k2', 'k3', 'fresh']);
});

it('with Resend, which shows no part of a secret, the id and the scope are said', async () => {
  const { app: make, credential } = resend;
  const records: object[] = [];
  const app = make(records as never);
  const { url } = await loopbackApi((request) => app.fetch(request));
  const theirs = await fetch(`${url}/api-keys`, {
    ...{ method: 'POST', body: JSON.stringify({ name: 'shop', permission: 'sending_access' }) },
    headers: { authorization: `Bearer ${credential}` },
  });
  const { id, token } = (await theirs.json()) as { id: string; token: string };
  const at = await home('resend', url, String(credential), token);
  const imported = await at.keys.run(['import', '--name', 'shop', '--id', id, '--from', at.at]);
  expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: '' });
  const fresh = await rollsToTheEnd(at, ['--scope', 'sending_access', '--set', 'domain=']);
  expect(records).toMatchObject([{ token: fresh, name: 'shop', permission: 'sending_access' }]);
});

it('a person is asked, among the keys whose secrets end as this one does', async () => {
  const vendor = threeKeys();
  const at = await home('acme', await acme(vendor, false), ADMIN, 'acme_fake_pasted_wxyz', acmeFile(false));
  const asked = terminal(at.keys, ['import', '--from', at.at]);
  await asked.see('Which key of the account is this');
  expect(asked.shown()).not.toContain('k2');
  asked.type('shop');
  await expect.poll(async () => (await asked.screen()).join('\n')).not.toContain('k3');
  asked.type('\r');
  await asked.see('stored in');
  expect(await asked.ended).toBe(0);
  const fresh = await rollsToTheEnd(at);
  expect(vendor.map(({ id, secret }) => (secret === fresh ? 'fresh' : id))).toEqual(['k2', 'k3', 'fresh']);
  expect(existsSync(join(at.keys.home, '.env'))).toBe(true);
});

it('an id that two programs give at once is given once, and the key can be rolled', async () => {
  const vendor = threeKeys();
  const at = await home('acme', await acme(vendor, false), ADMIN, 'acme_fake_pasted_wxyz', acmeFile(false));
  const { keys } = at;
  expect((await keys.run(['import', '--name', 'shop', '--from', at.at])).code).toBe(0);
  const identify = () => keys.start(['import', '--name', 'shop', '--id', 'k1']);
  const results = await Promise.all([identify(), identify()]);
  const said = results.map(({ code, stderr }) => `${code}: ${stderr}`).join('\n');
  expect(
    results.map(({ code }) => code),
    said,
  ).toContain(0);
  // The other one finds the key with its id, or waits for the first.
  for (const { code } of results) expect([0, 6], said).toContain(code);
  const again = await identify();
  expect([again.code, again.stderr]).toEqual([
    6,
    expect.stringContaining('this key is known already: shop (k1)'),
  ]);
  const listed = JSON.parse((await keys.run(['list', '--json'])).stdout) as Array<Record<string, unknown>>;
  expect(listed.map(({ id }) => id)).toEqual(['k1', 'k2', 'k3']);
  expect((await keys.run(['env', 'shop'])).stdout).toContain('acme_fake_pasted_wxyz');
  const fresh = await rollsToTheEnd(at);
  expect(vendor.map(({ id, secret }) => (secret === fresh ? 'fresh' : id))).toEqual(['k2', 'k3', 'fresh']);
  const revoked = await keys.run(['revoke', 'shop', '--yes']);
  expect(revoked, revoked.stderr).toMatchObject({ code: 0 });
  expect(vendor.map(({ id }) => id)).toEqual(['k2', 'k3']);
});

it('an id with another secret on stdin than the saved one is refused, and the same one is accepted', async () => {
  const vendor = threeKeys();
  const at = await home('acme', await acme(vendor, false), ADMIN, 'acme_fake_pasted_wxyz', acmeFile(false));
  const { keys } = at;
  expect((await keys.run(['import', '--name', 'shop', '--from', at.at])).code).toBe(0);
  const identify = ['import', '--name', 'shop', '--id', 'k1'];
  const other = await keys.run(identify, { stdin: 'acme_fake_another_wxyz' });
  expect(other, other.stderr).toMatchObject({ code: 6 });
  expect(other.stderr).toContain('the secret on stdin is not that of shop');
  expect((await keys.run(['env', 'shop'])).stdout).toContain('acme_fake_pasted_wxyz');
  const same = await keys.run(identify, { stdin: 'acme_fake_pasted_wxyz\n' });
  expect(same, same.stderr).toMatchObject({ code: 0 });
});
