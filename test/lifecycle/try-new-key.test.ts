import { beforeEach, describe, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';

let keys: KeysProgram;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

/** Rolls a key made with these options, at once, and returns the new secret and what else the roll said. */
async function rolled(env: Readonly<Record<string, string>>, options: readonly string[]) {
  const made = await keys.run(['create', 'web', ...options], { env });
  expect(made.code, made.stderr).toBe(0);
  const { code, stdout, stderr } = await keys.run(['roll', 'web', '--now', '--yes', '--json'], { env });
  expect(code, stderr).toBe(0);
  const { secret, previous } = JSON.parse(stdout);
  return { secret: secret as string, previous, stderr };
}

describe('the trial of a new key', () => {
  const RESTRICTIONS = [
    ['--allow-ip', '192.0.2.0/24'],
    ['--allow-endpoint', 'GET /v1/users/*'],
    ['--allow-referrer', 'https://example.com/*'],
  ];

  it.each(RESTRICTIONS)('does not hold a roll up where %s refuses this machine', async (...restriction) => {
    const service = await startTestService();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    const { previous, stderr } = await rolled(env, restriction);
    expect(previous.status).toBe('revoked');
    expect(stderr).toContain('was not tried');
    expect((await rolled({}, restriction)).previous.status).toBe('revoked');
  });

  it.each(['--uses', '--rate', '--quota'])('spends nothing of %s', async (limit) => {
    const once = { '--uses': '1', '--rate': '1/day', '--quota': '1/month' }[limit] ?? '';
    const service = await startTestService();
    const env = { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url };
    const { secret } = await rolled(env, [limit, once]);
    const use = async () =>
      (await fetch(`${service.url}/v1/authorize`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect([await use(), await use()]).toEqual([204, limit === '--uses' ? 403 : 429]);
    const embedded = await rolled({}, [limit, once]);
    expect((await keys.run(['verify'], { stdin: embedded.secret })).code).toBe(0);
    expect((await keys.run(['verify'], { stdin: embedded.secret })).code).toBe(7);
  });
});
