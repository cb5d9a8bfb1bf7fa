import { describe, expect, it } from 'vitest';
import { hasNote } from '../../src/domain/filter-keys.js';
import { KEY_STATUSES, KEY_TYPES } from '../../src/domain/key.js';
import { wildcardMatches } from '../../src/domain/restrictions.js';
import { keyRecord, statusOf } from '../../src/service/key-record.js';
import {
  type Asked,
  type KeyRow,
  type KeyStore,
  type OneTimeResponse,
  RepeatedRequest,
} from '../../src/service/store/key-store.js';
import { createSqlKeyStore } from '../../src/service/store/sql-key-store.js';
import type { SqlDatabase } from '../../src/storage/sql/sql-database.js';
import { fc } from '../support/fast-check.js';
import { underWay } from '../support/under-way.js';

let counter = 0;
const BY = { actor: 'owner', at: 1_500 };

function row(changes: Partial<KeyRow> = {}): KeyRow {
  const n = String(++counter).padStart(6, '0');
  return {
    id: `key_${n}`,
    digest: n.padStart(64, '0'),
    name: `name ${n}`,
    type: 'secret',
    environment: 'live',
    service: null,
    prefix: 'sk_live_',
    hint: n.slice(-4),
    scopes: [],
    restrictions: {},
    limits: {},
    owner: null,
    metadata: {},
    created_at: 1_000,
    last_used: null,
    expires_at: null,
    revoked_at: null,
    paused_at: null,
    rolled_from: null,
    rolled_to: null,
    sealed_secret_key: null,
    ...changes,
  };
}

/** The request that has this response. */
function requestWith(response: OneTimeResponse): Asked {
  return { actor: response.principal, response };
}

function response(key_id: string, changes: Partial<OneTimeResponse> = {}): OneTimeResponse {
  const sealed = { nonce: 'n', ciphertext: 'c' };
  return {
    digest: `d ${++counter}`,
    principal: 'p',
    route: 'r',
    body_digest: 'b',
    key_id,
    created_at: 1_000,
    sealed,
    ...changes,
  };
}

/** A store that a test can make empty again: that takes less time than a new one. */
export interface ClearedStore extends KeyStore {
  clear(): Promise<void>;
}

/** The store of the service over a database. */
export function clearedStore(database: SqlDatabase): ClearedStore {
  return {
    ...createSqlKeyStore(database),
    async clear() {
      await database.transaction(async (session) => {
        // Events stay: the audit trail is append-only.
        for (const table of ['one_time_answers', 'api_keys']) await session.run(`DELETE FROM ${table}`);
      });
    },
  };
}

