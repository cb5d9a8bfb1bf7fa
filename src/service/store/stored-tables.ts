import { parseQuota, parseRate } from '../../domain/key-limits.js';
import { parseIpRange } from '../../domain/restrictions.js';
import { anything, isText, list, must, object, optional, record, text, whole } from '../../domain/shapes.js';
import type { SqlRow } from '../../storage/sql/sql-database.js';
import { type ColumnType, requireColumns, type StoredTable } from '../../storage/sql/stored-row.js';

/** The tables of the key service, with what their columns hold: each row is checked where it is read. */

const stored = (name: string, ...key: readonly string[]): StoredTable => ({ of: 'the database', name, key });

export const API_KEYS = stored('api_keys', 'id');
export const KEY_EVENTS = stored('key_events', 'id');
export const ONE_TIME_ANSWERS = stored('one_time_answers', 'digest');
export const SERVICE_SETTINGS = stored('service_settings', 'name');
const KEY_DAYS = stored('key_days', 'key_id', 'day');
const KEY_LIMIT_COUNTS = stored('key_limit_counts', 'key_id', 'kind', 'window_start');

type Types = Readonly<Record<string, ColumnType>>;

const CHECKED_COLUMNS: Types = {
  ...{ id: 'text', digest: 'text', type: 'text', environment: 'text', service: 'text or null' },
  ...{ owner: 'text or null', expires_at: 'integer or null', revoked_at: 'integer or null' },
  ...{ paused_at: 'integer or null', rolled_to: 'text or null', sealed_secret_key: 'text or null' },
};
const OTHER_COLUMNS: Types = {
  ...{ name: 'text', prefix: 'text', hint: 'text', created_at: 'integer' },
  ...{ last_used: 'integer or null', rolled_from: 'text or null' },
};

/** What of a key is read for every request. Throws `database_damaged`; so do the others. */
export function requireCheckedKey(row: SqlRow): void {
  requireColumns(API_KEYS, row, CHECKED_COLUMNS);
}

export function requireKey(row: SqlRow): void {
  requireColumns(API_KEYS, row, CHECKED_COLUMNS);
  requireColumns(API_KEYS, row, OTHER_COLUMNS);
}

export function requireEvent(row: SqlRow): void {
  requireColumns(KEY_EVENTS, row, {
    ...{ id: 'text', at: 'integer', actor: 'text', action: 'text', key_id: 'text or null', details: 'text' },
  });
}

export function requireResponse(row: SqlRow): void {
  requireColumns(ONE_TIME_ANSWERS, row, {
    ...{ digest: 'text', principal: 'text', route: 'text', body_digest: 'text', key_id: 'text' },
    ...{ created_at: 'integer', nonce: 'text or null', sealed: 'text or null' },
  });
}

export function requireDay(row: SqlRow): void {
  requireColumns(KEY_DAYS, row, { key_id: 'text', day: 'integer', uses: 'integer', refusals: 'integer' });
}

export function requireCount(row: SqlRow): void {
  requireColumns(KEY_LIMIT_COUNTS, row, {
    ...{ key_id: 'text', kind: 'text', window_start: 'integer', window_end: 'integer', used: 'integer' },
  });
}

export function requireSetting(row: SqlRow): void {
  requireColumns(SERVICE_SETTINGS, row, { value: 'text' });
}

const texts = list(text);

/** What this reads without an error. */
const readBy = (read: (value: string) => unknown, message: string) =>
  must((value) => {
    try {
      return isText(value) && Boolean(read(value));
    } catch {
      return false;
    }
  }, message);

/** The JSON columns of a key. */
export const KEY_JSON = {
  scopes: texts,
  restrictions: object({
    ips: optional(list(readBy(parseIpRange, 'no address or range'))),
    referrers: optional(texts),
    endpoints: optional(texts),
  }),
  limits: object({
    rate: optional(readBy(parseRate, 'no rate')),
    quota: optional(readBy(parseQuota, 'no quota')),
    uses: optional(whole),
  }),
  metadata: record(text),
};
export const eventDetails = record(anything);
export const ownPrefixes = record(text);
