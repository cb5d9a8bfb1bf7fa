import { type Clock, isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { ENVIRONMENTS, type IssuedKey, type RolledKey } from '../domain/key.js';
import type { CreateKey, KeyService, RequestFacts, UpdateKey } from '../domain/key-service.js';
import { ROUTES } from '../wire/routes.js';
import { createRequest, listRequest, rollRequest, updateRequest, verifyRequest } from '../wire/schemas.js';
import { type Authentication, authenticate } from './authenticate.js';
import { keyRecord, statusOf } from './key-record.js';
import { mintOnce, mintRow } from './mint.js';
import { idempotencyDigest } from './one-time-answer.js';
import { type Principal, requireOwnScopes, requireScope } from './principal.js';
import type { KeyRow, KeyRowChanges, KeyStore } from './store/key-store.js';
import { validate } from './validate.js';

/** How long a rolled key works on where the request does not say. */
const DEFAULT_GRACE_SECONDS = 12 * 3600;
const DEFAULT_PAGE = 100;

export interface KeyRules {
  /** The contract as one caller may use it. */
  as(principal: Principal): KeyService;
  /** Whether a secret is good for a request. A use is not recorded here: see `recordUse`. */
  authenticate(secret: string, facts: RequestFacts): Promise<Authentication>;
}

/** The rules of the key service over a store: the one place where they are. Input is checked here, whoever calls. */
export function createKeyRules(store: KeyStore, clock: Clock): KeyRules {
  const check = (secret: string, facts: RequestFacts) => authenticate(store, secret, facts, clock.now());
  return { as: (principal) => serviceFor(principal, store, clock, check), authenticate: check };
}

function serviceFor(
  principal: Principal,
  store: KeyStore,
  clock: Clock,
  check: KeyRules['authenticate'],
): KeyService {
  async function find(id: string): Promise<KeyRow> {
    const row = await store.byId(id);
    if (row !== null) return row;
    throw new KeysError('not_found', `no such key: ${id}`, { hint: 'keys list --all shows every key' });
  }

  return {
    async create(input, { idempotencyKey }) {
      requireScope(principal, ROUTES.create.scope);
      const request = validate(createRequest, input) as CreateKey;
      requireOwnScopes(principal, request.scopes ?? []);
      const minting = {
        principal,
        route: `${ROUTES.create.method} ${ROUTES.create.path}`,
        body: request,
        idempotencyKey,
      };
      let row: KeyRow | undefined;
      return await mintOnce<IssuedKey>(
        store,
        clock,
        minting,
        () => {
          const minted = mintRow(newRow(request, clock.now()));
          row = minted.row;
          return { key: keyRecord(minted.row, clock.now()), credential: { secret: minted.secret } };
        },
        async (_, kept) => {
          if (row) await store.insert(row, kept);
        },
      );
    },

    async list(query) {
      requireScope(principal, ROUTES.list.scope);
      const { limit = DEFAULT_PAGE, ...filters } = validate(listRequest, query);
      const now = clock.now();
      const page = await store.page({ ...(filters as typeof query), limit }, now);
      return { keys: page.rows.map((row) => keyRecord(row, now)), next_cursor: page.next_cursor };
    },

    async get(id) {
      requireScope(principal, ROUTES.get.scope);
      return keyRecord(await find(id), clock.now());
    },

    async update(id, input) {
      requireScope(principal, ROUTES.update.scope);
      const changes = validate(updateRequest, input) as UpdateKey;
      const row = await find(id);
      requireOwnScopes(principal, [...row.scopes, ...(changes.scopes ?? [])]);
      if (!(await store.update(id, rowChanges(row, changes, clock.now())))) {
        // Rolled or revoked since it was read: the rules say which.
        rowChanges(await find(id), changes, clock.now());
        throw new KeysError('conflict', `the key changed while it was updated: ${id}`, { hint: 'try again' });
      }
      return keyRecord(await find(id), clock.now());
    },

    async roll(id, input, { idempotencyKey }) {
      requireScope(principal, ROUTES.roll.scope);
      const request = validate(rollRequest, input);
      const old = await find(id);
      requireOwnScopes(principal, old.scopes);
      const route = `${ROUTES.roll.method} ${ROUTES.roll.path.replace('{id}', id)}`;
      let successor: KeyRow | undefined;
      let end = 0;
      return await mintOnce<RolledKey>(
        store,
        clock,
        { principal, route, body: request, idempotencyKey },
        () => {
          const now = clock.now();
          refuseRoll(old, now);
          const graceMs = (request.grace_seconds ?? DEFAULT_GRACE_SECONDS) * 1000;
          end = Math.min(now + graceMs, old.expires_at ?? Number.POSITIVE_INFINITY);
          const minted = mintRow(successorOf(old, now));
          successor = minted.row;
          const previous = { ...old, expires_at: end, rolled_to: minted.row.id };
          return {
            key: keyRecord(minted.row, now),
            credential: { secret: minted.secret },
            previous: keyRecord(previous, now),
          };
        },
        async (_, kept) => {
          if (!successor) return;
          const now = successor.created_at;
          if (await store.succeed({ id, expires_at: end, now }, successor, kept)) return;
          refuseRoll(await find(id), now);
          throw new KeysError('conflict', `the key changed while it was rolled: ${id}`, {
            hint: 'try again',
          });
        },
      );
    },

    async revoke(id) {
      requireScope(principal, ROUTES.revoke.scope);
      await find(id);
      await store.revoke(id, clock.now());
    },

    async verify(input) {
      requireScope(principal, ROUTES.verify.scope);
      const { key: secret, ...facts } = validate(verifyRequest, input);
      const found = await check(secret, facts as RequestFacts);
      const key = found.row && keyRecord(found.row, clock.now());
      if (found.valid) return { valid: true, key: keyRecord(found.row, clock.now()) };
      return { valid: false, reason: found.reason, ...(key ? { key } : {}) };
    },

    async whoami() {
      const row = await store.byId(principal.id);
      return row && keyRecord(row, clock.now());
    },

    async acknowledge(id, { idempotencyKey }) {
      requireScope(principal, ROUTES.acknowledge.scope);
      const digest = idempotencyDigest(idempotencyKey);
      const kept = await store.answer(digest);
      if (kept === null || kept.key_id !== id || kept.principal !== principal.id) {
        throw new KeysError('not_found', `no answer is kept for this request and key: ${id}`);
      }
      await store.dropSealed(digest);
    },
  };
}

function newRow(request: CreateKey, now: number) {
  const environment = request.environment ?? 'live';
  if (!(ENVIRONMENTS as readonly string[]).includes(environment)) {
    throw new KeysError(
      'invalid_request',
      `environment: not one of ${ENVIRONMENTS.join(', ')}: ${environment}`,
      {
        details: { member: 'environment' },
      },
    );
  }
  return {
    name: request.name,
    type: request.type ?? 'secret',
    environment,
    service: request.service ?? null,
    scopes: request.scopes ?? [],
    restrictions: request.restrictions ?? {},
    metadata: request.metadata ?? {},
    created_at: now,
    last_used: null,
    expires_at: futureTime(request.expires_at, now),
    revoked_at: null,
    rolled_from: null,
    rolled_to: null,
  } as const;
}

/** The same key once more: what it may do is the same; its age, use and expiry begin anew. */
function successorOf(old: KeyRow, now: number) {
  return { ...newRow({ name: old.name }, now), ...inherited(old), rolled_from: old.id } as const;
}

function inherited(old: KeyRow) {
  const { type, environment, service, scopes, restrictions, metadata } = old;
  return { type, environment, service, scopes, restrictions, metadata };
}

/** Throws `invalid_request` for an expiry that has passed. */
function futureTime(iso: string | null | undefined, now: number): number | null {
  if (iso === null || iso === undefined) return null;
  const at = Date.parse(iso);
  if (at > now) return at;
  throw new KeysError('invalid_request', `expires_at: has passed already: ${iso}`, {
    hint: `it is ${isoTime(now)} now`,
    details: { member: 'expires_at' },
  });
}

function rowChanges(row: KeyRow, changes: UpdateKey, now: number): KeyRowChanges {
  if (row.revoked_at !== null) {
    throw new KeysError('conflict', `a revoked key cannot be changed: ${row.id}`, {
      hint: 'create a new one',
    });
  }
  const { expires_at, ...rest } = changes;
  if (expires_at === undefined) return rest;
  const at = futureTime(expires_at, now);
  const rolled = row.rolled_to !== null && row.expires_at !== null;
  if (rolled && (at === null || at > (row.expires_at ?? 0))) {
    throw new KeysError('conflict', `a rolled key cannot outlive its grace: ${row.id}`, {
      hint: 'use the key that succeeded it',
    });
  }
  return { ...rest, expires_at: at };
}

function refuseRoll(old: KeyRow, now: number): void {
  const status = statusOf(old, now);
  if (status === 'active') return;
  const reason =
    status === 'retiring' ? 'was rolled already' : status === 'revoked' ? 'is revoked' : 'has expired';
  throw new KeysError('conflict', `this key ${reason}: ${old.id}`, {
    hint: old.rolled_to === null ? 'create a new key' : `its successor is ${old.rolled_to}`,
    details: { status, rolled_to: old.rolled_to },
  });
}
