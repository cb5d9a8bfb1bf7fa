import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { LONGEST_REQUEST_MS } from '../../src/domain/longest-request.js';
import { BIN } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

it('the request of a program that was killed arrives late: resume has waited for it, and one key is left', async () => {
  const [vendor, keys] = [await vendorServer(), await keysInProcess()];
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  await keys.run(['provider', 'add', writeVendorProvider(keys.home, { keepsMetadata: true })]);
  const service = ['--provider', 'vendor', '--base-url', vendor.url, '--profile', 'at-vendor'];
  await keys.run(['login', ...service, '--with-token', '--insecure-storage'], { stdin: vendor.admin });
  const { arrived, go } = vendor.holdCreate();
  const file = join(keys.home, '.env');
  const killed = execa(
    process.execPath,
    [BIN, 'create', 'web', '--profile', 'at-vendor', '--to', `${file}#WEB`],
    { env: keys.env, extendEnv: false, reject: false },
  );
  await arrived;
  killed.kill('SIGKILL');
  await killed;

  const early = await keys.run(['resume', '--json']);
  expect([early.code, JSON.parse(early.stdout)]).toMatchObject([
    9,
    {
      operations: [{ result: 'waiting', waiting: expect.stringMatching(/until 20.*; try again after that/) }],
    },
  ]);
  go();
  await expect.poll(() => vendor.keys.length, { timeout: 60_000 }).toBe(1);
  const late = await keys.run(['resume', '--json'], { aheadMs: LONGEST_REQUEST_MS });
  expect([late.code, JSON.parse(late.stdout)]).toMatchObject([
    0,
    { operations: [{ result: 'created_anew', revoked: ['vk1'] }] },
  ]);
  const active = vendor.keys.filter(({ revoked }) => !revoked);
  expect([active.map(({ id }) => id), readFileSync(file, 'utf8')]).toEqual([
    ['vk2'],
    `WEB=${active[0]?.secret}\n`,
  ]);
}, 180_000);
