import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allKeys } from '../../src/domain/all-keys.js';
import { type ErrorCode, KeysError } from '../../src/domain/errors.js';
import type { CreatedKey, KeyStatus } from '../../src/domain/key.js';
import type { CreateKey, KeyService } from '../../src/domain/key-service.js';
import { DAY, HOUR, inDays, SECOND, type SettableClock } from '../support/settable-clock.js';

export interface ServiceUnderTest {
  readonly service: KeyService;
  readonly clock: SettableClock;
}

export const idempotent = () => ({ idempotencyKey: randomBytes(32).toString('base64url') });

export function secretOf(created: CreatedKey): string {
  if (!('secret' in created.credential)) throw new Error('a pair where one secret was expected');
  return created.credential.secret;
}

/** Resolves to the code that a call fails with. */
export async function codeOf(call: Promise<unknown>): Promise<ErrorCode | 'none'> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (error instanceof KeysError) return error.code;
    throw error;
  }
}

/** What every implementation of the contract must hold to. */
export function keyServiceContract(name: string, make: () => Promise<ServiceUnderTest>): void {
  describe(`${name} as a key service`, () => {
    it('creates a key whose secret is good', async () => {
      const { service } = await make();
      const created = await service.create({ name: 'ci' }, idempotent());
      expect(created.key).toMatchObject({
        name: 'ci',
        type: 'secret',
        environment: 'live',
        prefix: 'sk_live_',
        status: 'active',
      });
      expect(created.key).toMatchObject({ expires_at: null, last_used: null, scopes: [], rolled_from: null });
      expect(secretOf(created)).toMatch(/^sk_live_[0-9A-Za-z]{39}$/);
      expect(created.key.hint).toBe(secretOf(created).slice(-4));
      expect(await service.verify({ key: secretOf(created) })).toMatchObject({
        valid: true,
        key: { id: created.key.id },
      });
    });

    it('keeps every field of a key', async () => {
      const { service } = await make();
      const request: CreateKey = {
        name: 'шлюз "1" 🔑',
        type: 'public',
        environment: 'test',
        service: 'shop',
        expires_at: inDays(60),
        scopes: ['invoices:read'],
        restrictions: { ips: ['10.0.0.0/8'], referrers: ['https://a.example'], endpoints: ['GET /v1/*'] },
        metadata: { owner: 'web' },
      };
      const { key } = await service.create(request, idempotent());
      expect(key).toMatchObject({ ...request, prefix: 'pk_test_' });
      expect(await service.get(key.id)).toEqual(key);
    });

    it('expires a key at its time', async () => {
      const { service, clock } = await make();
      const expires_at = new Date(clock.now() + HOUR).toISOString();
      const created = await service.create({ name: 'short', expires_at }, idempotent());
      clock.advance(HOUR - 1);
      expect(await service.verify({ key: secretOf(created) })).toMatchObject({ valid: true });
      clock.advance(1);
      expect(await service.verify({ key: secretOf(created) })).toMatchObject({
        valid: false,
        reason: 'expired',
      });
      expect(await service.get(created.key.id)).toMatchObject({ status: 'expired' });
    });

    it('rolls a key: both work for the grace, then only the new one', async () => {
      const { service, clock } = await make();
      const old = await service.create(
        { name: 'web', scopes: ['a:read'], restrictions: { ips: ['10.0.0.1'] } },
        idempotent(),
      );
      const rolled = await service.roll(old.key.id, { grace_seconds: 60 }, idempotent());
      const good = async (created: CreatedKey) =>
        (await service.verify({ key: secretOf(created), ip: '10.0.0.1' })).valid;
      expect(rolled.key).toMatchObject({
        name: 'web',
        scopes: ['a:read'],
        rolled_from: old.key.id,
        status: 'active',
      });
      expect(rolled.key.restrictions).toEqual({ ips: ['10.0.0.1'] });
      expect(rolled.previous).toMatchObject({ id: old.key.id, status: 'retiring', rolled_to: rolled.key.id });
      expect(Date.parse(rolled.previous.expires_at ?? '')).toBe(clock.now() + 60 * SECOND);
      clock.advance(60 * SECOND - 1);
      expect([await good(old), await good(rolled)]).toEqual([true, true]);
      clock.advance(1);
      expect([await good(old), await good(rolled)]).toEqual([false, true]);
      expect(await service.get(old.key.id)).toMatchObject({ status: 'expired' });
    });

    it('gives twelve hours where the roll does not say, and none for 0', async () => {
      const { service, clock } = await make();
      const first = await service.create({ name: 'a' }, idempotent());
      const second = await service.roll(first.key.id, {}, idempotent());
      expect(Date.parse(second.previous.expires_at ?? '')).toBe(clock.now() + 12 * HOUR);
      const third = await service.roll(second.key.id, { grace_seconds: 0 }, idempotent());
      expect(third.previous.status).toBe('expired');
      expect(await service.verify({ key: secretOf(second) })).toMatchObject({
        valid: false,
        reason: 'expired',
      });
    });

    it('never lets a grace outlive the old key', async () => {
      const { service, clock } = await make();
      const expires_at = new Date(clock.now() + HOUR).toISOString();
      const old = await service.create({ name: 'short', expires_at }, idempotent());
      const rolled = await service.roll(old.key.id, { grace_seconds: 86_400 }, idempotent());
      expect(Date.parse(rolled.previous.expires_at ?? '')).toBe(Date.parse(expires_at));
    });

    it('refuses to roll what was rolled, revoked or has expired', async () => {
      const { service, clock } = await make();
      const [rolled, revoked] = [
        await service.create({ name: 'a' }, idempotent()),
        await service.create({ name: 'b' }, idempotent()),
      ];
      const expires_at = new Date(clock.now() + SECOND).toISOString();
      const expired = await service.create({ name: 'c', expires_at }, idempotent());
      await service.roll(rolled.key.id, {}, idempotent());
      await service.revoke(revoked.key.id);
      clock.advance(SECOND);
      for (const { key } of [rolled, revoked, expired]) {
        expect(await codeOf(service.roll(key.id, {}, idempotent()))).toBe('conflict');
      }
    });

    it('revokes at once, and again without an error', async () => {
      const { service } = await make();
      const created = await service.create({ name: 'ci' }, idempotent());
      await service.revoke(created.key.id);
      expect(await service.verify({ key: secretOf(created) })).toMatchObject({
        valid: false,
        reason: 'revoked',
      });
      await service.revoke(created.key.id);
      expect(await service.get(created.key.id)).toMatchObject({ status: 'revoked' });
    });

    it('pauses a key, keeps its secret, and lets it work again', async () => {
      const { service } = await make();
      const created = await service.create({ name: 'ci' }, idempotent());
      const { id } = created.key;
      expect(await service.pause?.(id)).toMatchObject({ id, status: 'paused' });
      expect(await service.pause?.(id)).toMatchObject({ id, status: 'paused' });
      expect(await service.verify({ key: secretOf(created) })).toMatchObject({
        valid: false,
        reason: 'disabled',
        key: { id, status: 'paused' },
      });
      const listed = async (status: KeyStatus) =>
        (await service.list({ status: [status], name: 'ci' })).keys.map((key) => key.id);
      expect([await listed('paused'), await listed('active')]).toEqual([[id], []]);
      await expect(service.roll(id, {}, idempotent())).rejects.toMatchObject({
        ...{ code: 'conflict', hint: 'unpause it first' },
      });
      expect(await service.update(id, { name: 'ci' })).toMatchObject({ status: 'paused' });
      expect(await service.unpause?.(id)).toMatchObject({ id, status: 'active' });
      expect(await service.verify({ key: secretOf(created) })).toMatchObject({ valid: true });
      const { events } = await service.events({ key_id: id });
      expect(events.map(({ action }) => action)).toEqual(['unpaused', 'updated', 'paused', 'created']);
      await service.revoke(id);
      expect(await codeOf(Promise.resolve(service.pause?.(id)))).toBe('conflict');
    });

    it('knows no key that is not there', async () => {
      const { service } = await make();
      const id = 'key_doesnotexist';
      expect(await codeOf(service.get(id))).toBe('not_found');
      expect(await codeOf(service.revoke(id))).toBe('not_found');
      expect(await codeOf(service.update(id, { name: 'x' }))).toBe('not_found');
      expect(await codeOf(service.roll(id, {}, idempotent()))).toBe('not_found');
    });

    it('changes the fields of the request and leaves the rest', async () => {
      const { service } = await make();
      const { key } = await service.create(
        { name: 'a', scopes: ['x:y'], metadata: { n: '1' } },
        idempotent(),
      );
      const expires_at = inDays(60);
      const updated = await service.update(key.id, { name: 'b', expires_at });
      expect(updated).toEqual({ ...key, name: 'b', expires_at });
      expect(await service.update(key.id, { expires_at: null })).toMatchObject({
        name: 'b',
        expires_at: null,
      });
    });

    it.each([
      [
        'ips',
        { ips: ['10.0.0.0/8', '2001:db8::/32'] },
        { ip: '10.255.0.1' },
        { ip: '11.0.0.1' },
        'ip_not_allowed',
      ],
      ['ips, v6', { ips: ['2001:db8::/32'] }, { ip: '2001:db8::7' }, { ip: '2001:db9::7' }, 'ip_not_allowed'],
      [
        'referrers',
        { referrers: ['https://app.example.com'] },
        { referrer: 'https://app.example.com/page?q=1' },
        { referrer: 'https://app.example.com.evil.example/' },
        'referrer_not_allowed',
      ],
      [
        'endpoints',
        { endpoints: ['GET /v1/users/*'] },
        { method: 'GET', path: '/v1/users/7' },
        { method: 'GET', path: '/v1/users/../admin' },
        'endpoint_not_allowed',
      ],
    ])('holds a key to its %s', async (_, restrictions, good, bad, reason) => {
      const { service } = await make();
      const key = secretOf(await service.create({ name: 'restricted', restrictions }, idempotent()));
      expect(await service.verify({ key, ...good })).toMatchObject({ valid: true });
      expect(await service.verify({ key, ...bad })).toMatchObject({ valid: false, reason });
      expect(await service.verify({ key })).toMatchObject({ valid: false, reason });
    });

    it('holds a key to its scopes', async () => {
      const { service } = await make();
      const key = secretOf(await service.create({ name: 'scoped', scopes: ['a:read'] }, idempotent()));
      expect(await service.verify({ key, scope: 'a:read' })).toMatchObject({ valid: true });
      expect(await service.verify({ key, scope: 'a:write' })).toMatchObject({
        valid: false,
        reason: 'scope_missing',
      });
    });

    it('tells apart what is mistyped, cut short, and unknown', async () => {
      const { service } = await make();
      const key = secretOf(await service.create({ name: 'a' }, idempotent()));
      const swapped = key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
      expect(await service.verify({ key: swapped })).toMatchObject({ reason: 'mistyped' });
      expect(await service.verify({ key: key.slice(0, -3) })).toMatchObject({ reason: 'malformed' });
      expect(await service.verify({ key: 'another_vendors_key' })).toMatchObject({ reason: 'unknown' });
    });

    it('lists newest first, page by page, each key once', async () => {
      const { service, clock } = await make();
      const made: string[] = [];
      for (let i = 0; i < 7; i++) {
        made.unshift((await service.create({ name: `page-${i}` }, idempotent())).key.id);
        // Two keys of one instant share a place in time: their ids decide.
        if (i % 2 === 0) clock.advance(SECOND);
      }
      const seen: string[] = [];
      for await (const key of allKeys(service, { name: 'page-*', limit: 2 })) seen.push(key.id);
      expect([...seen].sort()).toEqual([...made].sort());
      expect(new Set(seen).size).toBe(7);
    });

    it('filters', async () => {
      const { service } = await make();
      const a = await service.create({ name: 'ci-1', environment: 'test', service: 'shop' }, idempotent());
      const b = await service.create({ name: 'ci_1', type: 'public' }, idempotent());
      const c = await service.create({ name: 'CI-1' }, idempotent());
      await service.revoke(c.key.id);
      const names = async (query: Parameters<KeyService['list']>[0]) =>
        (await service.list(query)).keys
          .map((key) => key.name)
          .filter((name) => /^ci/i.test(name))
          .sort();
      expect(await names({ name: 'ci-*' })).toEqual(['ci-1']);
      expect(await names({ name: 'ci_1' })).toEqual(['ci_1']);
      expect(await names({ environment: 'test' })).toEqual(['ci-1']);
      expect(await names({ service: 'shop' })).toEqual(['ci-1']);
      expect(await names({ type: 'public' })).toEqual(['ci_1']);
      expect(await names({ status: ['revoked'] })).toEqual(['CI-1']);
      expect(await names({ status: ['active', 'retiring', 'expired'] })).toEqual(['ci-1', 'ci_1']);
      expect(b.key.id).not.toBe(a.key.id);
    });

    it('refuses a cursor that is not its own', async () => {
      const { service } = await make();
      expect(await codeOf(service.list({ cursor: 'x' }))).toBe('invalid_request');
    });

    it.each([
      ['an empty name', { name: '' }],
      ['a name of white space', { name: '  ' }],
      ['a name of 10,000 characters', { name: 'x'.repeat(10_000) }],
      ['a control character in the name', { name: 'a\u001bb' }],
      ['a malformed range', { name: 'a', restrictions: { ips: ['10.0.0.0/33'] } }],
      ['a malformed endpoint', { name: 'a', restrictions: { endpoints: ['users'] } }],
      ['a malformed scope', { name: 'a', scopes: ['a b'] }],
      ['an expiry that has passed', { name: 'a', expires_at: '2020-01-01T00:00:00Z' }],
      ['an expiry that is no time', { name: 'a', expires_at: 'tomorrow' }],
      ['an unknown environment', { name: 'a', environment: 'staging' }],
      ['a member that is not known', { name: 'a', colour: 'red' }],
    ])('refuses %s', async (_, request) => {
      const { service } = await make();
      expect(await codeOf(service.create(request as CreateKey, idempotent()))).toBe('invalid_request');
    });

    it('repeats the first response for a repeated create, the secret included', async () => {
      const { service } = await make();
      const once = idempotent();
      const first = await service.create({ name: 'ci', environment: 'test' }, once);
      expect(await service.create({ environment: 'test', name: 'ci' }, once)).toEqual(first);
      expect((await service.list({ name: 'ci' })).keys).toHaveLength(1);
    });

    it('repeats the first response for a repeated roll', async () => {
      const { service } = await make();
      const { key } = await service.create({ name: 'ci' }, idempotent());
      const once = idempotent();
      const first = await service.roll(key.id, { grace_seconds: 60 }, once);
      expect(await service.roll(key.id, { grace_seconds: 60 }, once)).toEqual(first);
    });

    it('refuses one idempotency key for another request', async () => {
      const { service } = await make();
      const once = idempotent();
      const { key } = await service.create({ name: 'ci' }, once);
      expect(await codeOf(service.create({ name: 'other' }, once))).toBe('idempotency_mismatch');
      expect(await codeOf(service.roll(key.id, {}, once))).toBe('idempotency_mismatch');
    });

    it.each(['acknowledged', 'revoked', 'a day old'])('shows no secret again once it is %s', async (when) => {
      const { service, clock } = await make();
      const once = idempotent();
      const { key } = await service.create({ name: 'ci' }, once);
      if (when === 'acknowledged') await service.acknowledge(key.id, once);
      if (when === 'revoked') await service.revoke(key.id);
      if (when === 'a day old') clock.advance(DAY + 1);
      const again = service.create({ name: 'ci' }, once);
      expect(await codeOf(again)).toBe('response_gone');
      await expect(again).rejects.toMatchObject({ details: { key_id: key.id } });
    });

    it('makes one key of many creates at once with one idempotency key', async () => {
      const { service } = await make();
      const once = idempotent();
      const all = await Promise.all(Array.from({ length: 20 }, () => service.create({ name: 'many' }, once)));
      expect(new Set(all.map(secretOf)).size).toBe(1);
      expect((await service.list({ name: 'many' })).keys).toHaveLength(1);
    });

    it('makes one successor of two rolls at once', async () => {
      const { service } = await make();
      const { key } = await service.create({ name: 'twice' }, idempotent());
      const codes = await Promise.all([1, 2].map(() => codeOf(service.roll(key.id, {}, idempotent()))));
      expect([...codes].sort()).toEqual(['conflict', 'none']);
    });
  });
}
