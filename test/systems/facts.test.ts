import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signBytes } from '../../src/domain/signatures.js';
import { signedPart } from '../../src/domain/signed-part.js';
import { faultyServer, type SeenRequest, sendJson } from '../support/faulty-server.js';
import { type KeysProgram, storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { rawRequest } from '../support/raw-request.js';

/**
 * Facts of the five systems, one test a row of what is known of each; what a service enforces is in
 * policies.test.ts.
 */
let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
});
/** Keeps secrets in a file. */
const home = async () => {
  await storeSecretsInFile(keys);
};
afterEach(() => keys?.remove());

/** What `provider show` says of a system. It is the same in every home, so it is asked once. */
const shown = new Map<string, Promise<ReturnType<typeof JSON.parse>>>();
const show = (id: string) => {
  const known = shown.get(id) ?? askProgram(id);
  shown.set(id, known);
  return known;
};
async function askProgram(id: string) {
  const program = await keysInProcess();
  const { stdout } = await program.run(['provider', 'show', id, '--json']);
  await program.remove();
  return JSON.parse(stdout);
}

/** What a vendor would see of `keys api`: the scheme is the provider's, whatever the address. */
async function seenBy(
  id: string,
  credential: string,
  args: readonly string[] = ['GET', '/x'],
): Promise<SeenRequest & { code: number }> {
  await home();
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, { ok: true }));
  const { code } = await keys.run(['api', ...args, '--provider', id, '--base-url', url, '--key', '-'], {
    stdin: credential,
  });
  const [request] = seen;
  if (request === undefined) throw new Error('nothing was sent');
  return { ...request, code };
}

describe('trust-swiftly', () => {
  it('credential: one secret key, with full access', async () => {
    expect(await show('trust-swiftly')).toMatchObject({
      credential: { kind: 'secret' },
      notes: expect.arrayContaining([expect.stringContaining('full access')]),
    });
  });
  it('request: Bearer, a User-Agent, Accept: application/json', async () => {
    const { headers } = await seenBy('trust-swiftly', 'fake-ts-key-0001');
    expect(headers).toMatchObject({ authorization: 'Bearer fake-ts-key-0001', accept: 'application/json' });
    expect(headers['user-agent']).toMatch(/^keys\/\d/);
  });
  it("base URL: the account's sub-domain", async () => {
    expect((await show('trust-swiftly')).base_url).toBe('https://{sub_domain}.trustswiftly.com');
    const missing = await keys.run(['api', 'GET', '/api/x', '--provider', 'trust-swiftly', '--key', '-'], {
      stdin: 'fake-ts-key-0001',
    });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('--base-url') });
    const odd = ['--provider', 'trust-swiftly', '--set', 'sub_domain=evil.example/', '--key', '-'];
    expect((await keys.run(['api', 'GET', '/api/x', ...odd], { stdin: 'fake-ts-key-0001' })).code).toBe(2);
  });
  it('environment variable: TRUST_SWIFTLY_API_KEY', async () => {
    await home();
    await keys.run(['import', '--provider', 'trust-swiftly', '--name', 'a'], { stdin: 'fake-ts-key-0001' });
    const { stdout } = await keys.run(['env', 'a', '--shell', 'sh']);
    expect(stdout).toBe("export TRUST_SWIFTLY_API_KEY='fake-ts-key-0001'\n");
  });
  it('dashboard: Settings → API → Generate New Key', async () => {
    expect((await show('trust-swiftly')).dashboard).toBe('https://app.trustswiftly.com');
  });
  it('live check: a read without personal data', async () => {
    expect((await show('trust-swiftly')).live_check).toBe('GET /api/settings/templates/verifications');
  });
  it('errors: error_type and error_message are understood', async () => {
    await home();
    const { url } = await faultyServer((response) =>
      sendJson(response, 401, { error_type: 'api_auth_error', error_message: 'no such token' }),
    );
    const checked = await keys.run(['verify', '--provider', 'trust-swiftly', '--base-url', url], {
      stdin: 'fake-ts-key-0001',
    });
    expect(checked).toMatchObject({ code: 7, stderr: expect.stringContaining('no such token') });
  });
  it('rate limit: a 429 is waited for', async () => {
    await home();
    const { url, seen } = await faultyServer((response, _, count) =>
      count === 1 ? sendJson(response, 429, {}, { 'retry-after': '1' }) : sendJson(response, 200, {}),
    );
    const { code } = await keys.run(
      ['api', 'GET', '/x', '--provider', 'trust-swiftly', '--base-url', url, '--key', '-'],
      { stdin: 'fake-ts-key-0001' },
    );
    expect([code, seen.length]).toEqual([0, 2]);
  });
  it('webhook: Signature, HMAC-SHA256 by a signing secret of its own', async () => {
    expect((await show('trust-swiftly')).webhook).toEqual({
      header: 'signature',
      signed_with: 'signing_secret',
    });
  });
});

