import { isoTime } from '../domain/clock.js';
import type { Key, KeyStatus } from '../domain/key.js';
import type { KeyRow } from './store/key-store.js';

export function statusOf(
  row: Pick<KeyRow, 'revoked_at' | 'paused_at' | 'expires_at' | 'rolled_to'>,
  now: number,
): KeyStatus {
  if (row.revoked_at !== null) return 'revoked';
  if (row.expires_at !== null && row.expires_at <= now) return 'expired';
  if (row.paused_at !== null) return 'paused';
  return row.rolled_to === null ? 'active' : 'retiring';
}

/** A row as the endpoints show it: without its digest, with its status at `now`. */
export function keyRecord(row: KeyRow, now: number): Key {
  const time = (at: number | null) => (at === null ? null : isoTime(at));
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    environment: row.environment,
    service: row.service,
    prefix: row.prefix,
    hint: row.hint,
    status: statusOf(row, now),
    scopes: row.scopes,
    restrictions: row.restrictions,
    // Also where there are none: a client takes an absent field for one that is not known.
    limits: row.limits,
    owner: row.owner,
    created_at: time(row.created_at),
    last_used: time(row.last_used),
    expires_at: time(row.expires_at),
    rolled_from: row.rolled_from,
    rolled_to: row.rolled_to,
    metadata: row.metadata,
  };
}
