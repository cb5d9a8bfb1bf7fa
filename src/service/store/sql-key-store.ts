import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import type { KeyType } from '../../domain/key.js';
import { SCOPE_ALL, SCOPE_WRITE } from '../../domain/scopes.js';
import { readTogether } from '../../storage/sql/read-together.js';
import type {
  SqlDatabase,
  SqlRow,
  SqlSession,
  SqlStatement,
  SqlValue,
} from '../../storage/sql/sql-database.js';
import { storedJson } from '../../storage/sql/stored-row.js';
import { IS_BCRYPT, IS_HMAC } from '../stored-digest.js';
import { type By, eventPage, tell, telling } from './audit-trail.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { filterSql } from './filter-sql.js';
import { recordActivity, usageOf } from './key-days.js';
import {
  type CheckedKey,
  type KeyRow,
  type KeyRowChanges,
  type KeyStore,
  type ManagementGuard,
  type OneTimeResponse,
  RepeatedRequest,
  type SupersedeGuard,
} from './key-store.js';
import { limitCounts } from './limit-counts.js';
import { deleteBatch } from './retention.js';
import { lockedEncryptionKey } from './settings.js';
import {
  API_KEYS,
  KEY_JSON,
  requireCheckedKey,
  requireKey,
  requireResponse,
  requireSetting,
} from './stored-tables.js';

const COLUMNS = [
  'id',
  'digest',
  'name',
  'type',
  'environment',
  'service',
  'prefix',
  'hint',
  'scopes',
  'restrictions',
  'limits',
  'owner',
  'metadata',
  'created_at',
  'last_used',
  'expires_at',
  'revoked_at',
  'paused_at',
  'rolled_from',
  'rolled_to',
  'sealed_secret_key',
] as const satisfies ReadonlyArray<keyof KeyRow>;
/**
 * Last uses in one statement; the length of a statement is bounded, and so is the time for which it holds
 * rows.
 */
const USES_AT_ONCE = 500;
const JSON_COLUMNS: ReadonlySet<string> = new Set(['scopes', 'restrictions', 'limits', 'metadata']);
const SELECT_FROM = `SELECT ${COLUMNS.join(', ')} FROM`;
export const SELECT = `${SELECT_FROM} api_keys`;
const SELECT_CHECKED =
  'SELECT id, digest, type, environment, service, scopes, restrictions, limits, owner, expires_at, revoked_at, paused_at, rolled_to, sealed_secret_key FROM api_keys';
/** A row's place in an INSERT's VALUES. */
export const ROW = `(${COLUMNS.map(() => '?').join(', ')})`;
export const INSERT_INTO = `INSERT INTO api_keys (${COLUMNS.join(', ')}) VALUES `;
const INSERT = INSERT_INTO + ROW;

/** The condition on a row that its key may write keys, and its parameters. */
const MAY_WRITE = '(scopes LIKE ? OR scopes LIKE ?)';
const WRITING = [SCOPE_WRITE, SCOPE_ALL].map((scope) => `%${JSON.stringify(scope)}%`);

/** The `KeyStore` over any SQL database. */
export function createSqlKeyStore(database: SqlDatabase): KeyStore {
  return {
    ...keyLookups(database),
    ...managementKeys(database),
    ...storedDigests(database),
    ...keyAdditions(database),
    ...keyChanges(database),
    ...keyUses(database),
    ...limitCounts(database),
    ...oneTimeResponses(database),
    ...serviceSettings(database),
    events: (query) => eventPage(database, query),
    now: () => database.now(),
    requireInPlace: () => database.requireInPlace(),
    close: () => database.close(),
  };
}

