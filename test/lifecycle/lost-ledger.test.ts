import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { homeAtVendor } from '../support/home-at-vendor.js';
import { startTestService } from '../support/key-service-server.js';
import { keysInProcess } from '../support/keys-in-process.js';

const UNKNOWN = 'the places of web are not known: the ledger does not have ';

/** A home at our own service, whose ledger can be lost. */
async function homeAtService() {
  const { url, managementKey } = await startTestService();
  const keys = await keysInProcess({ KEYS_BASE_URL: url, KEYS_API_KEY: managementKey });
  onTestFinished(() => keys.remove());
  return { keys, at: `${join(keys.home, '.env')}#WEB` };
}

const HOMES = { service: homeAtService, vendor: async () => await homeAtVendor() };

/** A key with its secret in an env file; what rolls it, and what loses the ledger. */
async function keyInFile(kind: keyof typeof HOMES) {
  const { keys, at } = await HOMES[kind]();
  expect(await keys.run(['create', 'web', '--to', at])).toMatchObject({ code: 0 });
  const data = join(keys.home, '.local', 'share', 'keys');
  return {
    roll: async (...flags: string[]) => await keys.run(['roll', 'web', '--yes', ...flags]),
    loseLedger() {
      for (const end of ['', '-wal', '-shm']) rmSync(join(data, `ledger.db${end}`), { force: end !== '' });
    },
    file: () => readFileSync(join(keys.home, '.env'), 'utf8'),
    other: `${join(keys.home, 'other.env')}#WEB`,
  };
}

const DELIVERED = 'the old one, which stops as soon as the new key is delivered';

it.each([
  ['service', ['--now'], DELIVERED],
  ['vendor', ['--now'], DELIVERED],
  ['vendor', ['--now', '--dry-run'], DELIVERED],
  ['service', ['--revoke-first'], 'the old one, which stops before the new key exists'],
  ['vendor', ['--grace', '2h'], /the old one, which stops at 2\d{3}-\d\d-\d\dT/],
] as const)(
  'after its ledger was lost, a roll at a %s with %j says that the places are not known',
  async (kind, flags, when) => {
    const { roll, loseLedger, file, other } = await keyInFile(kind);
    const before = file();
    loseLedger();
    const { code, stderr } = await roll(...flags, '--to', other);
    expect([code, stderr]).toEqual([0, expect.stringContaining(UNKNOWN)]);
    expect(stderr).toMatch(when);
    expect(file()).toBe(before);
    // From now on the ledger has the key, and the place that the roll named.
    if (!flags.includes('--dry-run' as never)) expect((await roll()).stderr).not.toContain(UNKNOWN);
  },
);

it.each(['service', 'vendor'] as const)(
  'a roll of a key that the ledger has is silent on that at a %s',
  async (kind) => {
    const { roll, file } = await keyInFile(kind);
    const before = file();
    const { code, stderr } = await roll('--now');
    expect([code, stderr]).toEqual([0, expect.not.stringContaining(UNKNOWN)]);
    expect(file()).not.toBe(before);
  },
);
