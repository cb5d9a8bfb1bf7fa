import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createNameCache } from '../../src/storage/name-cache.js';
import { startTestService } from '../support/key-service-server.js';
import type { KeysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { loopbackServer } from '../support/loopback-server.js';
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

it('remembers for a day what was seen by the way, and forgets what is gone', () => {
  const clock = settableClock();
  const cache = createNameCache(temporaryFolder(), clock);
  cache.learn('here', { present: new Set(['web', 'job']), gone: new Set() });
  expect([cache.read('here'), cache.remembered('here')]).toEqual([null, ['web', 'job']]);
  clock.advance(3_600_000);
  cache.learn('here', { present: new Set(['new']), gone: new Set(['web']) });
  expect(cache.remembered('here')).toEqual(['new', 'job']);
  clock.advance(86_400_000);
  expect(cache.remembered('here')).toEqual([]);
});

it('writes nothing where a list shows what it showed within an hour, and does after it', () => {
  const folder = temporaryFolder();
  const clock = settableClock();
  const cache = createNameCache(folder, clock);
  const seen = { present: new Set(['web', 'job']), gone: new Set<string>() };
  const written = () => statSync(join(folder, 'completion.json')).ino;
  cache.learn('here', seen);
  const first = written();
  cache.learn('here', seen);
  cache.forget();
  expect(written()).toBe(first);
  clock.advance(3_600_000);
  cache.learn('here', seen);
  clock.advance(86_399_999);
  expect([written() === first, cache.remembered('here')]).toEqual([false, ['web', 'job']]);
});

it('keeps the places that were used last, and no more names than a shell can offer', () => {
  const folder = temporaryFolder();
  const cache = createNameCache(folder, settableClock());
  const many = Array.from({ length: 1_500 }, (_, i) => `key ${i}`);
  for (let place = 0; place < 10; place++) cache.write(`place ${place}`, many);
  expect([cache.read('place 1'), cache.read('place 9')?.length]).toEqual([null, 1_000]);
  cache.forget();
  expect([cache.read('place 9'), cache.remembered('place 9').length]).toEqual([null, 1_000]);
});

it.each(['', '{', '{}', '[null]', '[{"service":"here","gathered":0,"seen":0,"names":[1]}]'])(
  'takes %j for none',
  (text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'completion.json'), text);
    expect(createNameCache(folder, { now: () => 0 }).read('here')).toBeNull();
  },
);

it('does without where nothing can be written', () => {
  const folder = join(temporaryFolder(), 'file');
  writeFileSync(folder, '');
  chmodSync(folder, 0o400);
  const cache = createNameCache(folder, settableClock());
  cache.write('here', ['web']);
  cache.forget();
  expect(cache.read('here')).toBeNull();
});

describe('completion of names', () => {
  /** A service behind a relay that counts who comes. */
  async function counted() {
    const { url, managementKey } = await startTestService();
    let requests = 0;
    const relay = await loopbackServer(async (request, response) => {
      requests++;
      const { authorization = '' } = request.headers;
      const relayed = await fetch(`${url}${request.url}`, { headers: { authorization } });
      response.writeHead(relayed.status, { 'content-type': 'application/json' });
      response.end(await relayed.text());
    });
    return {
      service: { KEYS_BASE_URL: url, KEYS_API_KEY: managementKey },
      relayed: { KEYS_BASE_URL: relay, KEYS_API_KEY: managementKey },
      requests: () => requests,
    };
  }

  it('goes to no network: it offers what a call saw there', async () => {
    const { service, relayed, requests } = await counted();
    keys = await keysInProcess();
    await keys.run(['create', '--name', 'web', '--raw'], { env: service });
    expect((await keys.run(['__complete', 'keys'], { env: relayed })).stdout).toBe('');
    for (const what of ['saved-keys', 'profiles', 'providers', 'operations'])
      expect((await keys.run(['__complete', what], { env: relayed })).code).toBe(0);
    expect(requests()).toBe(0);
    expect((await keys.run(['list'], { env: relayed })).stdout).toContain('web');
    const asked = requests();
    expect((await keys.run(['__complete', 'keys'], { env: relayed })).stdout.split('\n')).toContain('web');
    expect(requests()).toBe(asked);
  });

  it('makes nothing in a home that has nothing', async () => {
    keys = await keysInProcess();
    for (const what of ['keys', 'saved-keys', 'operations', 'profiles', 'providers', 'own-providers'])
      expect(await keys.run(['__complete', what])).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(keys.home, '.local'))).toBe(false);
  });
});

let keys: KeysProgram;
afterEach(() => keys?.remove());

it('offers a key that was made just now, and none that was ended', async () => {
  keys = await keysInProcess();
  const offered = async () =>
    (await keys.run(['__complete', 'keys'])).stdout.split('\n').filter(Boolean).sort();
  await keys.run(['create', '--name', 'web', '--raw']);
  expect(await offered()).toEqual(['web']);
  await keys.run(['create', '--name', 'job', '--raw']);
  expect(await offered()).toEqual(['job', 'web']);
  await keys.run(['revoke', 'web', '--yes']);
  expect(await offered()).toEqual(['job']);
});