/** Reads of keys. */
function keyLookups(
  database: SqlDatabase,
): Pick<KeyStore, 'byId' | 'byDigest' | 'checkedByDigest' | 'page' | 'isEmpty'> {
  async function one(where: string, value: string): Promise<KeyRow | null> {
    const [row] = await database.all(`${SELECT} WHERE ${where} = ?`, [value]);
    return row === undefined ? null : toKeyRow(row);
  }

  const checked = readTogether(database, SELECT_CHECKED, 'digest');

  return {
    byId: (id) => one('id', id),

    byDigest: (digest) => one('digest', digest),

    async checkedByDigest(digest) {
      const row = await checked(digest);
      return row === null ? null : toCheckedKey(row);
    },

    async page(query, now) {
      const { from, order, conditions, params } = filterSql(query, now);
      const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
      const all = [...conditions, ...(after ? [`(${order.join(', ')}) < (?, ?)`] : [])];
      const where = all.length > 0 ? ` WHERE ${all.join(' AND ')}` : '';
      const sorted = order.map((column) => `${column} DESC`).join(', ');
      const found = await database.all(`${SELECT_FROM} ${from}${where} ORDER BY ${sorted} LIMIT ?`, [
        ...params,
        ...(after ? [after.created_at, after.id] : []),
        query.limit + 1,
      ]);
      const rows = found.slice(0, query.limit).map(toKeyRow);
      const last = rows.at(-1);
      return { rows, next_cursor: found.length > query.limit && last ? encodeCursor(last) : null };
    },

    async isEmpty() {
      return (await database.all('SELECT id FROM api_keys LIMIT 1')).length === 0;
    },
  };
}

/** Whether the service can be managed. */
function managementKeys(database: SqlDatabase): Pick<KeyStore, 'hasManagementKey' | 'canBeManaged'> {
  return {
    async hasManagementKey() {
      const [found] = await database.all('SELECT id FROM api_keys WHERE scopes LIKE ? LIMIT 1', [
        `%${JSON.stringify(SCOPE_WRITE)}%`,
      ]);
      return found !== undefined;
    },

    async canBeManaged(now) {
      const [found] = await database.all(
        `SELECT id FROM api_keys
         WHERE ${MAY_WRITE} AND revoked_at IS NULL AND paused_at IS NULL
           AND (expires_at IS NULL OR expires_at > ?) LIMIT 1`,
        [...WRITING, now],
      );
      return found !== undefined;
    },
  };
}

/** Digests of keys that were imported from another key system. */
function storedDigests(
  database: SqlDatabase,
): Pick<KeyStore, 'hasDigest' | 'bcryptDigests' | 'hmacDigests' | 'upgradeDigest'> {
  return {
    async hasDigest(digest) {
      return (await database.all('SELECT id FROM api_keys WHERE digest = ?', [digest])).length > 0;
    },

    async bcryptDigests(prefixes, hint) {
      const rows = await database.all(
        `SELECT digest FROM api_keys
         WHERE ${IS_BCRYPT} AND prefix IN (${prefixes.map(() => '?').join(', ')}) AND hint IN ('', ?)
         ORDER BY length(prefix) DESC, id`,
        [...prefixes, hint],
      );
      return rows.map((row) => text(row, 'digest'));
    },

    async hmacDigests() {
      const rows = await database.all(
        `SELECT id, name, digest FROM api_keys
         WHERE ${IS_HMAC} AND revoked_at IS NULL ORDER BY created_at, id`,
      );
      return rows.map((row) => ({
        id: text(row, 'id'),
        name: text(row, 'name'),
        digest: text(row, 'digest'),
      }));
    },

    async upgradeDigest(id, from, to) {
      await database.run(
        `UPDATE api_keys SET digest = ? WHERE id = ? AND digest = ?
         AND NOT EXISTS (SELECT 1 FROM api_keys AS other WHERE other.digest = ?)`,
        [to, id, from, to],
      );
    },
  };
}

/** New keys and successors, each with the response that is kept for a repeated request. */
function keyAdditions(database: SqlDatabase): Pick<KeyStore, 'insert' | 'succeed'> {
  return {
    async insert(row, { actor, response }, { supersede: guard, encryptionKey } = {}) {
      const kept = response === null ? [] : [keptResponse(response)];
      if (guard === undefined && encryptionKey === undefined) {
        const changed = await database.runAll([...kept, ...newKey(row, actor)]);
        if (changed === null) throw new RepeatedRequest();
        return [];
      }
      return await database.transaction(async (session) => {
        encryptionKey?.(await lockedEncryptionKey(session));
        await keepResponse(session, response);
        const ended = guard === undefined ? [] : await supersede(session, { row, actor }, guard);
        await insertKey(session, row, actor);
        return ended;
      });
    },

    succeed: (old, successor, { actor, response }, encryptionKey) =>
      database.transaction(async (session) => {
        encryptionKey?.(await lockedEncryptionKey(session));
        await keepResponse(session, response);
        const changed = await session.run(
          `UPDATE api_keys SET rolled_to = ?, expires_at = ?
           WHERE id = ? AND rolled_to IS NULL AND revoked_at IS NULL AND paused_at IS NULL
             AND (expires_at IS NULL OR expires_at > ?)`,
          [successor.id, old.expires_at, old.id, old.now],
        );
        if (changed === 0) {
          if (response !== null)
            await session.run('DELETE FROM one_time_answers WHERE digest = ?', [response.digest]);
          return false;
        }
        const by = { actor, at: old.now };
        await tell(session, by, 'rolled', old.id, {
          rolled_to: successor.id,
          expires_at: isoTime(old.expires_at),
        });
        await insertKey(session, successor, actor);
        return true;
      }),
  };
}

