import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';
import { VENDOR_KINDS } from '../walks/vendor-kinds.js';
import { openWorld } from '../walks/world.js';

const HOUR_MS = 3_600_000;

it('begins only when the command that brings the secret into use has succeeded', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const gate = join(keys.home, 'restarts');
  const file = {
    version: 1,
    defaults: { rotate: '30d', grace: '1h' },
    accounts: { own: { provider: 'keys' } },
    // biome-ignore lint/suspicious/noThenProperty: the word of the file
    keys: [{ name: 'web', account: 'own', to: [{ place: '.env#WEB', then: `test -e '${gate}'` }] }],
  };
  writeFileSync(join(keys.home, 'keys.yaml'), JSON.stringify(file));
  writeFileSync(gate, '');
  const run = (args: readonly string[], hours = 0) =>
    keys.run(args, { cwd: keys.home, aheadMs: hours * HOUR_MS });
  expect((await run(['apply', '--yes'])).code).toBe(0);
  const [old] = JSON.parse((await run(['list', '--json'])).stdout);
  rmSync(gate);
  const rolled = await run(['roll', 'web', '--yes']);
  expect([rolled.code, rolled.stderr]).toEqual([9, expect.stringContaining('ended with 1')]);
  // Its grace of an hour would be over by now.
  expect((await run(['resume'], 3)).code).toBe(9);
  writeFileSync(gate, '');
  expect((await run(['resume'], 3)).code).toBe(0);
  const { status, expires_at } = JSON.parse((await run(['show', old.id, '--json'], 3)).stdout);
  expect(status).toBe('retiring');
  expect((Date.parse(expires_at) - Date.now()) / HOUR_MS).toBeCloseTo(4, 0);
});

it('past the own end of the key is said, and the key keeps its own end', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const make = ['create', 'web', '--expires', '2h', '--to', `${join(keys.home, '.env')}#WEB`];
  expect((await keys.run(make)).code).toBe(0);
  const [{ id: first, expires_at }] = JSON.parse((await keys.run(['list', '--json'])).stdout);
  const within = await keys.run(['roll', 'web', '--yes', '--grace', '1h']);
  expect([within.code, within.stderr]).toEqual([0, expect.not.stringContaining('ends by itself')]);
  const [{ id }] = JSON.parse((await keys.run(['list', '--status', 'active', '--json'])).stdout);
  expect(id).not.toBe(first);
  const past = await keys.run(['roll', 'web', '--yes', '--grace', '5h']);
  expect([past.code, past.stderr]).toEqual([
    0,
    expect.stringMatching(new RegExp(`the old key ${id} ends by itself at .*Z, before this grace is over`)),
  ]);
  const old = JSON.parse((await keys.run(['show', id, '--json'])).stdout);
  expect(old.status).toBe('retiring');
  const ownEnd = Date.parse(expires_at);
  expect(Math.abs(Date.parse(old.expires_at) - ownEnd)).toBeLessThan(HOUR_MS / 2);
});

describe('an end that the service sets with the roll', () => {
  it.each([
    ['fixed', 12],
    ['graceful', 12 + 7 * 24],
  ])('is said by resume too while a place has no secret, at %s', async (at, hours) => {
    const world = await openWorld(VENDOR_KINDS.filter(({ id }) => id === at));
    onTestFinished(() => world.close());
    const made = await world.run([
      ...['create', 'web', '--profile', at],
      ...world.places.options(['exec'], 'web'),
    ]);
    expect(made.code, made.stderr).toBe(0);
    world.places.block('exec', 'web', true);
    const rolled = await world.run(['roll', 'web', '--yes', '--profile', at]);
    expect(rolled.code).toBe(9);
    // Where nothing can change it, it is said before the roll begins.
    expect(/^Fixed stops the old key k1 of web at .*Z, delivered or not$/m.test(rolled.stderr)).toBe(
      at === 'fixed',
    );
    const { code, stdout, stderr } = await world.run(['resume', '--json']);
    const [{ result, retires_at }] = JSON.parse(stdout).operations;
    expect([code, result]).toEqual([9, 'waiting']);
    expect((Date.parse(retires_at) - world.now()) / HOUR_MS).toBeCloseTo(hours, 0);
    expect(stderr).toContain(`; the old key k1 works until ${retires_at}`);
  });
});
