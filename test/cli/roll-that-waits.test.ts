import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { consoleBrowser } from '../support/console-browser.js';
import { consoleInProcess } from '../support/console-in-process.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

it('an old key of a key service whose successor has not reached its place: list, show, audit and revoke say so', async () => {
  const keys = await keysInProcess();
  const json = async (...line: string[]) => JSON.parse((await keys.run([...line, '--json'])).stdout);
  expect((await keys.run(['create', 'Yed', '--to', `${keys.home}/yed.env`, '--yes'])).code).toBe(0);
  const [{ id: old }] = await json('list');
  expect((await keys.run(['roll', 'Yed', '--to', 'exec:exit 3', '--yes'])).code).toBe(9);
  const [{ id: operation }] = await json('pending');

  const listed = (await json('list')).find(({ id }: { id: string }) => id === old);
  expect(listed).toMatchObject({ status: 'retiring', next: { event: 'deliver' } });
  const shown = await keys.run(['show', old]);
  expect(shown.stdout).toContain('keys resume delivers its successor');
  const { findings } = JSON.parse((await keys.run(['audit', '--json'], { aheadMs: 91 * 86_400_000 })).stdout);
  const ofOld = findings.filter(({ key }: { key: { id: string } | null }) => key?.id === old);
  expect(ofOld).toContainEqual(
    expect.objectContaining({ rule: 'retiring-overdue', fix: `keys resume ${operation}` }),
  );
  const fixes = ofOld.map(({ fix }: { fix: string | null }) => fix ?? '');
  expect(fixes.filter((fix: string) => /^keys (roll|create) /.test(fix))).toEqual([]);

  const revoked = await keys.run(['revoke', old, '--yes']);
  expect([revoked.code, revoked.stderr]).toEqual([
    0,
    expect.stringMatching(/new key \S+ of Yed has not reached exec:exit 3: keys resume op_\w+ delivers it/),
  ]);
  await keys.remove();
});

/** Logs in, and returns the options that name the service and its path in the console. */
const SERVICES = {
  'the embedded service': async () => ({ options: [], path: 'own/keys' }),
  'a key service elsewhere, which filters by status itself': async (keys: KeysInProcess) => {
    const { url, managementKey } = await startTestService();
    const login = ['login', '--base-url', url, '--profile', 'away', '--with-token'];
    expect((await keys.run(login, { stdin: managementKey })).code).toBe(0);
    return { options: ['--profile', 'away'], path: 'p/away' };
  },
  'a vendor that knows no state but active': async (keys: KeysInProcess) => {
    const { url, admin } = await vendorServer();
    await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
    const login = ['login', '--provider', 'vendor', '--base-url', url, '--profile', 'acme', '--with-token'];
    expect((await keys.run(login, { stdin: admin })).code).toBe(0);
    return { options: ['--profile', 'acme'], path: 'p/acme' };
  },
} as const;

it.each(Object.entries(SERVICES))(
  'lists by status a key that only the ledger knows to be retiring, on every page: %s',
  async (_, logIn) => {
    const keys = await keysInProcess();
    await storeSecretsInFile(keys);
    const { options, path } = await logIn(keys);
    const run = async (...line: string[]) => await keys.run([...line, ...options]);
    const idsOf = async (...line: string[]) =>
      JSON.parse((await run('list', ...line, '--json')).stdout).map(({ id }: { id: string }) => id);
    const created = await run('create', 'Held', '--to', `${keys.home}/held.env`, '--yes');
    expect(created.code, created.stderr).toBe(0);
    const [old] = await idsOf('--name', 'Held');
    expect((await run('roll', 'Held', '--to', 'exec:exit 3', '--yes')).code).toBe(9);
    // Newer keys come first: the old key is on a later page.
    for (const name of ['Other', 'Another']) await run('create', name, '--to', `${keys.home}/${name}.env`);

    expect(await idsOf('--status', 'retiring')).toEqual([old]);
    expect(await idsOf('--status', 'retiring', '--limit', '1')).toEqual([old]);
    expect(await idsOf('--status', 'active')).not.toContain(old);
    expect(await idsOf('--status', 'retiring', '--status', 'active')).toContain(old);
    expect(await idsOf('--status', 'retiring', '--name', 'Other')).toEqual([]);

    const { browser, base } = await consoleInProcess(keys);
    const pages = [
      `${base}/${path}/keys?status=retiring&limit=1`,
      `${base}/${path}/keys?status=retiring&sort=name`,
      `${base}/keys?status=retiring`,
    ];
    for (const page of pages) {
      const { body } = await browser.get(page);
      expect(body, page).toContain(`/keys/${old}"`);
      expect(body, page).not.toContain('>Other<');
    }
    expect((await browser.get(`${base}/${path}/keys?status=active`)).body).not.toContain(`/keys/${old}"`);
    await keys.remove();
  },
);

it('the audits of both consoles name a roll that waits, and that of a service no place of this machine', async () => {
  const keys = await keysInProcess();
  await keys.run(['create', 'Held', '--to', `${keys.home}/held.env`, '--yes']);
  expect((await keys.run(['roll', 'Held', '--to', 'exec:exit 3', '--yes'])).code).toBe(9);
  const [{ id: operation, key_id: successor }] = JSON.parse((await keys.run(['pending', '--json'])).stdout);
  const own = await consoleInProcess(keys);
  const here = (await own.browser.get(`${own.base}/own/keys/audit`)).body;
  expect(here).toMatch(new RegExp(`its roll is pending: ${successor} has not reached exec:exit 3`));

  const served = await serve(keys);
  const { body } = await served.get('/console/audit');
  expect(body).toContain(`its roll is pending: ${successor} has not reached all its places`);
  expect(body).toContain(`keys resume ${operation}`);
  expect(body).not.toContain('exec:');
  const later = await keys.run(['resume', operation]);
  expect(later.code).toBe(9);
  expect((await keys.run(['pending', 'drop', operation, '--yes'])).code).toBe(0);
  expect((await served.get('/console/audit')).body).not.toContain('its roll is pending');
  await keys.remove();
});

/** `keys serve` over the same home, and a browser that is signed in to its console. */
async function serve({ env, home }: KeysInProcess) {
  const running = execa(process.execPath, [BIN, 'serve', '--port', '0'], {
    env,
    extendEnv: false,
    reject: false,
  });
  onTestFinished(async () => {
    running.kill();
    await running;
  });
  let said = '';
  running.stderr?.on('data', (text) => {
    said += text;
  });
  await expect.poll(() => said, { timeout: 60_000 }).toContain('listening on');
  const browser = consoleBrowser(/listening on (http:\S+)/.exec(said)?.[1] ?? '');
  const path = /the management key is in (\S+)/.exec(said)?.[1] ?? `${home}/management.key`;
  await browser.signIn(readFileSync(path, 'utf8').trim());
  return browser;
}
