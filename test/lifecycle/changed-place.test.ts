import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';

/** A key at a place where a person has put another value since. */
async function changedPlace() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const file = join(keys.home, '.env');
  const place = `${file}#WEB`;
  expect(await keys.run(['create', 'web', '--to', place])).toMatchObject({ code: 0 });
  const before = readFileSync(file, 'utf8');
  const typed = 'PORT=1\nWEB=typed-by-hand\n';
  writeFileSync(file, typed);
  const count = async () => JSON.parse((await keys.run(['list', '--json', '--all'])).stdout).length;
  return { keys, file, place, before, typed, count };
}

it('is overwritten by no roll and no delivery, unless --replace says so', async () => {
  const { keys, file, place, typed, count } = await changedPlace();
  for (const args of [
    ['roll', 'web', '--yes', '--dry-run'],
    ['roll', 'web', '--yes'],
    ['deliver', 'web', '--to', place],
    ['roll', '--due', '0s', '--yes'],
  ]) {
    const refused = await keys.run(args, { aheadMs: 60_000 });
    expect([args, refused.code, refused.stderr]).toEqual([
      args,
      6,
      expect.stringContaining(`${place} holds a value that keys did not write`),
    ]);
    expect(refused.stderr).toContain('--replace');
    expect([readFileSync(file, 'utf8'), await count()]).toEqual([typed, 1]);
  }
  expect((await keys.run(['roll', 'web', '--yes', '--replace'])).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^PORT=1\nWEB=sk_live_\w+\n$/);
  expect((await keys.run(['roll', 'web', '--yes'])).code).toBe(0);
});

it('gets the new secret where its own has come back, or where nothing stands', async () => {
  const { keys, file, before } = await changedPlace();
  writeFileSync(file, before);
  expect((await keys.run(['roll', 'web', '--yes'])).code).toBe(0);
  writeFileSync(file, 'PORT=1\n');
  expect((await keys.run(['roll', 'web', '--yes'])).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^PORT=1\nWEB=sk_live_\w+\n$/);
});

it('is not overwritten by apply, and plan says what overwrites it', async () => {
  const { keys, file, typed } = await changedPlace();
  const entry = '  - { name: web, account: here, rotate: 30d, to: [.env#WEB] }';
  writeFileSync(
    join(keys.home, 'keys.yaml'),
    `version: 1\naccounts:\n  here: { provider: keys }\nkeys:\n${entry}\n`,
  );
  const later = { cwd: keys.home, aheadMs: 40 * 86_400_000 };
  const plan = await keys.run(['plan'], { cwd: keys.home });
  expect(plan.stdout).toContain('only --replace overwrites it');
  const applied = await keys.run(['apply', '--yes'], later);
  expect([applied.code, readFileSync(file, 'utf8')]).toEqual([9, typed]);
  expect(applied.stderr + applied.stdout).toContain('holds a value that keys did not write');
  expect((await keys.run(['apply', '--yes', '--replace'], later)).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^PORT=1\nWEB=sk_live_\w+\n$/);
});
