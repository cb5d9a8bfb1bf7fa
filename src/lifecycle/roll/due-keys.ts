import type { Connection } from '../../connect/connection.js';
import { allKeys } from '../../domain/all-keys.js';
import type { Key } from '../../domain/key.js';
import { type ManagedKey, stateAt } from '../../domain/managed-key.js';
import { accountOf } from '../find/account-of.js';
import type { ResolvedKey } from '../find/resolved-key.js';
import type { Means } from '../operation/means.js';
import { managesKeys } from '../revoke-key.js';

/**
 * Active keys of this account that are due: by their own schedule, or (`ageMs`) because they are older than
 * this. A key that has a successor, and one that manages keys, is never due.
 */
export async function dueKeys(
  ageMs: number | null,
  connection: Connection,
  means: Means,
): Promise<ResolvedKey[]> {
  const account = accountOf(connection);
  const now = means.clock.now();
  const due: ResolvedKey[] = [];
  for await (const key of allKeys(connection.service, { status: ['active'] })) {
    if (managesKeys(key)) continue;
    const managed = await means.ledger.managed.byVersion(account, key.id);
    const version = managed?.versions.find(({ id }) => id === key.id);
    if (version !== undefined && !['active', 'pending'].includes(stateAt(version, now))) continue;
    if (isDue(key, managed, ageMs, now)) due.push({ key, managed, by: 'id' });
  }
  return due;
}

function isDue(key: Key, managed: ManagedKey | null, ageMs: number | null, now: number): boolean {
  const after = ageMs ?? managed?.schedule.rotate_ms ?? null;
  const created = key.created_at
    ? Date.parse(key.created_at)
    : ageMs === null
      ? managed?.created_at
      : undefined;
  if (after === null || created === undefined) return false;
  return ageMs === null ? now - created >= after : now - created > after;
}
