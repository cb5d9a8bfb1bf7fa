import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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
function writeFile({ home }: KeysInProcess, url: string, to: string, rotate = '200s'): void {
  writeFileSync(
    join(home, 'keys.yaml'),
    `version: 1
defaults: { rotate: ${rotate}, grace: 1s, every: 1s }
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

  it('says of keys that only the ledger of this machine has how they are brought, and takes none in', async () => {
    const { vendor, machine } = await team();
    const desk = await machine('desk');
    writeFile(desk, vendor.url, 'exec:cat > got');
    const own = { cwd: desk.home, env: { KEYS_LEDGER_URL: '' } };
    expect((await desk.run(['apply', '--yes'], own)).code).toBe(0);
    const brings = 'keys ledger move postgres brings';
    for (const command of [['plan'], ['list', '--provider', 'vendor', '--base-url', vendor.url]]) {
      const { stderr } = await desk.run(command, { cwd: desk.home, env: { KEYS_API_KEY: vendor.admin } });
      expect(stderr).toContain(`the ledger of this machine has 1 key: ${brings} them`);
    }
    const planned = await desk.run(['plan'], { cwd: desk.home });
    expect([planned.code, planned.stdout, planned.stderr]).toEqual([
      10,
      expect.stringMatching(/^conflict\tv\tweb\tvk1\tvk1 is in the ledger of this machine/),
      expect.stringMatching(/\n1 for a person: see why above\n$/),
    ]);
    expect(planned.stdout).toContain(`${brings} it there`);
    expect(planned.stdout).not.toContain('adopt');
    const applied = await desk.run(['apply', '--yes'], { cwd: desk.home });
    expect([applied.code, applied.stderr]).toEqual([6, expect.stringContaining(`${brings} it there`)]);
    // Another key makes the shared ledger one that is in use.
    const other = [
      'create',
      'other',
      '--provider',
      'vendor',
      '--base-url',
      vendor.url,
      '--to',
      'exec:cat > o',
    ];
    expect((await desk.run(other, { cwd: desk.home, env: { KEYS_API_KEY: vendor.admin } })).code).toBe(0);
    expect((await desk.run(['plan'], { cwd: desk.home })).stdout).toContain(`${brings} it there`);
    const adopted = await desk.run(
      ['adopt', 'new.yaml', '--account', 'v', '--provider', 'vendor', '--base-url', vendor.url],
      { cwd: desk.home },
    );
    expect([adopted.code, adopted.stderr]).toEqual([6, expect.stringContaining(`${brings} it there`)]);
    expect((await desk.run(['ledger', 'move', 'postgres'], { cwd: desk.home })).code).toBe(0);
    const moved = await desk.run(['plan'], { cwd: desk.home });
    expect([moved.code, moved.stderr]).toEqual([0, 'nothing to do\n']);
  }, 300_000);

  it('leaves to each machine the places that are there, and counts them as work of none other', async () => {
    const { vendor, machine } = await team();
    const [desk, laptop] = [await machine('desk'), await machine('laptop')];
    for (const keys of [desk, laptop]) writeFile(keys, vendor.url, 'web.env#WEB');
    const run = (keys: KeysInProcess, ...args: string[]) =>
      keys.run(args, { cwd: keys.home, aheadMs: ahead });
    let ahead = 0;
    expect((await run(desk, 'apply', '--yes')).code).toBe(0);
    const shown = await run(desk, 'ledger', 'show', '--json');
    const { created_by: onDesk } = JSON.parse(shown.stdout) as { created_by: string };
    expect(await run(laptop, 'plan')).toMatchObject({ code: 0, stderr: 'nothing to do\n' });
    ahead = 240_000;
    const due = await run(laptop, 'plan', '--json');
    const { to_do, actions } = JSON.parse(due.stdout) as { to_do: number; actions: object[] };
    expect([due.code, to_do]).toEqual([0, 0]);
    expect(actions).toMatchObject([{ action: 'roll', key: 'web', to_do: false, on: onDesk }]);
    expect((await run(laptop, 'plan')).stderr).toBe(`nothing to do here; 1 for ${onDesk}\n`);
    const report = join(laptop.home, 'report.md');
    const left = await run(laptop, 'apply', '--yes', '--report', report);
    expect([left.code, left.stderr]).toEqual([
      0,
      expect.stringMatching(new RegExp(`roll v/web \\(vk1\\): left to ${onDesk}: .* run apply there`)),
    ]);
    const [, theirs = ''] = readFileSync(report, 'utf8').split('### Left to other machines');
    expect(theirs).toMatch(/\| roll \| .*v\/web.*vk1.* only .*desk can deliver to .*: run apply there/);
    expect(vendor.keys).toHaveLength(1);
    // Who skips the machine rolls here, and the delivery is that machine's.
    expect((await run(laptop, 'plan', '--skip', onDesk)).stderr).toBe('1 to do: keys apply\n');
    expect((await run(laptop, 'plan', '--skip', 'attic')).code).toBe(2);
    expect((await run(laptop, 'apply', '--yes', '--skip', onDesk)).code).toBe(9);
    expect(existsSync(join(laptop.home, 'web.env'))).toBe(false);
    // The vendor's clock has not moved on: the new key is not due.
    ahead = 0;
    expect((await run(laptop, 'plan')).stdout).toMatch(
      /^deliver\tv\tweb\tvk2\t.*web.env#WEB on .*apply there\n$/,
    );
    expect((await run(laptop, 'apply', '--yes')).code).toBe(0);
    expect((await run(desk, 'apply', '--yes')).code).toBe(0);
    expect(readFileSync(join(desk.home, 'web.env'), 'utf8')).toBe(`WEB=${vendor.keys[1]?.secret}\n`);
  }, 300_000);

  it('says how a key is rolled that has places on two machines', async () => {
    const { vendor, machine } = await team();
    const [desk, laptop] = [await machine('desk'), await machine('laptop')];
    writeFile(desk, vendor.url, 'web.env#WEB');
    writeFile(laptop, vendor.url, 'other.env#WEB');
    const apply = (keys: KeysInProcess, ...flags: string[]) =>
      keys.run(['apply', '--yes', ...flags], { cwd: keys.home });
    expect((await apply(desk)).code).toBe(0);
    const planned = await laptop.run(['plan'], { cwd: laptop.home, aheadMs: 240_000 });
    expect([planned.code, planned.stdout]).toEqual([
      10,
      expect.stringMatching(/^by_hand\tv\tweb\tvk1\t.*apply --skip \S+@desk rolls it, and resume there/),
    ]);
    const [, onDesk = ''] = /--skip (\S+)/.exec(planned.stdout) ?? [];
    const rolled = await laptop.run(['apply', '--yes', '--skip', onDesk], {
      cwd: laptop.home,
      aheadMs: 240_000,
    });
    expect([rolled.code, vendor.keys.length]).toEqual([9, 2]);
    expect(readFileSync(join(laptop.home, 'other.env'), 'utf8')).toBe(`WEB=${vendor.keys[1]?.secret}\n`);
  }, 300_000);

  it('rolls on a machine whose clock is two hours ahead, and leaves the old key to a machine whose clock is right', async () => {
    const { vendor, password, machine } = await team();
    const [desk, laptop] = [await machine('desk'), await machine('laptop')];
    const shared = join(desk.home, 'shared');
    // Both machines can deliver there, as to a secret manager.
    for (const keys of [desk, laptop]) {
      const kind = join(keys.home, 'store.mjs');
      writeFileSync(kind, placeKind(shared), { mode: 0o600 });
      expect((await keys.run(['places', 'kinds', 'add', kind])).code).toBe(0);
      writeFile(keys, vendor.url, 'store:team#WEB', '2s');
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