/** Changes and revocations of keys. */
function keyChanges(database: SqlDatabase): Pick<KeyStore, 'update' | 'revoke'> {
  return {
    async update(id, changes, by, guard) {
      const entries = Object.entries(changes);
      const params = entries.map(([column, value]) => toSqlValue(column, value));
      const assignments = entries.map(([column]) => `${column} = ?`).join(', ');
      // A roll or a revocation in between wins: this change must not move the end that the roll has promised.
      const end = changes.expires_at;
      const bounded = end !== undefined && changes.rolled_to === undefined;
      const within = bounded ? ' AND (rolled_to IS NULL OR expires_at >= ?)' : '';
      return await database.transaction(async (session) => {
        if (guard !== undefined) await guardManagement(session, guard, id);
        const changed = await session.run(
          `UPDATE api_keys SET ${assignments} WHERE id = ? AND revoked_at IS NULL${within}`,
          [...params, id, ...(bounded ? [end ?? Number.MAX_SAFE_INTEGER] : [])],
        );
        if (changed > 0) await tellChanges(session, by, id, changes);
        return changed > 0;
      });
    },

    revoke: (id, by, guard) =>
      database.transaction(async (session) => {
        if (guard !== undefined) await guardManagement(session, guard, id);
        const ended = await session.run(
          'UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
          [by.at, id],
        );
        if (ended > 0) await tell(session, by, 'revoked', id, {});
        await session.run(
          'UPDATE one_time_answers SET sealed = NULL, nonce = NULL, spent_at = COALESCE(spent_at, ?) WHERE key_id = ?',
          [by.at, id],
        );
      }),
  };
}

/** When and how often keys are used. */
function keyUses(database: SqlDatabase): Pick<KeyStore, 'recordUses' | 'recordActivity' | 'usage'> {
  return {
    async recordUses(uses) {
      // In one order everywhere: two servers that lock the same rows then cannot deadlock.
      const sorted = [...uses].sort(([a], [b]) => (a < b ? -1 : 1));
      for (let start = 0; start < sorted.length; start += USES_AT_ONCE) {
        const batch = sorted.slice(start, start + USES_AT_ONCE);
        const values = batch.map(() => '(CAST(? AS TEXT), CAST(? AS BIGINT))').join(', ');
        await database.run(
          `WITH uses (id, at) AS (VALUES ${values})
           UPDATE api_keys SET last_used = uses.at FROM uses
           WHERE api_keys.id = uses.id AND (api_keys.last_used IS NULL OR api_keys.last_used < uses.at)`,
          batch.flat(),
        );
      }
    },

    recordActivity: (day, counts, events) => recordActivity(database, day, counts, events),

    usage: (id, since) => usageOf(database, id, since),
  };
}

/** The responses that are kept for repeated requests, and what is deleted after its time. */
function oneTimeResponses(
  database: SqlDatabase,
): Pick<KeyStore, 'response' | 'dropSealed' | 'dropSealedBefore' | 'deleteBatch' | 'eraseDropped'> {
  return {
    async response(digest) {
      const [row] = await database.all('SELECT * FROM one_time_answers WHERE digest = ?', [digest]);
      return row === undefined ? null : toOneTimeResponse(row);
    },

    async dropSealed(digest, at) {
      await database.run(
        'UPDATE one_time_answers SET sealed = NULL, nonce = NULL, spent_at = COALESCE(spent_at, ?) WHERE digest = ?',
        [at, digest],
      );
    },

    async dropSealedBefore(before) {
      const old = 'created_at < ? AND sealed IS NOT NULL';
      // Looked for first: this runs at every start, and a write waits for the disk.
      const [found] = await database.all(`SELECT digest FROM one_time_answers WHERE ${old} LIMIT 1`, [
        before,
      ]);
      if (found === undefined) return;
      await database.run(`UPDATE one_time_answers SET sealed = NULL, nonce = NULL WHERE ${old}`, [before]);
    },

    deleteBatch: (cuts) => deleteBatch(database, cuts),

    eraseDropped: () => database.eraseDeleted(),
  };
}

