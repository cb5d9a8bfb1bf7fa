import { hkdfSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openEmbeddedService } from '../../src/service/embedded.js';
import {
  idempotencyDigest,
  isStrong,
  openResponse,
  sealResponse,
} from '../../src/service/one-time-response.js';
import { openSqlite } from '../../src/storage/sql/sqlite-driver.js';
import { codeOf, idempotent, secretOf } from '../contract/key-service.js';
import { startTestService } from '../support/key-service-server.js';
import { rawRequest } from '../support/raw-request.js';
import { DAY, settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';

const BOUND = { principal: 'owner', route: 'POST /v1/api-keys', body_digest: 'b', key_id: 'key_1' };

it('keeps neither a secret nor an idempotency key in any file of the database', async () => {
  const folder = temporaryFolder();
  const embedded = await openEmbeddedService(folder, settableClock());
  const once = idempotent();
  const created = await embedded.service.create({ name: 'at rest' }, once);
  const rolled = await embedded.service.roll(created.key.id, {}, idempotent());
  const look = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name)).toString('latin1'))
      .join('');
  const while_open = look();
  await embedded.close();
  for (const bytes of [while_open, look()]) {
    expect(bytes).toContain('at rest');
    for (const secret of [secretOf(created), secretOf(rolled), once.idempotencyKey]) {
      expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes(secret.slice(8, 30))).toBe(false);
    }
  }
});

it('derives by HKDF, as versions before have done: a repeat after an upgrade is recognised', () => {
  for (const key of ['x', 'jürgen', '0123456789abcdef'.repeat(10)]) {
    const derived = Buffer.from(hkdfSync('sha256', key, '', 'keys idempotency digest v1', 32));
    expect(idempotencyDigest(key)).toBe(derived.toString('hex'));
  }
});

it('opens a sealed response with the key and the request that sealed it, and with nothing else', () => {
  const { idempotencyKey } = idempotent();
  const sealed = sealResponse(idempotencyKey, BOUND, { secret: 'fake' });
  if (sealed === null) throw new Error('not sealed');
  expect(openResponse(idempotencyKey, BOUND, sealed)).toEqual({ secret: 'fake' });
  expect(() => openResponse(idempotent().idempotencyKey, BOUND, sealed)).toThrow();
  expect(() => openResponse(idempotencyDigest(idempotencyKey), BOUND, sealed)).toThrow();
  for (const member of ['principal', 'route', 'body_digest', 'key_id'] as const) {
    expect(() => openResponse(idempotencyKey, { ...BOUND, [member]: 'other' }, sealed)).toThrow();
  }
});

it('leaves nothing sealed in any file a while after the acknowledgement, and a day after the creation', async () => {
  const service = await startTestService({ purgeMs: 20 });
  const client = testClient(service.url, service.managementKey).service;
  const files = () =>
    readdirSync(service.dataDir)
      .map((name) => readFileSync(join(service.dataDir, name)).toString('latin1'))
      .join('');
  const raw = openSqlite(join(service.dataDir, 'keys.db'), 1_000);
  const sealedOf = (id: string) =>
    raw.prepare('SELECT sealed FROM one_time_answers WHERE key_id = ?').all(id) as [
      { sealed: string | null },
    ];
  const once = idempotent();
  const acknowledged = (await client.create({ name: 'acknowledged' }, once)).key.id;
  const forgotten = (await client.create({ name: 'forgotten' }, idempotent())).key.id;
  const ciphertexts = [acknowledged, forgotten].map((id) => sealedOf(id)[0].sealed ?? '');
  for (const ciphertext of ciphertexts) expect(files()).toContain(ciphertext);
  await client.acknowledge(acknowledged, once);
  await expect.poll(files).not.toContain(ciphertexts[0]);
  expect(files()).toContain(ciphertexts[1]);
  service.clock.advance(DAY + 1);
  await expect.poll(files).not.toContain(ciphertexts[1]);
  raw.close();
});

