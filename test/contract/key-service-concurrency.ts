import { describe, expect, it } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { idempotent, type ServiceUnderTest, secretOf } from './key-service.js';

/** What the rules must hold to over every store when much comes in at once. */
export function keyServiceConcurrency(name: string, make: () => Promise<ServiceUnderTest>): void {
  describe(`${name}, with much at once`, () => {
    it('makes one key of 100 creates with one idempotency key', async () => {
      const { service } = await make();
      const once = idempotent();
      const created = await Promise.all(
        Array.from({ length: 100 }, () => service.create({ name: 'ci' }, once)),
      );
      expect(new Set(created.map(({ key }) => key.id)).size).toBe(1);
      expect(new Set(created.map(secretOf)).size).toBe(1);
      expect((await service.list({})).keys).toHaveLength(1);
    });

    it('makes a hundred keys of 100 creates', async () => {
      const { service } = await make();
      const created = await Promise.all(
        Array.from({ length: 100 }, (_, i) => service.create({ name: `ci ${i}` }, idempotent())),
      );
      expect(new Set(created.map(({ key }) => key.id)).size).toBe(100);
      expect((await service.list({ limit: 200 })).keys).toHaveLength(100);
    });

    it('makes one successor of two rolls, and the other is a conflict', async () => {
      const { service } = await make();
      for (let round = 0; round < 10; round++) {
        const { key } = await service.create({ name: `web ${round}` }, idempotent());
        const done = await Promise.allSettled([
          service.roll(key.id, {}, idempotent()),
          service.roll(key.id, {}, idempotent()),
        ]);
        const failures = done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
        expect(failures.map((error) => (error instanceof KeysError ? error.code : error))).toEqual([
          'conflict',
        ]);
        const [rolled] = done.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
        expect((await service.get(key.id)).rolled_to).toBe(rolled?.key.id);
        expect((await service.list({ name: `web ${round}` })).keys).toHaveLength(2);
      }
    });

    it('makes one successor of 20 rolls with one idempotency key', async () => {
      const { service } = await make();
      const { key } = await service.create({ name: 'web' }, idempotent());
      const once = idempotent();
      const rolled = await Promise.all(Array.from({ length: 20 }, () => service.roll(key.id, {}, once)));
      expect(new Set(rolled.map(secretOf)).size).toBe(1);
      expect((await service.list({})).keys).toHaveLength(2);
    });

    it('revokes a key that is rolled and revoked at once', async () => {
      const { service } = await make();
      for (let round = 0; round < 10; round++) {
        const created = await service.create({ name: 'web' }, idempotent());
        await Promise.allSettled([
          service.roll(created.key.id, {}, idempotent()),
          service.revoke(created.key.id),
          service.update(created.key.id, { expires_at: '2099-01-01T00:00:00Z' }),
        ]);
        expect(await service.verify({ key: secretOf(created) })).toMatchObject({
          valid: false,
          reason: 'revoked',
        });
      }
    });

    it('keeps one management key where all are revoked at the same moment', async () => {
      const { service } = await make();
      for (let round = 0; round < 5; round++) {
        const created = await Promise.all(
          Array.from({ length: 4 }, () => service.create({ name: 'root', scopes: ['*'] }, idempotent())),
        );
        await Promise.allSettled(created.map(({ key }) => service.revoke(key.id)));
        expect((await service.list({ name: 'root', status: ['active'] })).keys).toHaveLength(1);
      }
    });
  });
}