/** What the service keeps about itself. */
function serviceSettings(
  database: SqlDatabase,
): Pick<KeyStore, 'setting' | 'putSettingOnce' | 'putSetting' | 'pairs' | 'ping'> {
  return {
    async setting(name) {
      const [row] = await database.all('SELECT name, value FROM service_settings WHERE name = ?', [name]);
      if (row === undefined) return null;
      requireSetting(row);
      return text(row, 'value');
    },

    putSettingOnce: (name, value) =>
      database.transaction(async (session) => {
        await session.run(
          'INSERT INTO service_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
          [name, value],
        );
        const [row] = await session.all('SELECT value FROM service_settings WHERE name = ?', [name]);
        return String(row?.['value']);
      }),

    async putSetting(name, value) {
      await database.run(
        `INSERT INTO service_settings (name, value) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [name, value],
      );
    },

    async pairs() {
      const rows = await database.all(
        'SELECT id, name FROM api_keys WHERE sealed_secret_key IS NOT NULL AND revoked_at IS NULL ORDER BY created_at, id',
      );
      return rows.map((row) => ({ id: text(row, 'id'), name: text(row, 'name') }));
    },

    async ping() {
      database.requireInPlace();
      await database.all('SELECT 1');
    },
  };
}

/** See `ManagementGuard`. */
async function guardManagement(session: SqlSession, guard: ManagementGuard, id: string): Promise<void> {
  await queueFor(session, 'last change of a management key', id);
  const rows = await session.all(
    `${SELECT} WHERE ${MAY_WRITE} AND revoked_at IS NULL AND paused_at IS NULL AND rolled_to IS NULL`,
    WRITING,
  );
  guard(rows.map(toKeyRow));
}

/**
 * Makes transactions with the same name wait for each other: the row's lock is the queue, and the later one
 * sees the earlier.
 */
async function queueFor(session: SqlSession, name: string, value: string): Promise<void> {
  await session.run(
    `INSERT INTO service_settings (name, value) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [name, value],
  );
}

/** Creating a pair revokes the previous pairs of the same service and environment. */
async function supersede(
  session: SqlSession,
  { row: by, actor }: { readonly row: KeyRow; readonly actor: string },
  guard: SupersedeGuard,
): Promise<string[]> {
  await queueFor(session, `last pair of ${JSON.stringify([by.environment, by.service])}`, by.id);
  const previous = `sealed_secret_key IS NOT NULL AND revoked_at IS NULL AND environment = ? AND COALESCE(service, '') = ?`;
  const params = [by.environment, by.service ?? ''];
  const rows = await session.all(`SELECT id, owner, expires_at FROM api_keys WHERE ${previous}`, params);
  for (const { owner, expires_at } of rows) {
    if (expires_at === null || Number(expires_at) > by.created_at)
      guard(owner === null ? null : String(owner));
  }
  const ended: string[] = [];
  for (const id of rows.map((row) => String(row['id']))) {
    const changed = await session.run(
      'UPDATE api_keys SET revoked_at = ?, rolled_to = ? WHERE id = ? AND revoked_at IS NULL',
      [by.created_at, by.id, id],
    );
    // Another request has revoked this one in the meantime.
    if (changed === 0) continue;
    await tell(session, { actor, at: by.created_at }, 'superseded', id, { rolled_to: by.id });
    ended.push(id);
  }
  return ended;
}

async function insertKey(session: SqlSession, row: KeyRow, actor: string): Promise<void> {
  for (const { sql, params } of newKey(row, actor)) await session.run(sql, params);
}

/** Adds a key, and says so in the trail. */
function newKey(row: KeyRow, actor: string): readonly SqlStatement[] {
  const { name, scopes, rolled_from } = row;
  const by = { actor, at: row.created_at };
  const details = { name, scopes, ...(rolled_from === null ? {} : { rolled_from }) };
  return [{ sql: INSERT, params: toParams(row) }, telling(by, 'created', row.id, details)];
}

/** A pause is an event of its own; what else an update has set is another one. */
async function tellChanges(
  session: SqlSession,
  by: By,
  id: string,
  { paused_at, ...others }: KeyRowChanges,
): Promise<void> {
  if (Object.keys(others).length > 0) await tell(session, by, 'updated', id, changeDetails(others));
  if (paused_at !== undefined) await tell(session, by, paused_at === null ? 'unpaused' : 'paused', id, {});
}

/**
 * What an update has set. Of metadata only the names: an event cannot be deleted, and a value may be private.
 */
function changeDetails({ metadata, expires_at, ...rest }: KeyRowChanges): Record<string, unknown> {
  return {
    ...rest,
    ...(expires_at === undefined ? {} : { expires_at: expires_at === null ? null : isoTime(expires_at) }),
    ...compact({ metadata: metadata && Object.keys(metadata) }),
  };
}

/** Throws `RepeatedRequest`. Null: nobody can repeat the request. */
async function keepResponse(session: SqlSession, response: OneTimeResponse | null): Promise<void> {
  if (response === null) return;
  const { sql, params } = keptResponse(response);
  if ((await session.run(sql, params)) === 0) throw new RepeatedRequest();
}

/** Changes no row where the request was made before. */
function keptResponse(response: OneTimeResponse): SqlStatement {
  return {
    needed: true,
    sql: `INSERT INTO one_time_answers (digest, principal, route, body_digest, key_id, created_at, nonce, sealed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`,
    params: [
      response.digest,
      response.principal,
      response.route,
      response.body_digest,
      response.key_id,
      response.created_at,
      response.sealed?.nonce ?? null,
      response.sealed?.ciphertext ?? null,
    ],
  };
}

function toSqlValue(column: string, value: unknown): SqlValue {
  return JSON_COLUMNS.has(column) ? JSON.stringify(value) : (value as SqlValue);
}

export function toParams(row: KeyRow): SqlValue[] {
  return COLUMNS.map((column) => toSqlValue(column, row[column]));
}

function text(row: SqlRow, column: string): string {
  return String(row[column]);
}

function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : String(row[column]);
}

function timeOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : Number(row[column]);
}