describe('keys', () => {
  it('request: Bearer', async () => {
    expect((await seenBy('keys', 'sk_live_fake')).headers['authorization']).toBe('Bearer sk_live_fake');
  });
  it('environments: sk_test_ and sk_live_', async () => {
    expect(await show('keys')).toMatchObject({
      environments: ['live', 'test'],
      credential: { prefixes: ['sk_live_', 'sk_test_', 'pk_live_', 'pk_test_'] },
    });
  });
  it('environment variable: API_KEY', async () => {
    await home();
    const { stdout } = await keys.run([
      'create',
      '--name',
      'x',
      '--provider',
      'keys',
      '--env',
      '--shell',
      'dotenv',
    ]);
    expect(stdout).toMatch(/^API_KEY=sk_live_/);
  });
  it('rotation: the hint of 90 days', async () => {
    expect((await show('keys')).notes.join(' ')).toContain('90 days');
  });
});

describe('swiftsell', () => {
  it('credential: ss_', async () => {
    expect((await show('swiftsell')).credential).toEqual({ kind: 'secret', prefixes: ['ss_'] });
  });
  it('request: x-api-key, bare', async () => {
    const { headers } = await seenBy('swiftsell', 'ss_fake_key_0001');
    expect([headers['x-api-key'], headers['authorization']]).toEqual(['ss_fake_key_0001', undefined]);
  });
  it('live check: none is known, and nothing is sent', async () => {
    expect((await show('swiftsell')).live_check).toBeNull();
    const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
    const checked = await keys.run(['verify', '--provider', 'swiftsell', '--base-url', url], {
      stdin: 'ss_fake_key_0001',
    });
    expect(checked).toMatchObject({ code: 6, stderr: expect.stringContaining('nothing was sent') });
    expect(seen).toEqual([]);
  });
  it('delete: integrations must be updated first, and that is said', async () => {
    await home();
    await keys.run(['import', '--provider', 'swiftsell', '--name', 'a'], { stdin: 'ss_fake_key_0001' });
    const { stderr } = await keys.run(['revoke', 'a', '--provider', 'swiftsell', '--yes']);
    expect(stderr).toMatch(/no integration uses the key any more: it is invalid at once/);
  });
  it('dashboard: Settings → API Keys', async () => {
    expect((await show('swiftsell')).dashboard).toBe('https://app.swiftsellai.com');
  });
});

