import { KEY_TYPES, type KeyStatus } from '../../domain/key.js';
import type { ListKeys } from '../../domain/key-service.js';
import type { SqlValue } from '../../storage/sql/sql-database.js';
import { BY_PAIR, isIndexed } from './metadata-index.js';

/** A status as a condition on a row; its parameters are the present, once each `?`. */
const STATUS_SQL: Readonly<Record<KeyStatus, string>> = {
  active:
    '(revoked_at IS NULL AND paused_at IS NULL AND rolled_to IS NULL AND (expires_at IS NULL OR expires_at > ?))',
  retiring: '(revoked_at IS NULL AND paused_at IS NULL AND rolled_to IS NOT NULL AND expires_at > ?)',
  paused: '(revoked_at IS NULL AND paused_at IS NOT NULL AND (expires_at IS NULL OR expires_at > ?))',
  expired: '(revoked_at IS NULL AND expires_at <= ?)',
  revoked: '(revoked_at IS NOT NULL AND CAST(? AS BIGINT) >= 0)',
};

export interface KeyFilter {
  /** What is read. */
  readonly from: string;
  /** When a key was created, and its id: the columns that sort what is read. */
  readonly order: readonly [at: string, id: string];
  /** What a row must meet, all of it. */
  readonly conditions: readonly string[];
  readonly params: readonly SqlValue[];
}

const ALL_KEYS = { from: 'api_keys', order: ['created_at', 'id'] } as const;

/** The filters of a list in SQL. */
export function filterSql(query: ListKeys, now: number): KeyFilter {
  let source: Pick<KeyFilter, 'from' | 'order'> = ALL_KEYS;
  const conditions: string[] = [];
  const params: SqlValue[] = [];
  function must(condition: string, ...values: SqlValue[]): void {
    conditions.push(condition);
    params.push(...values);
  }
  if (query.status !== undefined && query.status.length > 0) {
    const wanted = [...new Set(query.status)];
    // Said of all of them, so that a database takes the index of such keys.
    if (!wanted.includes('revoked')) must('revoked_at IS NULL');
    must(`(${wanted.map((status) => STATUS_SQL[status]).join(' OR ')})`, ...wanted.map(() => now));
  }
  if (query.name !== undefined) {
    if (query.name.includes('*')) must("name LIKE ? ESCAPE '\\'", likePattern(query.name));
    else must('name = ?', query.name);
  }
  // Not as a parameter: a database could not tell that an index of public keys will do.
  if (query.type !== undefined) must(`type = '${KEY_TYPES.find((type) => type === query.type) ?? ''}'`);
  if (query.environment !== undefined) must('environment = ?', query.environment);
  if (query.service !== undefined) must('service = ?', query.service);
  if (query.owner !== undefined) must('owner = ?', query.owner);
  if (query.metadata !== undefined) {
    const json = pairJson(query.metadata);
    if (isIndexed(json)) {
      source = BY_PAIR;
      must(BY_PAIR.where, json);
      if (query.status?.length && !query.status.includes('revoked')) must(BY_PAIR.unrevoked);
    }
    // The index has beginnings alone, and names that are not split where this one is.
    const pair = json.replace(/[\\%_]/g, '\\$&');
    must("(metadata LIKE ? ESCAPE '\\' OR metadata LIKE ? ESCAPE '\\')", `%{${pair}%`, `%,${pair}%`);
  }
  return { ...source, conditions, params };
}

/**
 * A name and its value as JSON has them in the middle of an object: nothing inside of a text looks the same.
 */
function pairJson(pair: string): string {
  const at = pair.indexOf('=');
  return `${JSON.stringify(pair.slice(0, at))}:${JSON.stringify(pair.slice(at + 1))}`;
}

/** `*` becomes `%`; what LIKE would read as its own is escaped. */
function likePattern(pattern: string): string {
  return pattern.replace(/[\\%_]/g, '\\$&').replace(/\*+/g, '%');
}
