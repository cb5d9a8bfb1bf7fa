import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeAtVendor } from '../support/home-at-vendor.js';

/** A vendor whose pages begin with the last key of the page before, and five keys there. */
async function fiveKeys() {
  const home = await homeAtVendor({ overlaps: true });
  const { keys, at } = home;
  for (const name of ['a', 'b', 'web', 'd', 'e'])
    expect(await keys.run(['create', name, '--to', name === 'web' ? at : 'keychain'])).toMatchObject({
      code: 0,
    });
  return home;
}

it('pages that overlap show each key once', async () => {
  const { keys } = await fiveKeys();
  const listed = JSON.parse((await keys.run(['list', '--json'])).stdout) as Array<{ id: string }>;
  expect(listed.map(({ id }) => id)).toEqual(['vk1', 'vk2', 'vk3', 'vk4', 'vk5']);
});

it('a roll at such a vendor replaces the one key of that name, and ends no other', async () => {
  const { keys, secret, live } = await fiveKeys();
  const rolled = await keys.run(['roll', 'web', '--yes', '--now']);
  expect(rolled, rolled.stderr).toMatchObject({ code: 0 });
  expect(live().map(({ id }) => id)).toEqual(['vk1', 'vk2', 'vk4', 'vk5', 'vk6']);
  expect(secret()).toBe(live().at(-1)?.secret);
});

it('a lost response is found there once, and what a stranger has made meanwhile is not touched', async () => {
  const { keys, vendor, live } = await fiveKeys();
  const sink = join(keys.home, 'sink');
  writeFileSync(sink, '');
  vendor.loseResponse();
  const made = await keys.run(['create', 'new', '--to', `exec:cat >> '${sink}'`]);
  expect(made.code, made.stderr).toBe(9);
  const created = new Date().toISOString();
  const stranger = { id: 'vk7', name: 'new', secret: 'vnd_fake_of_a_stranger', metadata: {}, created };
  vendor.keys.push({ ...stranger, revoked: false });
  const resumed = await keys.run(['resume'], { aheadMs: 120_000 });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
  const named = live().filter(({ name }) => name === 'new');
  expect(named.map(({ id }) => id)).toContain('vk7');
  expect(named).toHaveLength(2);
  expect(named.map((key) => key.secret)).toContain(readFileSync(sink, 'utf8').trim());
});
