import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../../support/keys-in-process.js';
import { withTranscript } from '../../support/transcript.js';
import { vendorServer, writeVendorProvider } from '../../support/vendor-server.js';

/** A home with three keys of its own service and two of a vendor; the vendor's profile is `mail`. */
async function homeWithFiveKeys() {
  const vendor = await vendorServer();
  const keys = await keysInProcess({ KEYS_LEDGER_KEY: randomBytes(32).toString('base64') });
  onTestFinished(() => keys.remove());
  const run = async (args: string[], stdin = '') => {
    const { code, stderr } = await keys.run(args, { cwd: keys.home, stdin });
    expect(code, stderr).toBe(0);
  };
  await run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
  for (const name of ['web', 'jobs', 'reports'])
    await run(['create', name, '--scope', 'invoices:read', '--to', `${name}.env`]);
  const login = ['login', '--provider', 'vendor', '--base-url', vendor.url, '--profile', 'mail'];
  await run([...login, '--with-token', '--insecure-storage'], vendor.admin);
  for (const name of ['billing worker', 'newsletter'])
    await run(['create', name, '--to', `.env#${name.split(' ')[0]?.toUpperCase()}_KEY`, '--profile', 'mail']);
  return { keys: withTranscript(keys), vendor };
}

it('adopts five keys, does what an edit asks for, and finishes what a failing place held up', async () => {
  const { keys, vendor } = await homeWithFiveKeys();
  const path = join(keys.home, 'keys.yaml');
  const run = async (...args: string[]) => await keys.run(args, { cwd: keys.home });
  const text = () => readFileSync(path, 'utf8');

  expect((await run('adopt')).code).toBe(0);
  expect((await run('plan')).code).toBe(0);
  expect(text().match(/- name: /g)).toHaveLength(5);

  const edited = text()
    .replace(
      /(- name: billing worker[\s\S]*?to:\n\s+- )/,
      '$1"exec:test -e ready && cat > deployed"\n      - ',
    )
    .replace(/(- name: web[\s\S]*?)invoices:read/, '$1invoices:write');
  expect(edited).not.toBe(text());
  writeFileSync(path, edited);
  const planned = await run('plan');
  expect([planned.code, planned.stdout.match(/^\w+/gm)]).toEqual([10, ['deliver', 'update']]);

  const failed = await run('apply', '--yes');
  expect([failed.code, failed.stderr]).toEqual([9, expect.stringContaining('mail/billing worker')]);
  expect(existsSync(join(keys.home, 'deployed'))).toBe(false);
  writeFileSync(join(keys.home, 'ready'), '');
  expect((await run('apply', '--yes')).code).toBe(0);
  expect((await run('plan')).code).toBe(0);

  const active = vendor.keys.filter(({ name }) => name === 'billing worker').at(-1);
  expect(readFileSync(join(keys.home, 'deployed'), 'utf8')).toBe(active?.secret);
  expect(readFileSync(join(keys.home, '.env'), 'utf8')).toContain(`BILLING_KEY=${active?.secret}`);
  keys.write('transcript');
});
