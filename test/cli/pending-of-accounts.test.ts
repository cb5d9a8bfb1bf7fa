import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAtVendor } from '../support/home-at-vendor.js';
import { terminal } from '../support/terminal.js';

it('what is pending names the account of each operation: two may have keys of one name', async () => {
  const { keys, vendor } = await homeAtVendor();
  const gate = join(keys.home, 'gate');
  const create = async (...more: string[]) =>
    await keys.run(['create', 'job', '--to', `exec:test -e '${gate}' && cat >/dev/null`, ...more]);
  expect((await create()).code).toBe(9);
  const alone = terminal(keys, ['pending']);
  await alone.see('job');
  expect(alone.shown()).not.toContain('PROVIDER');
  expect(await alone.ended).toBe(0);
  const own = await keys.run(['create', 'job', '--provider', 'keys', '--to', `exec:exit 3`]);
  expect(own.code, own.stderr).toBe(9);
  const rows = JSON.parse((await keys.run(['pending', '--json'])).stdout) as Array<Record<string, unknown>>;
  expect(rows.map(({ name, provider, address }) => [name, provider, address])).toEqual([
    ['job', 'vendor', vendor.url],
    ['job', 'keys', 'embedded'],
  ]);
  const lines = (await keys.run(['pending'])).stdout.trim().split('\n');
  expect(lines.map((line) => line.split('\t').slice(-2))).toEqual([
    ['vendor', vendor.url],
    ['keys', 'embedded'],
  ]);
  const shown = terminal(keys, ['pending'], { cols: 160 });
  await shown.see('PROVIDER');
  expect(await shown.ended).toBe(0);
  writeFileSync(gate, '');
  expect((await keys.run(['resume'])).code).toBe(9);
});