/** Most lists and maps are empty, and every request reads three. */
const EMPTY = { scopes: Object.freeze([]), others: Object.freeze({}) } as const;

/** A JSON column of a key. Throws `database_damaged`: a restriction that cannot be read is not none. */
function parsed<Column extends keyof typeof KEY_JSON>(row: SqlRow, column: Column): KeyRow[Column] {
  if (row[column] === (column === 'scopes' ? '[]' : '{}'))
    return (column === 'scopes' ? EMPTY.scopes : EMPTY.others) as KeyRow[Column];
  return storedJson<KeyRow[Column]>(API_KEYS, row, column, KEY_JSON[column]);
}

function toCheckedKey(row: SqlRow): CheckedKey {
  requireCheckedKey(row);
  return {
    id: text(row, 'id'),
    digest: text(row, 'digest'),
    type: text(row, 'type') as KeyType,
    environment: text(row, 'environment'),
    service: textOrNull(row, 'service'),
    scopes: parsed(row, 'scopes'),
    restrictions: parsed(row, 'restrictions'),
    limits: parsed(row, 'limits'),
    owner: textOrNull(row, 'owner'),
    expires_at: timeOrNull(row, 'expires_at'),
    revoked_at: timeOrNull(row, 'revoked_at'),
    paused_at: timeOrNull(row, 'paused_at'),
    rolled_to: textOrNull(row, 'rolled_to'),
    sealed_secret_key: textOrNull(row, 'sealed_secret_key'),
  };
}

export function toKeyRow(row: SqlRow): KeyRow {
  requireKey(row);
  return {
    ...toCheckedKey(row),
    name: text(row, 'name'),
    prefix: text(row, 'prefix'),
    hint: text(row, 'hint'),
    metadata: parsed(row, 'metadata'),
    created_at: Number(row['created_at']),
    last_used: timeOrNull(row, 'last_used'),
    rolled_from: textOrNull(row, 'rolled_from'),
  };
}

function toOneTimeResponse(row: SqlRow): OneTimeResponse {
  requireResponse(row);
  const nonce = textOrNull(row, 'nonce');
  const ciphertext = textOrNull(row, 'sealed');
  return {
    digest: text(row, 'digest'),
    principal: text(row, 'principal'),
    route: text(row, 'route'),
    body_digest: text(row, 'body_digest'),
    key_id: text(row, 'key_id'),
    created_at: Number(row['created_at']),
    sealed: nonce === null || ciphertext === null ? null : { nonce, ciphertext },
  };
}