/** What every store must hold to; each `make` is an empty one. */
export function keyStoreContract(name: string, make: () => Promise<ClearedStore>): void {
  describe(`${name} as a key store`, () => {
    it('adds up uses of limits by window, and returns the totals in the order asked for', async () => {
      const store = await make();
      const count = (key_id: string, kind: 'rate' | 'uses', start: number, used: number) => ({
        ...{ key_id, kind, start, used },
        end: start === 0 ? 0 : start + 60_000,
      });
      expect(
        await store.addLimitCounts([count('key_b', 'rate', 60_000, 3), count('key_a', 'uses', 0, 1)]),
      ).toEqual([3, 1]);
      expect(
        await store.addLimitCounts([count('key_a', 'uses', 0, 4), count('key_b', 'rate', 60_000, 2)]),
      ).toEqual([5, 5]);
      await store.addLimitCounts([count('key_b', 'rate', 120_000, 7)]);
      expect((await store.limitCounts('key_b')).sort((a, b) => a.start - b.start)).toEqual([
        count('key_b', 'rate', 60_000, 5),
        count('key_b', 'rate', 120_000, 7),
      ]);
      expect(await store.limitCounts('key_c')).toEqual([]);
    });

    it('deletes the counts of windows that are over, and of keys that are gone', async () => {
      const store = await make();
      const [one, gone] = [row(), row({ revoked_at: 5_000 })];
      for (const key of [one, gone]) await store.insert(key, requestWith(response(key.id)));
      const at = (key_id: string, start: number, end: number) =>
        ({ key_id, kind: end === 0 ? 'uses' : 'rate', start, end, used: 1 }) as const;
      await store.addLimitCounts([
        ...[at(one.id, 0, 0), at(one.id, 60_000, 120_000), at(one.id, 120_000, 180_000)],
        at(gone.id, 0, 0),
      ]);
      await store.deleteBatch({ spent: 0, responses: 0, windows: 150_000 });
      expect(await store.limitCounts(gone.id)).toHaveLength(1);
      await store.deleteBatch({ spent: 0, responses: 0, windows: 150_000, ended: 6_000 });
      expect(await store.byId(gone.id)).toBeNull();
      expect(await store.limitCounts(gone.id)).toEqual([]);
      expect((await store.limitCounts(one.id)).map(({ start }) => start).sort()).toEqual([0, 120_000]);
    });

    it('gives back what it was given', async () => {
      const store = await make();
      const full = row({
        name: 'ключ "1" 🔑',
        service: 'shop',
        scopes: ['a:b'],
        restrictions: { ips: ['10.0.0.0/8'] },
        metadata: { k: 'v' },
        last_used: 5,
        expires_at: 9_007_199_254_740_000,
        revoked_at: 7,
        rolled_from: 'key_0',
        rolled_to: 'key_9',
      });
      await store.insert(full, requestWith(response(full.id)));
      expect(await store.byId(full.id)).toEqual(full);
      expect(await store.byDigest(full.digest)).toEqual(full);
      const checked = await store.checkedByDigest(full.digest);
      expect(full).toMatchObject(checked ?? {});
      expect(checked).toMatchObject({
        id: full.id,
        scopes: ['a:b'],
        restrictions: full.restrictions,
        revoked_at: 7,
      });
      expect(await store.byId('key_none')).toBeNull();
    });

    it('finds each of many that are asked for at once', async () => {
      const store = await make();
      const rows = Array.from({ length: 70 }, () => row());
      for (const each of rows) await store.insert(each, requestWith(response(each.id)));
      const digests = rows.map(({ digest }) => digest);
      const unknown = 'f'.repeat(64);
      const asked = [unknown, ...digests, ...digests.slice(0, 3), unknown];
      const found = await Promise.all(asked.map((digest) => store.checkedByDigest(digest)));
      const ids = rows.map(({ id }) => id);
      expect(found.map((checked) => checked?.id ?? null)).toEqual([null, ...ids, ...ids.slice(0, 3), null]);
    });

    it('never shows a key as it was before a change that was confirmed', async () => {
      const store = await make();
      const rows = Array.from({ length: 10 }, () => row());
      for (const each of rows) await store.insert(each, requestWith(response(each.id)));
      const seen = await Promise.all(
        rows.map(async ({ id, digest }) => {
          // Others ask meanwhile, so that questions are under way all the time.
          const others = underWay(rows.map((other) => store.checkedByDigest(other.digest)));
          await store.update(id, { paused_at: 9 }, BY);
          const [changed] = await Promise.all([store.checkedByDigest(digest), ...others]);
          return changed?.paused_at;
        }),
      );
      expect(seen).toEqual(rows.map(() => 9));
    });

    it('takes nothing of a repeated request', async () => {
      const store = await make();
      const [first, second] = [row(), row()];
      const once = response(first.id);
      await store.insert(first, requestWith(once));
      await expect(store.insert(second, requestWith({ ...once, key_id: second.id }))).rejects.toBeInstanceOf(
        RepeatedRequest,
      );
      expect(await store.byId(second.id)).toBeNull();
      expect(await store.response(once.digest)).toEqual(once);
    });

    it('adds many keys at once, and nothing of the request that is a repeat', async () => {
      const store = await make();
      const [first, second, ...others] = Array.from({ length: 12 }, () => row());
      if (first === undefined || second === undefined) throw new Error('no rows');
      const once = response(first.id);
      const done = await Promise.allSettled([
        store.insert(first, requestWith(once)),
        store.insert(second, requestWith({ ...once, key_id: second.id })),
        ...others.map((key) => store.insert(key, { actor: 'owner', response: null })),
      ]);
      expect(done.map(({ status }) => status).toSorted()).toEqual([
        ...Array.from({ length: 11 }, () => 'fulfilled'),
        'rejected',
      ]);
      expect([await store.byId(first.id), await store.byId(second.id)].filter(Boolean)).toHaveLength(1);
      const there = await Promise.all(others.map(({ id }) => store.byId(id)));
      expect(there).toEqual(others);
      const { rows } = await store.events({ limit: 100 });
      expect(rows.filter(({ action }) => action === 'created')).toHaveLength(11);
    });

    it('lets one key have one successor', async () => {
      const store = await make();
      const [old, first, second] = [row(), row(), row()];
      await store.insert(old, requestWith(response(old.id)));
      const roll = (successor: KeyRow, kept: OneTimeResponse) =>
        store.succeed({ id: old.id, expires_at: 50, now: 10 }, successor, requestWith(kept));
      const responses = [response(first.id), response(second.id)] as const;
      const done = await Promise.all([roll(first, responses[0]), roll(second, responses[1])]);
      expect(done.toSorted()).toEqual([false, true]);
      const [winner, loser] = done[0] ? [first, second] : [second, first];
      expect(await store.byId(old.id)).toMatchObject({ rolled_to: winner.id, expires_at: 50 });
      expect(await store.byId(winner.id)).toEqual(winner);
      expect(await store.byId(loser.id)).toBeNull();
      expect(await store.response(responses[done[0] ? 1 : 0].digest)).toBeNull();
    });

    it.each([
      ['revoked', { revoked_at: 5 }],
      ['expired', { expires_at: 10 }],
      ['paused', { paused_at: 5 }],
    ])('rolls no key that is %s', async (_, state) => {
      const store = await make();
      const [old, successor] = [row(state), row()];
      await store.insert(old, requestWith(response(old.id)));
      expect(
        await store.succeed(
          { id: old.id, expires_at: 50, now: 10 },
          successor,
          requestWith(response(successor.id)),
        ),
      ).toBe(false);
      expect(await store.byId(old.id)).toEqual(old);
    });

    it('changes no key that was revoked, and outlives no grace', async () => {
      const store = await make();
      const [plain, revoked, rolled] = [
        row(),
        row({ revoked_at: 5 }),
        row({ rolled_to: 'key_next', expires_at: 50 }),
      ];
      for (const key of [plain, revoked, rolled]) await store.insert(key, requestWith(response(key.id)));
      expect(await store.update('key_none', { name: 'x' }, BY)).toBe(false);
      expect(await store.update(revoked.id, { name: 'x' }, BY)).toBe(false);
      expect(await store.update(rolled.id, { expires_at: 51 }, BY)).toBe(false);
      expect(await store.update(rolled.id, { expires_at: null }, BY)).toBe(false);
      expect(await store.byId(rolled.id)).toEqual(rolled);
      expect(await store.update(rolled.id, { name: 'x', expires_at: 40 }, BY)).toBe(true);
      expect(await store.update(plain.id, { expires_at: null }, BY)).toBe(true);
      expect(await store.byId(rolled.id)).toMatchObject({ name: 'x', expires_at: 40 });
    });

    it('knows whether there ever was a key that writes keys', async () => {
      const store = await make();
      const reader = row({ scopes: ['keys:read'] });
      await store.insert(reader, requestWith(response(reader.id)));
      expect(await store.hasManagementKey()).toBe(false);
      const writer = row({ scopes: ['keys:read', 'keys:write'], revoked_at: 5 });
      await store.insert(writer, requestWith(response(writer.id)));
      expect(await store.hasManagementKey()).toBe(true);
    });

    it('drops what is sealed and keeps its digest', async () => {
      const store = await make();
      const keys = [row(), row(), row()] as const;
      const responses = keys.map(({ id }, i) => response(id, { created_at: i * 100 }));
      for (const [i, key] of keys.entries())
        await store.insert(key, requestWith(responses[i] ?? response(key.id)));
      await store.dropSealed(responses[2]?.digest ?? '', 2_000);
      await store.revoke(keys[1].id, { ...BY, at: 500 });
      await store.dropSealedBefore(1);
      for (const { digest, key_id } of responses)
        expect(await store.response(digest)).toMatchObject({ key_id, sealed: null });
    });

    it('keeps the first time of a revocation, and never takes a use back', async () => {
      const store = await make();
      const key = row();
      await store.insert(key, requestWith(response(key.id)));
      await store.revoke(key.id, { ...BY, at: 5 });
      await store.revoke(key.id, { ...BY, at: 6 });
      await store.recordUses(
        new Map([
          [key.id, 20],
          ['key_none', 1],
        ]),
      );
      await store.recordUses(new Map([[key.id, 10]]));
      await store.recordUses(new Map(Array.from({ length: 1_200 }, (_, i) => [`key_none_${i}`, i])));
      expect(await store.byId(key.id)).toMatchObject({ revoked_at: 5, last_used: 20 });
    });

    it('says who did what when to which key, in the order in which it was done', async () => {
      const store = await make();
      const [old, successor, other] = [row({ scopes: ['a:b'] }), row({ rolled_from: 'key_old' }), row()];
      await store.insert(old, requestWith(response(old.id, { principal: 'key_manager' })));
      await store.update(
        old.id,
        { name: 'n', expires_at: 90, metadata: { owner: 'someone' }, scopes: ['c:d'] },
        { actor: 'key_a', at: 1_000 },
      );
      await store.succeed(
        { id: old.id, expires_at: 50, now: 10 },
        successor,
        requestWith(response(successor.id)),
      );
      await store.insert(other, requestWith(response(other.id)));
      await store.revoke(old.id, { actor: 'key_b', at: 2_000 });
      // What changes nothing is nothing to tell.
      await store.revoke(old.id, BY);
      expect(await store.update(old.id, { name: 'x' }, BY)).toBe(false);
      await store.succeed({ id: old.id, expires_at: 50, now: 10 }, row(), requestWith(response('key_none')));
      const told = (await store.events({ limit: 100 })).rows.toReversed();
      const created = ({ name, scopes }: KeyRow) => ({ name, scopes });
      const roll = (done: object) => ({ actor: 'p', at: expect.any(Number), ...done });
      expect(told.map(({ id: _, ...event }) => event).toSorted((a, b) => a.at - b.at)).toEqual([
        roll({
          action: 'rolled',
          key_id: old.id,
          details: { rolled_to: successor.id, expires_at: '1970-01-01T00:00:00.050Z' },
        }),
        { actor: 'key_manager', at: 1_000, action: 'created', key_id: old.id, details: created(old) },
        {
          actor: 'key_a',
          at: 1_000,
          action: 'updated',
          key_id: old.id,
          details: {
            name: 'n',
            scopes: ['c:d'],
            expires_at: '1970-01-01T00:00:00.090Z',
            metadata: ['owner'],
          },
        },
        roll({
          action: 'created',
          key_id: successor.id,
          details: { ...created(successor), rolled_from: 'key_old' },
        }),
        roll({ action: 'created', key_id: other.id, details: created(other) }),
        { actor: 'key_b', at: 2_000, action: 'revoked', key_id: old.id, details: {} },
      ]);
      const ofOther = await store.events({ limit: 100, key_id: other.id });
      expect(ofOther.rows.map(({ action }) => action)).toEqual(['created']);
    });

    it('tells of each pair that a later one ends', async () => {
      const store = await make();
      const pair = () => row({ service: 'shop', sealed_secret_key: 'sealed' });
      const [first, second] = [pair(), pair()];
      await store.insert(first, requestWith(response(first.id)), { supersede: () => undefined });
      expect(
        await store.insert(second, requestWith(response(second.id)), { supersede: () => undefined }),
      ).toEqual([first.id]);
      const { rows } = await store.events({ limit: 100, key_id: first.id });
      expect(rows.map(({ action, details }) => [action, details])).toEqual([
        ['superseded', { rolled_to: second.id }],
        ['created', { name: first.name, scopes: [] }],
      ]);
    });

    it('pages events, newest first, each once', async () => {
      const store = await make();
      const keys = Array.from({ length: 7 }, (_, i) => row({ created_at: 1_000 + (i >> 1) }));
      for (const key of keys) await store.insert(key, requestWith(response(key.id)));
      const found: Array<string | null> = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<KeyStore['events']>> = await store.events({
          limit: 2,
          ...(cursor ? { cursor } : {}),
        });
        found.push(...page.rows.map(({ key_id }) => key_id));
        cursor = page.next_cursor;
      } while (cursor !== null && found.length < 20);
      expect(found).toEqual(keys.map(({ id }) => id).toReversed());
      await expect(store.events({ limit: 2, cursor: 'x' })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it('responds to a health check', async () => {
      expect(await (await make()).ping()).toBeUndefined();
    });

    it('pages and filters as a list in memory would', async () => {
      const now = 100;
      const time = fc.option(fc.integer({ min: 50, max: 150 }), { nil: null });
      const letters = fc.string({
        unit: fc.constantFrom('a', 'B', '%', '_', '\\'),
        minLength: 1,
        maxLength: 4,
      });
      // What could look like the end of a text in the JSON that is searched.
      const note = (most: number) =>
        fc.string({
          unit: fc.constantFrom('a', '"', ',', '{', ':', '\\', '%'),
          minLength: 1,
          maxLength: most,
        });
      const rows = fc.array(
        fc.record({
          name: letters,
          type: fc.constantFrom(...KEY_TYPES),
          environment: fc.constantFrom('live', 'test'),
          service: fc.constantFrom(null, 'shop'),
          owner: fc.constantFrom(null, 'team'),
          metadata: fc.dictionary(note(2), note(3), { maxKeys: 2 }),
          created_at: fc.integer({ min: 1, max: 5 }),
          expires_at: time,
          revoked_at: time,
          rolled_to: fc.constantFrom(null, 'key_next'),
        }),
        { maxLength: 12 },
      );
      const query = fc.record(
        {
          name: fc.oneof(
            letters,
            letters.map((text) => `${text}*`),
            letters.map((text) => `*${text}*`),
          ),
          status: fc.uniqueArray(fc.constantFrom(...KEY_STATUSES), { minLength: 1 }),
          type: fc.constantFrom(...KEY_TYPES),
          environment: fc.constantFrom('live', 'test'),
          service: fc.constant('shop'),
          owner: fc.constant('team'),
          metadata: fc.tuple(note(2), note(3)).map((pair) => pair.join('=')),
        },
        { requiredKeys: [] },
      );
      const store = await make();
      await fc.assert(
        fc.asyncProperty(rows, query, fc.integer({ min: 1, max: 4 }), async (made, filters, limit) => {
          // A key that was rolled ends with its grace: it always has an end.
          const all = made.map((some) =>
            row({ ...some, expires_at: some.rolled_to ? (some.expires_at ?? 120) : some.expires_at }),
          );
          await store.clear();
          for (const one of all) await store.insert(one, requestWith(response(one.id)));
          const expected = all
            .filter(
              (one) =>
                (filters.name === undefined ||
                  (filters.name.includes('*')
                    ? wildcardMatches(filters.name, one.name)
                    : one.name === filters.name)) &&
                (filters.status === undefined || filters.status.includes(statusOf(one, now))) &&
                (filters.type === undefined || one.type === filters.type) &&
                (filters.environment === undefined || one.environment === filters.environment) &&
                (filters.service === undefined || one.service === filters.service) &&
                (filters.owner === undefined || one.owner === filters.owner) &&
                (filters.metadata === undefined || hasNote(keyRecord(one, now), filters.metadata)),
            )
            .sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1))
            .map(({ id }) => id);
          const found: string[] = [];
          let cursor: string | null = null;
          do {
            const page: Awaited<ReturnType<KeyStore['page']>> = await store.page(
              { ...filters, limit, ...(cursor ? { cursor } : {}) },
              now,
            );
            expect(page.rows.length).toBeLessThanOrEqual(limit);
            found.push(...page.rows.map(({ id }) => id));
            cursor = page.next_cursor;
          } while (cursor !== null && found.length <= all.length);
          expect(found).toEqual(expected);
        }),
        { numRuns: 60 },
      );
      await store.close();
    });
  });
}
