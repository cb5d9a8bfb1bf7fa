import { expect, it, onTestFinished } from 'vitest';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld } from '../walks/world.js';

it('refuses a new name that is the id of another working key: every command would mean that key', async () => {
  const world = await openWorld(VENDOR_KINDS.filter(({ id }) => id === 'plain'));
  onTestFinished(() => world.close());
  const run = (...args: string[]) => world.run([...args, '--profile', 'plain']);
  const to = (variable: string) => ['--to', `${world.folder}/a/.env#${variable}`];
  await run('create', 'web', ...to('WEB'));
  await run('create', 'shop', ...to('SHOP'));
  const taken = [6, expect.stringContaining('k1 is the id of another key of this account: web')];
  for (const args of [
    ['create', 'k1', ...to('OTHER')],
    ['create', 'k1', ...to('OTHER'), '--dry-run'],
    ['update', 'shop', '--name', 'k1'],
    ['update', 'shop', '--name', 'k1', '--dry-run'],
  ]) {
    const { code, stderr } = await run(...args);
    expect([code, stderr]).toEqual(taken);
  }
  expect((await world.account('plain').keys()).map(({ name }) => name)).toEqual(['web', 'shop']);
  // A key may have its own id as its name, and the id of a key that has ended.
  expect((await run('update', 'web', '--name', 'k1')).code).toBe(0);
  expect((await run('update', 'k1', '--name', 'web')).code).toBe(0);
  expect((await run('revoke', 'web', '--yes')).code).toBe(0);
  expect((await run('create', 'k1', ...to('OTHER'))).code).toBe(0);
});
