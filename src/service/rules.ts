/**
 * The key service: its rules, policies, store and HTTP server.
 * Rooms import `openEmbeddedService`, `serveKeys` and the transfer of keys; its other files are its own.
 */

import { type Clock, isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { type Expresses, requireExpressible } from '../domain/expressible.js';
import { graceSeconds } from '../domain/grace.js';
import type { IssuedKey, Key, RolledKey } from '../domain/key.js';
import type { CreateKey, KeyService, UpdateKey } from '../domain/key-service.js';
import { scopesLacking } from '../domain/scopes.js';
import {
  createRequest,
  eventsRequest,
  listRequest,
  rollRequest,
  updateRequest,
  verifyRequest,
} from '../http/wire/request-schemas.js';
import { ROUTES } from '../http/wire/routes.js';
import { dayOf } from './activity.js';
import { type Authentication, type AuthenticationFacts, authenticate } from './authenticate.js';
import { createOnce, createRow } from './create-row.js';
import { keyRecord, statusOf } from './key-record.js';
import { idempotencyDigest } from './one-time-answer.js';
import { policyOf } from './policies/find-policy.js';
import { KEYS_POLICY } from './policies/keys.js';
import { isManagementScope, type Policy } from './policies/policy.js';
import { type Principal, requireScope } from './principal.js';
import {
  canManage,
  narrows,
  type Rights,
  refuseOwnLimits,
  requireOther,
  requirePower,
  requireWithin,
} from './rights.js';
import type { SecretCipher } from './secret-cipher.js';
import type { KeyRow, KeyRowChanges, KeyStore, ManagementGuard } from './store/key-store.js';
import { validate } from './validate.js';

const DEFAULT_PAGE = 100;
const DEFAULT_DAYS = 30;

/** What happened to a key. */
type KeyEvent = 'key.created' | 'key.rolled' | 'key.superseded' | 'key.revoked';

/** Told after a change is on the disk; `secretKey` is the signing half of a pair, null for one secret. */
export type OnKeyEvent = (event: KeyEvent, key: Key, secretKey: string | null) => void;

export interface KeyRulesOptions {
  /** Default: the documented key endpoints. */
  readonly policy?: Policy;
  /** For a policy with pairs. */
  readonly cipher?: SecretCipher;
  readonly onEvent?: OnKeyEvent;
}

/** How often a key was used and refused on one day (UTC, such as `2027-01-31`). */
interface KeyDay {
  readonly day: string;
  readonly uses: number;
  readonly refusals: number;
}

/** The contract, and what our service has beyond it. */
export interface ServedKeys extends KeyService {
  /** The last days that have counts, today included, newest first; default 30 days. Throws `not_found`. */
  usage(id: string, days?: number): Promise<KeyDay[]>;
}

export interface KeyRules {
  /** The contract as one caller may use it. */
  as(principal: Principal): ServedKeys;
  /** Whether a secret is good for a request. A use is not recorded here: see `recordUse`. */
  authenticate(secret: string, facts: AuthenticationFacts): Promise<Authentication>;
}

/** The rules of the key service over a store: the one place where they are. Input is checked here, whoever calls. */
export function createKeyRules(
  store: KeyStore,
  clock: Clock,
  { policy = KEYS_POLICY, cipher, onEvent = () => undefined }: KeyRulesOptions = {},
): KeyRules {
  const check = (secret: string, facts: AuthenticationFacts) =>
    authenticate({ find: store.byDigest, policy, cipher }, secret, facts, clock.now());
  const checkInShort = (secret: string, facts: AuthenticationFacts) =>
    authenticate({ find: store.checkedByDigest, policy, cipher }, secret, facts, clock.now());
  const tell = (event: KeyEvent, row: KeyRow) => {
    const { id, sealed_secret_key } = row;
    const secretKey = sealed_secret_key === null ? null : (cipher?.open(sealed_secret_key, id) ?? null);
    onEvent(event, keyRecord(row, clock.now()), secretKey);
  };
  const means: Means = { store, clock, policy, cipher, check, tell };
  return { as: (principal) => serviceFor(principal, means), authenticate: checkInShort };
}

interface Means {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** The database's; keys that manage keys have their own. */
  readonly policy: Policy;
  readonly cipher: SecretCipher | undefined;
  /** With the whole record. */
  readonly check: (secret: string, facts: AuthenticationFacts) => Promise<Authentication<KeyRow>>;
  readonly tell: (event: KeyEvent, row: KeyRow) => void;
}

function serviceFor(
  principal: Principal,
  { store, clock, policy: databasePolicy, cipher, check, tell }: Means,
): ServedKeys {
  async function find(id: string): Promise<KeyRow> {
    // PostgreSQL fails on a NUL in a text, where SQLite finds nothing.
    const row = id.includes('\0') ? null : await store.byId(id);
    if (row !== null) return row;
    throw new KeysError('not_found', `no such key: ${id}`, { details: { key_id: id } });
  }

  const byNow = () => ({ actor: principal.id, at: clock.now() });

  return {
    async create(input, { idempotencyKey }) {
      requireScope(principal, ROUTES.create.scope);
      const request = validate(createRequest, input) as CreateKey;
      const policy = policyOf({ scopes: request.scopes ?? [] }, databasePolicy);
      requireWithin(principal, rightsAskedFor(request));
      refuseWhatPolicyLacks(request, policy, clock.now());
      const creation = {
        principal,
        route: `${ROUTES.create.method} ${ROUTES.create.path}`,
        body: request,
        idempotencyKey,
      };
      let row: KeyRow | undefined;
      let superseded: readonly string[] = [];
      const issued = await createOnce<IssuedKey>(
        store,
        clock,
        creation,
        () => {
          const created = createRow(newRow(request, policy, clock.now()), policy, cipher);
          row = created.row;
          return { key: keyRecord(created.row, clock.now()), credential: created.credential };
        },
        async (_, kept) => {
          if (row) superseded = await store.insert(row, kept, { supersede: policy.supersedes });
        },
      );
      for (const id of superseded) tell('key.superseded', await find(id));
      if (row?.id === issued.key.id) tell('key.created', row);
      return issued;
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

    async update(id, input, { force = false } = {}) {
      requireScope(principal, ROUTES.update.scope);
      const changes = validate(updateRequest, input) as UpdateKey;
      const row = await find(id);
      const columns = rowChanges(row, changes, clock.now());
      refuseOwnLimits(principal, id, columns);
      requirePower(principal, row);
      const after = { ...row, ...columns };
      requireChangeWithin(principal, row, after, columns);
      refuseWhatPolicyLacks({ ...changes, type: row.type }, policyOf(row, databasePolicy), clock.now());
      const guard = !force && narrows(row, after) ? keepOther(row, clock.now()) : undefined;
      if (!(await store.update(id, columns, byNow(), guard))) {
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
      requirePower(principal, old);
      const policy = policyOf(old, databasePolicy);
      const seconds = graceSeconds({ title: policy.title, grace: policy.roll }, request.grace_seconds);
      const route = `${ROUTES.roll.method} ${ROUTES.roll.path.replace('{id}', id)}`;
      let successor: KeyRow | undefined;
      let end = 0;
      const rolled = await createOnce<RolledKey>(
        store,
        clock,
        { principal, route, body: request, idempotencyKey },
        () => {
          const now = clock.now();
          refuseRoll(old, now);
          end = Math.min(now + seconds * 1000, old.expires_at ?? Number.POSITIVE_INFINITY);
          const heir = successorOf(old, policy, principal, now);
          requireWithin(principal, heir);
          const created = createRow(heir, policy, cipher);
          successor = created.row;
          const previous = { ...old, expires_at: end, rolled_to: created.row.id };
          return {
            key: keyRecord(created.row, now),
            credential: created.credential,
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
      if (successor?.id === rolled.key.id) tell('key.rolled', successor);
      return rolled;
    },

    async revoke(id, { force = false } = {}) {
      requireScope(principal, ROUTES.revoke.scope);
      const row = await find(id);
      requirePower(principal, row);
      const by = byNow();
      await store.revoke(id, by, force ? undefined : keepOther(row, by.at));
      if (row.revoked_at === null) tell('key.revoked', { ...row, revoked_at: by.at });
    },

    async verify(input) {
      requireScope(principal, ROUTES.verify.scope);
      const { key: secret, ...facts } = validate(verifyRequest, input);
      const found = await check(secret, facts as AuthenticationFacts);
      const key = found.row && keyRecord(found.row, clock.now());
      if (found.valid) return { valid: true, key: keyRecord(found.row, clock.now()) };
      return { valid: false, reason: found.reason, ...(key ? { key } : {}) };
    },

    async events(query) {
      requireScope(principal, ROUTES.events.scope);
      const { limit = DEFAULT_PAGE, ...filters } = validate(eventsRequest, query);
      const { rows, next_cursor } = await store.events({ ...(filters as typeof query), limit });
      return { events: rows.map((row) => ({ ...row, at: isoTime(row.at) })), next_cursor };
    },

    async usage(id, days = DEFAULT_DAYS) {
      requireScope(principal, ROUTES.usage.scope);
      await find(id);
      const rows = await store.usage(id, dayOf(clock.now()) - days + 1);
      return rows.map(({ day, ...counts }) => ({ day: isoTime(day * 86_400_000).slice(0, 10), ...counts }));
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
      await store.dropSealed(digest, clock.now());
    },
  };
}

/** Throws `invalid_request` or `unsupported` for what keys under this policy do not have. */
function refuseWhatPolicyLacks(request: CreateKey | UpdateKey, policy: Policy, nowMs: number): void {
  refusePublicManagement('type' in request ? request.type : undefined, request.scopes);
  requireExpressible(expressedBy(policy), request, nowMs);
}

/** What keys under a policy can have. */
function expressedBy({ id, title, environments, types, scopes, restrictions }: Policy): Expresses {
  const places = { ips: 'addresses', referrers: 'pages', endpoints: 'endpoints' };
  return {
    ...{ id, title, environments, types, updates: [], keepsMetadata: true, options: [] },
    accepts: {
      ...(scopes ? { scopes: { about: 'words joined by colons' } } : {}),
      ...(restrictions ? places : {}),
      expires_at: 'any time',
      service: 'a text',
    },
  };
}

/** A public key may be published: it never manages keys and never has every right. Throws `invalid_request`. */
function refusePublicManagement(type: string | undefined, scopes: readonly string[] | undefined): void {
  const wide = type === 'public' ? scopes?.find(isManagementScope) : undefined;
  if (wide === undefined) return;
  throw new KeysError('invalid_request', `scopes: a public key cannot have ${wide}`, {
    hint: 'a public key may be published, so it has few rights; create a secret key for this',
    details: { member: 'scopes' },
  });
}

function newRow(request: CreateKey, policy: Policy, now: number) {
  const environment = request.environment ?? policy.environments[0] ?? 'live';
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

/**
 * The same key once more: what it may do is the same; its age and use begin anew. It works for as long as the old key did
 * from its creation, but never longer than the key that creates it.
 */
function successorOf(old: KeyRow, policy: Policy, creator: Principal, now: number) {
  const own = old.expires_at === null ? Number.POSITIVE_INFINITY : now + old.expires_at - old.created_at;
  const end = Math.min(own, creator.expires_at ?? Number.POSITIVE_INFINITY);
  const expires_at = Number.isFinite(end) ? end : null;
  const fresh = newRow({ name: old.name }, policy, now);
  return { ...fresh, ...inherited(old), expires_at, rolled_from: old.id } as const;
}

/** Lets a management key be narrowed or revoked only where another is left; undefined for other keys and for those that have expired. */
function keepOther(row: KeyRow, now: number): ManagementGuard | undefined {
  if (!canManage(row) || statusOf(row, now) !== 'active') return undefined;
  return (keys) => requireOther(row.id, row, keys);
}

function rightsAskedFor({ scopes = [], restrictions = {}, expires_at = null }: CreateKey): Rights {
  return { scopes, restrictions, expires_at: expires_at === null ? null : Date.parse(expires_at) };
}

/** Throws `forbidden` where what an update sets is more than its caller has. New scopes count with the limits they come under. */
function requireChangeWithin(
  principal: Principal,
  before: Rights,
  after: Rights,
  { restrictions = principal.restrictions, expires_at = principal.expires_at }: KeyRowChanges,
): void {
  const adds = scopesLacking(before.scopes, after.scopes).length > 0;
  requireWithin(principal, adds ? after : { scopes: [], restrictions, expires_at });
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