it('keeps no response for a request that cannot be repeated', async () => {
  const service = await startTestService();
  const client = testClient(service.url, service.managementKey).service;
  const raw = openSqlite(join(service.dataDir, 'keys.db'), 1_000);
  onTestFinished(() => raw.close());
  const kept = () => raw.prepare('SELECT key_id FROM one_time_answers').all().length;
  const before = kept();
  const ask = async (path: string, body: object) => {
    const response = await rawRequest(`${service.url}/v1/api-keys${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.managementKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return [response.status, JSON.parse(response.body)] as const;
  };
  const [created, { data: first }] = await ask('', { name: 'once' });
  const [rolled, { data: second }] = await ask(`/${first.id}/roll`, { grace_seconds: 0 });
  expect([created, rolled]).toEqual([201, 201]);
  expect(kept()).toBe(before);
  expect(await client.get(second.id)).toMatchObject({ name: 'once', rolled_from: first.id });
  expect((await ask(`/${second.id}/acknowledge`, {}))[0]).toBe(404);
  const { events } = await client.events({ key_id: second.id });
  expect(events.map(({ action }) => action)).toEqual(['created']);
});

it('leaves nothing sealed in any file once it is closed', async () => {
  const folder = temporaryFolder();
  const embedded = await openEmbeddedService(folder, settableClock());
  const once = idempotent();
  const { key } = await embedded.service.create({ name: 'ci' }, once);
  const raw = openSqlite(join(folder, 'keys.db'), 1_000);
  const [{ sealed }] = raw.prepare('SELECT sealed FROM one_time_answers').all() as [{ sealed: string }];
  raw.close();
  await embedded.service.acknowledge(key.id, once);
  await embedded.close();
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1'));
  expect(files.join('')).not.toContain(sealed);
});

it('drops what is too old when it is opened', async () => {
  const [folder, clock] = [temporaryFolder(), settableClock()];
  const first = await openEmbeddedService(folder, clock);
  await first.service.create({ name: 'ci' }, idempotent());
  await first.close();
  clock.advance(DAY + 1);
  await (await openEmbeddedService(folder, clock)).close();
  const raw = openSqlite(join(folder, 'keys.db'), 1_000);
  expect(raw.prepare('SELECT sealed FROM one_time_answers').all()).toEqual([{ sealed: null }]);
  raw.close();
});

it.each([
  [true, '43 characters of base64url', 'aB3_dE6-hI9kLmNoPqRsTuVwXyZ0123456789abcdef'],
  [false, '42 of them', 'aB3_dE6-hI9kLmNoPqRsTuVwXyZ0123456789abcde'],
  [true, '64 hex digits', '0123456789abcdef'.repeat(4)],
  [false, '48 hex digits', '0123456789abcdef'.repeat(3)],
  [false, '48 hex digits in capitals', '0123456789ABCDEF'.repeat(3)],
  [false, 'a UUID', '0d9c1b1e-4a37-4b5e-9d4f-6c1f2a7b8e90'],
  [true, 'two UUIDs and a bit', '0d9c1b1e-4a37-4b5e-9d4f-6c1f2a7b8e90-1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9'],
  [false, '49 of one case and digits', 'abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklm'],
  [false, 'one letter, often', 'a'.repeat(64)],
  [false, 'digits alone', '1234567890'.repeat(8)],
])('says %s of %s as an idempotency key', (strong, _, key) => {
  expect(isStrong(key)).toBe(strong);
});

it('recognises a repeat under a weak idempotency key, and shows no secret for it', async () => {
  const embedded = await openEmbeddedService(temporaryFolder(), settableClock());
  const weak = { idempotencyKey: 'only-so-long' };
  await embedded.service.create({ name: 'ci' }, weak);
  expect(await codeOf(embedded.service.create({ name: 'ci' }, weak))).toBe('response_gone');
  expect((await embedded.service.list({})).keys).toHaveLength(1);
  await embedded.close();
});
