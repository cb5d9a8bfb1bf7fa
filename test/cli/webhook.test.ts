import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

const SECRET = 'fake-signing-secret';
let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

/** What openssl says the signature is. */
const opensslOf = async (body: string) =>
  (await execa('openssl', ['dgst', '-sha256', '-hmac', SECRET], { input: body })).stdout.split(' ').at(-1) ??
  '';
const ENV = { TYLT_SECRET_KEY: SECRET, TRUST_SWIFTLY_WEBHOOK_SECRET: SECRET };

describe.each(['tylt', 'trust-swiftly'])('a webhook of %s', (id) => {
  const run = (args: string[], stdin = '', env: Record<string, string> = ENV) =>
    keys.run(['webhook', ...args, '--provider', id], { stdin, env });

  it('is judged over its raw bytes, as openssl signs them', async () => {
    const body = '{"id": 1,\r\n "ü": "\\u00fc" }\n';
    const signature = await opensslOf(body);
    expect(await run(['verify', '--signature', signature], body)).toMatchObject({ code: 0 });
    const file = join(keys.home, 'body.json');
    writeFileSync(file, body);
    expect((await run(['verify', '--signature', signature, file])).code).toBe(0);
    expect(JSON.parse((await run(['sign', '--json'], body)).stdout).signature).toBe(signature);
  });

  it.each([
    ['another body', '{"a":2}', (right: string) => right, 'signature_wrong'],
    ['upper case', '{"a":1}', (right: string) => right.toUpperCase(), 'not_lower_case'],
    ['base64', '{"a":1}', (right: string) => Buffer.from(right, 'hex').toString('base64'), 'not_hex'],
    ['a cut signature', '{"a":1}', (right: string) => right.slice(0, 60), 'not_hex'],
    ['a body that a proxy has written anew', '{\n  "a": 1\n}', (right: string) => right, 'body_changed'],
    ['a body with a line break more', '{"a":1}\n', (right: string) => right, 'body_changed'],
  ])('says what is wrong: %s', async (_, body, change, reason) => {
    const signature = change(await opensslOf('{"a":1}'));
    const { code, stdout } = await run(['verify', '--signature', signature, '--json'], body);
    expect([code, JSON.parse(stdout)]).toEqual([7, expect.objectContaining({ valid: false, reason })]);
  });

  it('needs the secret that signs, from the environment or a saved key', async () => {
    const signature = await opensslOf('{}');
    const without = await run(['verify', '--signature', signature], '{}', {});
    expect(without).toMatchObject({ code: 4, stderr: expect.stringContaining('--key') });
    await keys.run(['config', 'set', 'storage', 'file']);
    const stdin = id === 'tylt' ? `fake-api-key-0001\n${SECRET}\n` : SECRET;
    const slot = id === 'tylt' ? ['--service', 'hook', '--environment', 'production'] : [];
    await keys.run(['import', '--provider', id, '--name', 'hook', ...slot], { stdin });
    expect((await run(['verify', '--signature', signature, '--key', 'hook'], '{}', {})).code).toBe(0);
  });
});

it('of a provider that signs none is refused', async () => {
  const { code, stderr } = await keys.run(['webhook', 'sign', '--provider', 'swiftsell'], { stdin: '{}' });
  expect([code, stderr]).toEqual([6, expect.stringContaining('not known to sign')]);
});
