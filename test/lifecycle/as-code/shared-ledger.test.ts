import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../../support/keys-in-process.js';
import { testPostgres } from '../../support/postgres.js';
import { HOUR } from '../../support/settable-clock.js';
import { vendorServer, writeVendorProvider } from '../../support/vendor-server.js';

const { own: server } = await testPostgres({ onTestClock: true });

/** A vendor, a ledger, and the file of a team with one key at that vendor. */
async function team() {
  const vendor = await vendorServer();
  const url = new URL((await server?.freshAddress()) ?? '');
  const { password } = url;
  url.password = '';
  const env = {
    ...{ KEYS_LEDGER_URL: url.href, PGPASSWORD: password },
    KEYS_LEDGER_KEY: randomBytes(32).toString('base64'),
    ...{ KEYS_API_KEY_V: vendor.admin, KEYS_BASE_URL_V: vendor.url },
  };
  const machine = async (name: string) => {
    const keys = await keysInProcess({ ...env, KEYS_MACHINE: name });
    onTestFinished(() => keys.remove());
    await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
    return keys;
  };
  return { vendor, password, machine };
}

/** Writes the file of the team into a home; `to` is a place that each machine can deliver to. */
function writeFile({ home }: KeysInProcess, url: string, to: string): void {
  writeFileSync(
    join(home, 'keys.yaml'),
    `version: 1
defaults: { rotate: 2s, grace: 1s, every: 1s }
accounts: { v: { provider: vendor, base_url: "${url}" } }
keys: [{ name: web, account: v, to: ["${to}"] }]
`,
  );
}

describe.skipIf(server === null)('keys as code on a shared ledger', () => {
  it('reads no account without the key of the team, or with the key of another one', async () => {
    const { vendor, machine } = await team();
    const desk = await machine('desk');
    writeFile(desk, vendor.url, 'exec:cat > got');
    expect((await desk.run(['apply', '--yes'], { cwd: desk.home })).code).toBe(0);
    const before = vendor.keys.length;
    for (const command of [['plan'], ['apply', '--yes']]) {
      const none = await desk.run(command, { cwd: desk.home, env: { KEYS_LEDGER_KEY: '' } });
      expect([none.code, none.stdout, none.stderr]).toEqual([
        2,
        '',
        expect.stringMatching(
          /^keys: error: a shared ledger needs KEYS_LEDGER_KEY\nkeys: hint: .*openssl rand/,
        ),
      ]);
      const theirs = { KEYS_LEDGER_KEY: randomBytes(32).toString('base64') };
      const other = await desk.run(command, { cwd: desk.home, env: theirs });
      expect([other.code, other.stdout, other.stderr]).toEqual([
        6,
        '',
        expect.stringMatching(
          /KEYS_LEDGER_KEY is not the key of the ledger[\s\S]*is it the ledger of another team/,
        ),
      ]);
    }
    expect(vendor.keys).toHaveLength(before);
  });

  it('rolls on a machine whose clock is two hours ahead, and leaves the old key to a machine whose clock is right', async () => {
    const { vendor, password, machine } = await team();
    const [desk, laptop] = [await machine('desk'), await machine('laptop')];
    const shared = join(desk.home, 'shared');
    // Both machines can deliver there, as to a secret manager.
    for (const keys of [desk, laptop]) {
      const kind = join(keys.home, 'store.mjs');
      writeFileSync(kind, placeKind(shared), { mode: 0o600 });
      expect((await keys.run(['places', 'kinds', 'add', kind])).code).toBe(0);
      writeFile(keys, vendor.url, 'store:team#WEB');
    }
    const apply = (keys: KeysInProcess, aheadMs = 0) =>
      keys.run(['apply', '--yes'], { cwd: keys.home, aheadMs });
    expect((await apply(desk)).code).toBe(0);
    const late = await apply(laptop, 2 * HOUR);
    expect([late.code, late.stderr]).toEqual([9, expect.stringContaining('120 minutes ahead')]);
    expect(vendor.keys.map(({ revoked }) => revoked)).toEqual([false, false]);
    expect(readFileSync(shared, 'utf8')).toBe(vendor.keys[1]?.secret);
    // A clock that is behind does not revoke, either.
    expect((await apply(laptop, -2 * HOUR)).stderr).toContain('120 minutes behind');
    expect(vendor.keys[0]?.revoked).toBe(false);
    for (let runs = 1; runs <= 20 && !vendor.keys[0]?.revoked; runs++) await apply(desk);
    expect(vendor.keys[0]?.revoked).toBe(true);
    expect(readFileSync(shared, 'utf8')).toBe(vendor.keys.at(-1)?.secret);
    expect(late.stderr).not.toContain(password);
  }, 300_000);
});

/** A kind of place whose program writes a file that every machine sees. */
function placeKind(path: string): string {
  return `import { place } from 'keys';
export default place({
  id: 'store', title: 'a store', target: '{team}', program: 'sh', install: 'https://store.example',
  probe: () => ['-c', 'true'],
  deliver: () => ['-c', 'cat > ${path}'],
});
`;
}