describe('tylt', () => {
  const PAIR = 'fake-api-key-0001\nfake-secret-key-1\n';
  const SLOT = ['--service', 'x', '--environment', 'production'];
  it('credential: a pair', async () => {
    expect(await show('tylt')).toMatchObject({
      credential: { kind: 'pair' },
      variables: ['TYLT_API_KEY', 'TYLT_SECRET_KEY'],
      environments: ['production', 'demo'],
    });
  });
  it('environments: where a demo pair is sent, and how to say which one it is', async () => {
    const notes = (await show('tylt')).notes.join('\n');
    expect(notes).toMatch(/demo pair is sent to the demo address only.*--base-url/);
    expect(notes).toMatch(/needs --environment production or demo/);
    expect(notes).toMatch(/needs both: --service and --environment/);
  });
  it.each([
    ['POST: over the raw body, byte for byte', ['POST', '/orders', '--data', '@body'], '{ "amount" : 1 }\n'],
    [
      'GET with parameters: over their compact JSON, in order, values as strings',
      ['GET', '/x?b=2', '--query', 'a=x y'],
      '{"b":"2","a":"x y"}',
    ],
    ['GET without: over {}', ['GET', '/x'], '{}'],
  ])('signature: %s', async (_, args, part) => {
    await home();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${keys.home}/body`, part);
    const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
    const withFile = args.map((arg) => (arg === '@body' ? `@${keys.home}/body` : arg));
    const { code, stderr } = await keys.run(
      ['api', ...withFile, '--provider', 'tylt', '--base-url', url, '--key', '-'],
      { stdin: PAIR },
    );
    expect(code, stderr).toBe(0);
    const { stdout } = await execa('openssl', ['dgst', '-sha256', '-hmac', 'fake-secret-key-1'], {
      input: part,
    });
    expect(seen[0]?.headers).toMatchObject({
      'x-tlp-apikey': 'fake-api-key-0001',
      'x-tlp-signature': stdout.split(' ').at(-1),
    });
    expect(JSON.stringify(seen)).not.toContain('fake-secret-key-1');
    if (args[0] === 'POST') expect(seen[0]?.body).toBe(part);
  });
  it('base URL: api.tylt.money; a demo host must be given', async () => {
    expect((await show('tylt')).base_url).toBe('https://api.tylt.money');
    await home();
    const made = await keys.run(
      ['create', '--provider', 'tylt', '--name', 'a', '--service', 'x', '--environment', 'demo', '--yes'],
      {
        stdin: PAIR,
      },
    );
    expect(made.stderr).toContain('the key was not tried: no address to ask');
  });
  it('live check: the balance, read-only, signed', async () => {
    expect((await show('tylt')).live_check).toBe('GET /transactions/merchant/getAccountBalance');
    const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
    expect((await keys.run(['verify', '--provider', 'tylt', '--base-url', url], { stdin: PAIR })).code).toBe(
      0,
    );
    expect(seen[0]).toMatchObject({
      url: '/transactions/merchant/getAccountBalance',
      headers: { 'x-tlp-signature': signBytes('fake-secret-key-1', '{}') },
    });
  });
  it('webhook: X-TLP-SIGNATURE by the secret key; the response is ok', async () => {
    expect((await show('tylt')).webhook).toEqual({ header: 'x-tlp-signature', signed_with: 'secret_key' });
  });
  it('dashboard: no way to delete a pair is documented, and that is said', async () => {
    await home();
    await keys.run(['import', '--provider', 'tylt', '--name', 'a', ...SLOT], { stdin: PAIR });
    const { stderr } = await keys.run(['revoke', 'a', '--provider', 'tylt', '--yes']);
    expect(stderr).toContain('no way to delete a pair is documented');
  });
});

describe('jahuty', () => {
  it('types: public and secret, not told apart by their form', async () => {
    expect(await show('jahuty')).toMatchObject({ types: ['secret', 'public'], credential: { prefixes: [] } });
  });
  it('expiration date: the end of that day in local time, in the help of each command that takes one', () => {
    for (const command of ['create', 'update', 'import', 'roll']) {
      const page = readFileSync(new URL(`../../man/keys-${command}.1`, import.meta.url), 'utf8');
      expect(page.match(/the end of that day in local time/g)).toHaveLength(command === 'roll' ? 2 : 1);
    }
  });
  it('roll: 12 hours, no more and no less', async () => {
    expect((await show('jahuty')).roll.vendor).toContain('12 hours, no more and no less');
  });
  it('request: Bearer, at api.jahuty.com', async () => {
    expect((await seenBy('jahuty', 'fake-jahuty-0001')).headers['authorization']).toBe(
      'Bearer fake-jahuty-0001',
    );
    expect((await show('jahuty')).base_url).toBe('https://api.jahuty.com');
  });
  it('dashboard: New API key; Roll or Delete behind the ellipsis', async () => {
    await home();
    await keys.run(['import', '--provider', 'jahuty', '--name', 'a'], { stdin: 'fake-jahuty-0001' });
    const { stderr } = await keys.run(['revoke', 'a', '--provider', 'jahuty', '--yes']);
    expect(stderr).toContain('the ellipsis beside a → Delete');
  });
  it.each([
    [401, 4],
    [402, 4],
    [403, 4],
    [404, 3],
  ])('errors: RFC 7807, %i is exit %i', async (status, exit) => {
    await home();
    const { url } = await faultyServer((response) =>
      sendJson(
        response,
        status,
        { type: 'about:blank', title: 'No', status, detail: 'not this one' },
        {
          'content-type': 'application/problem+json',
        },
      ),
    );
    const { code, stdout } = await keys.run(
      ['api', 'GET', '/x', '--provider', 'jahuty', '--base-url', url, '--key', '-'],
      { stdin: 'fake-jahuty-0001' },
    );
    expect([code, JSON.parse(stdout).detail]).toEqual([exit, 'not this one']);
  });
});

describe('signatures', () => {
  it.each([
    ['a body', { url: 'https://a.example/x?ignored=1', body: '{"a":1}' }, '{"a":1}'],
    ['parameters', { url: 'https://a.example/x?b=2&a=%C3%BC' }, '{"b":"2","a":"ü"}'],
    ['nothing', { url: 'https://a.example/x' }, '{}'],
  ])('are over %s, as openssl says', async (_, request, part) => {
    const signed = signedPart(request);
    expect(signed.toString()).toBe(part);
    const { stdout } = await execa('openssl', ['dgst', '-sha256', '-hmac', 'fake-secret'], { input: part });
    expect(signBytes('fake-secret', signed)).toBe(stdout.split(' ').at(-1));
  });
});

it('a signature is not over a parameter that comes twice: servers differ in which of the two counts', () => {
  const url = 'https://a.example/x?amount=999&amount=1';
  expect(() => signedPart({ url })).toThrow('a signed parameter comes twice: amount');
});

it('a raw request has no User-Agent that it was not given', async () => {
  const { url, seen } = await faultyServer((response) => sendJson(response, 200, {}));
  await rawRequest(url);
  expect(seen[0]?.headers['user-agent']).toBeUndefined();
});
