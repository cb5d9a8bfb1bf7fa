import { beforeEach, expect, it } from 'vitest';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld, type World } from '../walks/world.js';

/** What a vendor's own roll may do, and what the program says of it. */

let world: World;
beforeEach(async () => {
  world = await openWorld(VENDOR_KINDS.filter(({ id }) => ['inplace', 'fixed'].includes(id)));
  return () => world.close();
});

const run = async (at: string, args: readonly string[]) => await world.run([...args, '--profile', at]);

it('a lost roll in place: resume names the time to wait for, and never the only key to revoke', async () => {
  const to = world.places.options(['a#WEB'], 'inplace/web');
  expect((await run('inplace', ['create', 'web', '--scope', 'read', ...to])).code).toBe(0);
  world.account('inplace').gate.respond(async ({ path }, serve) => {
    const response = await serve();
    return path.endsWith('/roll') ? { status: 502, body: {} } : response;
  });
  expect((await run('inplace', ['roll', 'web', '--yes', '--in-place'])).code).toBe(9);
  world.account('inplace').gate.respond(null);
  const resumed = await world.run(['resume']);
  expect(resumed.code, resumed.stderr).toBe(9);
  expect(resumed.stderr).toContain('try again after that');
  expect(resumed.stderr).not.toMatch(/keys revoke|pending drop/);
  const later = await world.run(['resume'], { aheadHours: 0.02 });
  expect(later.code, later.stderr).toBe(0);
  const [secret = ''] = world.places.read('a#WEB', 'inplace/web');
  expect(await world.account('inplace').holder(secret)).not.toBeNull();
});

it('a pending roll in place that somebody has rolled once more: the hint names what forgets it', async () => {
  const to = world.places.options(['a#WEB', 'exec'], 'inplace/web');
  expect((await run('inplace', ['create', 'web', '--scope', 'read', ...to])).code).toBe(0);
  world.places.block('exec', 'inplace/web', true);
  expect((await run('inplace', ['roll', 'web', '--yes', '--in-place'])).code).toBe(9);
  await world.account('inplace').stranger('roll', 'web');
  world.places.heal();
  const resumed = await world.run(['resume']);
  expect(resumed.code, resumed.stderr).toBe(9);
  expect(resumed.stderr).toContain('the new key was not accepted');
  const [, drop = ''] = /if it can never be finished, keys (pending drop op_\w+)/.exec(resumed.stderr) ?? [];
  expect((await world.run([...drop.split(' '), '--yes'])).code).toBe(0);
  const again = await run('inplace', ['roll', 'web', '--yes', '--in-place']);
  expect(again.code, again.stderr).toBe(0);
  for (const place of ['a#WEB', 'exec'] as const) {
    const [secret = ''] = world.places.read(place, 'inplace/web');
    expect(await world.account('inplace').holder(secret), place).not.toBeNull();
  }
});

it('a successor that its vendor gives the end of the old key is said to be short-lived', async () => {
  const to = world.places.options(['a#WEB'], 'fixed/web');
  expect((await run('fixed', ['create', 'web', '--expires', '90d', ...to])).code).toBe(0);
  const soon = await run('fixed', ['roll', 'web', '--yes']);
  expect(soon.code, soon.stderr).toBe(0);
  expect(soon.stderr).not.toContain('was made for');
  world.pass(60 * 24);
  const late = await run('fixed', ['roll', 'web', '--yes']);
  expect(late.code, late.stderr).toBe(0);
  expect(late.stderr).toMatch(/the new key k\d+ works until \S+ only, and the old key was made for 90 days/);
});
