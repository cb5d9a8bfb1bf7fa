import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEmbeddedService } from '../../src/service/embedded.js';
import { idempotencyDigest, openAnswer, sealAnswer } from '../../src/service/one-time-answer.js';
import { codeOf, mint, secretOf } from '../contract/key-service.js';
import { settableClock } from '../support/settable-clock.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const BOUND = { principal: 'owner', route: 'POST /v1/api-keys', body_digest: 'b', key_id: 'key_1' };

it('keeps neither a secret nor an idempotency key in any file of the database', async () => {
  const folder = temporaryFolder();
  const embedded = await openEmbeddedService(folder, settableClock());
  const once = mint();
  const issued = await embedded.service.create({ name: 'at rest' }, once);
  const rolled = await embedded.service.roll(issued.key.id, {}, mint());
  const look = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name)).toString('latin1'))
      .join('');
  const while_open = look();
  await embedded.close();
  for (const bytes of [while_open, look()]) {
    expect(bytes).toContain('at rest');
    for (const secret of [secretOf(issued), secretOf(rolled), once.idempotencyKey]) {
      expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes(secret.slice(8, 30))).toBe(false);
    }
  }
});

it('opens a sealed answer with the key and the request that sealed it, and with nothing else', () => {
  const { idempotencyKey } = mint();
  const sealed = sealAnswer(idempotencyKey, BOUND, { secret: 'fake' });
  if (sealed === null) throw new Error('not sealed');
  expect(openAnswer(idempotencyKey, BOUND, sealed)).toEqual({ secret: 'fake' });
  expect(() => openAnswer(mint().idempotencyKey, BOUND, sealed)).toThrow();
  expect(() => openAnswer(idempotencyDigest(idempotencyKey), BOUND, sealed)).toThrow();
  for (const member of ['principal', 'route', 'body_digest', 'key_id'] as const) {
    expect(() => openAnswer(idempotencyKey, { ...BOUND, [member]: 'other' }, sealed)).toThrow();
  }
});

it('recognises a repeat under a weak idempotency key, and shows no secret for it', async () => {
  const embedded = await openEmbeddedService(temporaryFolder(), settableClock());
  const weak = { idempotencyKey: 'only-so-long' };
  await embedded.service.create({ name: 'ci' }, weak);
  expect(await codeOf(embedded.service.create({ name: 'ci' }, weak))).toBe('answer_gone');
  expect((await embedded.service.list({})).keys).toHaveLength(1);
  await embedded.close();
});
