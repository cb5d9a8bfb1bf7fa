import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createNameCache } from '../../src/profiles/name-cache.js';
import { type KeysProgram, keysProgram } from '../support/keys.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('keeps the names of one place for a minute, in a file of its owner alone', () => {
  const folder = temporaryFolder();
  const clock = settableClock();
  const cache = createNameCache(folder, clock);
  cache.write('here', ['web', 'a "quoted" one']);
  expect([cache.read('here'), cache.read('there')]).toEqual([['web', 'a "quoted" one'], null]);
  expect(readdirSync(folder)).toEqual(['completion.json']);
  expect(statSync(join(folder, 'completion.json')).mode & 0o777).toBe(0o600);
  clock.advance(60_000);
  expect(cache.read('here')).toBeNull();
});

it.each(['', '{', '[]', '{"place":"here","at":0,"names":[1]}'])('takes %j for none', (text) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'completion.json'), text);
  expect(createNameCache(folder, { now: () => 0 }).read('here')).toBeNull();
});

it('does without where nothing can be written', () => {
  const folder = join(temporaryFolder(), 'file');
  writeFileSync(folder, '');
  chmodSync(folder, 0o400);
  const cache = createNameCache(folder, settableClock());
  cache.write('here', ['web']);
  cache.forget();
  expect(cache.read('here')).toBeNull();
});

let keys: KeysProgram;
afterEach(() => keys?.remove());

it('offers a key that was made just now, and none that was ended', async () => {
  keys = await keysProgram();
  const offered = async () =>
    (await keys.run(['__complete', 'keys'])).stdout.split('\n').filter(Boolean).sort();
  await keys.run(['create', '--name', 'web', '--raw']);
  expect(await offered()).toEqual(['web']);
  await keys.run(['create', '--name', 'job', '--raw']);
  expect(await offered()).toEqual(['job', 'web']);
  await keys.run(['revoke', 'web', '--yes']);
  expect(await offered()).toEqual(['job']);
});
