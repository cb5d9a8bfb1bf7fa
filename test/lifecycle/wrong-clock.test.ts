import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';

const DAY_MS = 86_400_000;

/** A home at a service whose clock is right, and a key there for five days. */
async function fiveDays() {
  const { url, managementKey } = await startTestService();
  const keys = await keysInProcess({ KEYS_BASE_URL: url, KEYS_API_KEY: managementKey });
  // The account of a file has variables of its own.
  const env = { KEYS_API_KEY_HERE: managementKey, KEYS_BASE_URL_HERE: url };
  const run = async (aheadDays: number, ...args: string[]) =>
    await keys.run(args, { aheadMs: aheadDays * DAY_MS, cwd: keys.home, env });
  const at = `${join(keys.home, '.env')}#WEB`;
  expect(await run(0, 'create', 'web', '--expires', '5d', '--to', at)).toMatchObject({ code: 0 });
  /** Days from the creation of the newest key of this name to its end, by the service's clock. */
  const lifetime = async (name = 'web') => {
    const { stdout, stderr } = await run(0, 'list', '--all', '--json');
    const listed: Array<Record<'name' | 'created_at' | 'expires_at' | 'status', string>> = JSON.parse(stdout);
    const newest = listed.find((key) => key.name === name && key.status === 'active');
    expect(newest, `${stdout}${stderr}`).toBeDefined();
    return (Date.parse(newest?.expires_at ?? '') - Date.parse(newest?.created_at ?? '')) / DAY_MS;
  };
  return { keys, run, lifetime, url };
}

it.each([2, -3])(
  'a roll by a clock that is %i days ahead creates a key for as long as the old one',
  async (days) => {
    const { keys, run, lifetime } = await fiveDays();
    expect(await run(days, 'roll', 'web', '--yes', '--grace', '1h')).toMatchObject({ code: 9 });
    // The clock is right again.
    expect(await run(0, 'resume')).toMatchObject({ code: 0 });
    expect(await lifetime()).toBeCloseTo(5, 1);
    // The ledger remembers that lifetime.
    expect(await run(0, 'roll', 'web', '--now', '--yes')).toMatchObject({ code: 0 });
    expect(await lifetime()).toBeCloseTo(5, 1);
    expect(await run(days, 'roll', 'web', '--yes', '--expires', '2d')).toMatchObject({ code: 9 });
    expect(await run(0, 'resume')).toMatchObject({ code: 0 });
    expect(await lifetime()).toBeCloseTo(2, 1);
    await keys.remove();
  },
);

it.each([2, -3])('an update by a clock that is %i days ahead sets the end that was asked', async (days) => {
  const { keys, run, lifetime } = await fiveDays();
  expect(await run(days, 'update', 'web', '--expires', '4d')).toMatchObject({ code: 0 });
  expect(await lifetime()).toBeCloseTo(4, 1);
  await keys.remove();
});

it.each([2, -3])(
  'an apply by a clock that is %i days ahead creates a key for as long as the file says',
  async (days) => {
    const { keys, run, lifetime, url } = await fiveDays();
    const account = `{ provider: keys, base_url: "${url}" }`;
    const file = `version: 1
accounts: { here: ${account} }
keys: [{ name: shop, account: here, expires: 7d, to: [shop.env#SHOP] }]
`;
    writeFileSync(join(keys.home, 'keys.yaml'), file, { mode: 0o600 });
    const { code, stderr } = await run(days, 'apply', '--yes');
    expect(code, stderr).toBe(0);
    expect(await lifetime('shop')).toBeCloseTo(7, 1);
    await keys.remove();
  },
);

it('a create that learns only from its response that the clock is wrong says when the key expires', async () => {
  const { keys, run } = await fiveDays();
  const { code, stderr } = await run(10, 'create', 'shop', '--expires', '5d', '--to', '.env.shop#SHOP');
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/ expires at \S+: in 15d by the service's clock/),
  ]);
  const right = await run(0, 'create', 'other', '--expires', '5d', '--to', '.env.other#OTHER');
  expect([right.code, right.stderr]).toEqual([0, expect.not.stringContaining("by the service's clock")]);
  await keys.remove();
});
